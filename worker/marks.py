"""Look which budgets came to a mark: record it, and announce the ends that forms have there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.find_terms import find_terms
from campaigns.marks import MARK_NOT_REACHED, AnnounceEnd, ReachMark, last_day_from, marks_of
from campaigns.near_end import LAST_DAY, is_used
from campaigns.terms import Terms
from core.database import Database
from core.errors import Problem
from core.ids import uuid8
from ledger.command import Command
from ledger.post import post
from ledger.regions import Region
from payments.prepare import prepare

ACTOR: Final = "job:marks"

# By indexes: what is live is little, with two accounts each, and few entries of its own.
_BUDGETS: Final = text("""
    SELECT c.holder_id, c.terms_hash, c.facts ->> :last_day AS last_day,
           f.balance AS funded_yen, coalesce(b.balance, 0) AS left_yen,
           (SELECT e.at FROM ledger.entry e
             WHERE e.region_id = :region AND e.holder_id = c.holder_id
               AND e.kind = 'campaign.funded' AND e.refusal IS NULL
             ORDER BY e.seq DESC LIMIT 1) AS funded_at
      FROM ledger.holder c
      JOIN ledger.account f ON f.region_id = :region AND f.holder_id = c.holder_id
                           AND f.kind = 'funder_receivable' AND f.is_open
      LEFT JOIN ledger.account b ON b.region_id = :region AND b.holder_id = c.holder_id
                                AND b.kind = 'budget' AND b.is_open
     WHERE c.region_id = :region AND c.kind = 'campaign' AND c.state = 'live'
""")


@dataclass(frozen=True, slots=True)
class Budget:
    """A live campaign as far as its marks go; amounts in yen."""

    campaign_id: UUID
    terms: Terms
    is_announced: bool
    funded_yen: int
    left_yen: int
    funded_at: datetime
    """When the newest funding was made: it gives the ids of a round their time."""


@dataclass(slots=True)
class Marks:
    """What this process knows to be done. To do it again does no harm: ids are derived."""

    done: set[UUID] = field(default_factory=set)
    terms: dict[bytes, Terms] = field(default_factory=dict)

    async def record(self, database: Database, region: Region, today: date) -> int:
        """Post what is due in a region; how many of it was new.

        Raises the driver's errors. What is not due any more once the head is locked is left out.
        """
        async with database.snapshot(region.region_id) as session:
            budgets = await self._budgets(session, region)
        due = (command for budget in budgets for command in _due(region, budget, today))
        new = 0
        for command in due:
            if command.entry_id not in self.done:
                new += await self._post(database, region, command)
        return new

    async def _budgets(self, session: AsyncSession, region: Region) -> list[Budget]:
        given = {"region": region.region_id, "last_day": LAST_DAY}
        rows = (await session.execute(_BUDGETS, given)).all()
        unknown = {row.terms_hash for row in rows} - self.terms.keys()
        if unknown:
            self.terms |= await find_terms(session, region.region_id, unknown)
        return [
            Budget(
                campaign_id=UUID(bytes=row.holder_id.bytes),  # the driver's own type is no UUID
                terms=self.terms[row.terms_hash],
                is_announced=row.last_day is not None,
                funded_yen=row.funded_yen,
                left_yen=row.left_yen,
                funded_at=row.funded_at,
            )
            for row in rows
            if row.funded_at is not None
        ]

    async def _post(self, database: Database, region: Region, command: Command) -> bool:
        try:
            async with database.transaction(region.region_id) as session:
                receipt = await post(session, region.region_id, command, prepare)
        except Problem as problem:
            if problem.type is not MARK_NOT_REACHED:
                raise
            return False
        self.done.add(command.entry_id)
        return not receipt.is_replay


def _due(region: Region, budget: Budget, today: date) -> Iterator[Command]:
    campaign_id, so_far = budget.campaign_id, (budget.funded_yen, budget.left_yen)

    def named(kind: str, *parts: int) -> UUID:
        return uuid8(budget.funded_at, kind, region.code, campaign_id, *map(str, parts))

    for used_bp in marks_of(budget.terms):
        if is_used(*so_far, used_bp):
            yield ReachMark(
                entry_id=named(ReachMark.kind, used_bp, budget.funded_yen),
                actor=ACTOR,
                campaign_id=campaign_id,
                used_bp=used_bp,
                funded_yen=budget.funded_yen,
            )
    if not budget.is_announced and last_day_from(budget.terms, today, *so_far) is not None:
        yield AnnounceEnd(entry_id=named(AnnounceEnd.kind), actor=ACTOR, campaign_id=campaign_id)
