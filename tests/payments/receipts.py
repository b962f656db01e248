"""Bank lines that bring money of funders and providers, matched by the real verbs."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from access.acts import Doer
from core.database import Database
from core.errors import Problem
from merchants.import_statement import Wished, import_statement, read_statement
from merchants.line_match import LineMatch, MatchKind
from merchants.own_account import OwnAccount, open_own_account
from merchants.statement_profile import SHIPPED
from payments.match_line import match_line
from payments.undo_match import undo_with_entries
from payments.wished_match import WishedMatch
from tests.merchant_rows import DOER
from tests.town_builder import ADMIN, Town, new_id

WHY = "明細と照合"


@dataclass
class Bank:
    """An own account whose lines all came in, by their place."""

    town: Town
    lines: list[UUID] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.town.database

    async def bring(self, *amounts: int) -> None:
        """A statement with one line for each amount."""
        region_id, account_id = self.town.region.region_id, new_id()
        account = OwnAccount(account_id, "見本", "9999", "999", "ordinary", "7654320", ADMIN)
        written, balance = "date,amount,balance,text,reference,currency\n", 0
        for place, yen in enumerate(amounts):
            balance += yen
            written += f"2027-01-{place + 1:02},{yen},{balance},入金 {place},,JPY\n"
        profile = SHIPPED["generic", 1]
        wished = Wished(new_id(), account_id, profile, written.encode())
        said = read_statement(profile, wished.content, date(2027, 1, 31))
        async with self.database.transaction(region_id) as db:
            await open_own_account(db, region_id, account, DOER, is_real=False)
            await import_statement(db, region_id, wished, said, DOER)
        rows = await self.town.rows("SELECT line_id FROM merchants.bank_line ORDER BY booked_on")
        self.lines = [UUID(int=row.line_id.int) for row in rows]

    async def match(
        self, place: int, kind: MatchKind, target_id: UUID, doer: Doer = DOER
    ) -> LineMatch | str:
        """The match, or the slug that refuses it."""
        wished = WishedMatch(new_id(), self.lines[place], kind, target_id, 0, WHY)
        region_id = self.town.region.region_id
        try:
            async with self.database.transaction(region_id) as db:
                now = await self.town.now()
                return await match_line(db, region_id, wished, doer, now)
        except Problem as refused:
            return refused.type.slug

    async def undo(self, match: LineMatch) -> LineMatch:
        region_id = self.town.region.region_id
        async with self.database.transaction(region_id) as db:
            return await undo_with_entries(
                db, region_id, match.line_id, match.match_id, DOER, "別の入金"
            )
