"""Read campaigns: their terms, how much of their budget was spent, and what became of a change.

From views that hold nothing else, so that these queries can run as a role that sees no person
(migrations/sql/0007_city.sql).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.terms import Terms, parse
from ledger import tables
from ledger.books import Entry
from ledger.statement import ENTRY_COLUMNS

_STANDING: Final = table(
    "standing",
    *map(column, ("region_id", "campaign_id", "state", "terms_hash", "form")),
    *map(column, ("funded_yen", "budget_left_yen", "owed_back_yen", "kept_yen")),
    *map(column, ("returned_yen", "last_day")),
    schema="campaigns",
)
_JOURNAL: Final = table(
    "journal",
    column("region_id"),
    *(column(name, tables.entry.c[name].type) for name in ENTRY_COLUMNS),
    schema="campaigns",
)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it stands, amounts in yen (1 point = ¥1)."""

    campaign_id: UUID
    state: str
    terms: Terms
    terms_hash: bytes
    funded_yen: int = 0
    """All that funders promised."""
    budget_left_yen: int = 0
    owed_back_yen: int = 0
    """What refunds took back and is not collected yet; it flows into the budget when it is."""
    kept_yen: int = 0
    """What refunds brought back of a campaign that keeps it: owed to the funders."""
    returned_yen: int = 0
    """What went back to the funders after its end."""
    last_day: date | None = None
    """Announced near the end of the budget; until then `terms.ends_on` is the last."""

    @property
    def spent_yen(self) -> int:
        """Rebates and cashback, less what refunds took back."""
        left_yen = self.budget_left_yen + self.owed_back_yen + self.kept_yen
        return self.funded_yen - self.returned_yen - left_yen


async def find_campaign(
    session: AsyncSession, region_id: int, campaign_id: UUID
) -> Campaign | None:
    """The campaign with this id; None if there is none in the region."""
    of = _STANDING.c
    query = select(_STANDING).where(of.region_id == region_id, of.campaign_id == campaign_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _campaign(row)


async def list_campaigns(
    session: AsyncSession, region_id: int, before: UUID | None, limit: int
) -> list[Campaign]:
    """At most `limit` campaigns, newest first, of those made before the one called `before`."""
    of = _STANDING.c
    query = select(_STANDING).where(of.region_id == region_id)
    query = query.order_by(of.campaign_id.desc()).limit(limit)
    if before is not None:
        query = query.where(of.campaign_id < before)
    return [_campaign(row) for row in await session.execute(query)]


async def terms_in_force(session: AsyncSession, region_id: int) -> list[tuple[UUID, Terms]]:
    """The campaigns that are approved or live, each with its terms."""
    of = _STANDING.c
    query = select(of.campaign_id, of.form).where(
        of.region_id == region_id, of.state.in_(("approved", "live"))
    )
    rows = await session.execute(query)
    return [(UUID(int=campaign_id.int), parse(form)) for campaign_id, form in rows]


async def find_campaign_entry(
    session: AsyncSession, region_id: int, entry_id: UUID
) -> Entry | None:
    """The entry under this id, accepted or refused, if it is about a campaign itself."""
    of = _JOURNAL.c
    query = select(*(of[name] for name in ENTRY_COLUMNS)).where(
        of.region_id == region_id, of.entry_id == entry_id
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Entry(*tuple(row))


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        campaign_id=UUID(int=row.campaign_id.int),  # the driver's own type is no plain UUID
        state=row.state,
        terms=parse(row.form),
        terms_hash=row.terms_hash,
        funded_yen=row.funded_yen,
        budget_left_yen=row.budget_left_yen,
        owed_back_yen=row.owed_back_yen,
        kept_yen=row.kept_yen,
        returned_yen=row.returned_yen,
        last_day=row.last_day,
    )
