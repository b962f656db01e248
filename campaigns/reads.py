"""Read campaigns: their terms, how much of their budget was spent, and what became of a change.

From views that hold nothing else. Roles that see no person read them from views of their own, where
sums that payments move are rounded and told once a week (migrations/sql/0027_doors.sql).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, TableClause, column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.gauge import step_of
from campaigns.groups import Coming, Span, spans_of
from campaigns.life import CampaignState
from campaigns.terms import Terms, parse
from core.database import CITY_ROLE, reads_as
from ledger import tables
from ledger.books import Entry
from ledger.statement import ENTRY_COLUMNS

_OF_BOTH: Final = (
    *("region_id", "campaign_id", "state", "terms_hash", "form", "funded_yen", "last_day"),
    *("starts_at", "next_version_id", "next_applies_from", "next_terms_hash", "next_form"),
)
_STANDING: Final = table(
    "standing",
    *map(column, (*_OF_BOTH, "budget_left_yen", "owed_back_yen", "kept_yen", "returned_yen")),
    schema="campaigns",
)
_TOLD: Final = table(
    "standing_told", *map(column, (*_OF_BOTH, "as_of", "spent_yen")), schema="campaigns"
)
_JOURNAL: Final = table(
    "journal",
    column("region_id"),
    *(column(name, tables.entry.c[name].type) for name in ENTRY_COLUMNS),
    schema="campaigns",
)
_JOURNAL_TOLD: Final = table(
    "journal_told", *(column(each.name, each.type) for each in _JOURNAL.c), schema="campaigns"
)


@dataclass(frozen=True, slots=True)
class NextTerms:
    """The version that was approved and is still to come."""

    version_id: UUID
    applies_from: datetime
    terms: Terms
    terms_hash: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What roles that see no person are told of spending: rounded, as of a day that is over."""

    spent_yen: int
    step_yen: int
    as_of: date | None
    """None until the first Sunday after the funding is over: as it began, with nothing spent."""


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
    starts_at: datetime | None = None
    """When it starts, while it is scheduled."""
    next: NextTerms | None = None
    """What it becomes, and when."""
    told: Told | None = None
    """For whom the exact sums above are not read: they are 0 then. None where they are exact."""

    @property
    def spent_yen(self) -> int:
        """Rebates and cashback, less what refunds took back."""
        assert self.told is None, "these sums were not read"
        left_yen = self.budget_left_yen + self.owed_back_yen + self.kept_yen
        return self.funded_yen - self.returned_yen - left_yen


def is_told(session: AsyncSession) -> bool:
    """Whether the session reads as a role that sees no person: from views of what it is told."""
    return reads_as(session) == CITY_ROLE


def journal_of(session: AsyncSession) -> TableClause:
    """The view of entries about campaigns and benefits that the session may read."""
    return _JOURNAL_TOLD if is_told(session) else _JOURNAL


async def find_campaign(
    session: AsyncSession, region_id: int, campaign_id: UUID
) -> Campaign | None:
    """The campaign with this id; None if there is none in the region."""
    source = _standing_of(session)
    of = source.c
    query = select(source).where(of.region_id == region_id, of.campaign_id == campaign_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _campaign(row)


async def names_of(
    session: AsyncSession, region_id: int, campaign_ids: Collection[UUID]
) -> dict[UUID, str]:
    """What these campaigns are called now; ids that are none of the region's are left out."""
    of = _standing_of(session).c
    query = select(of.campaign_id, of.form).where(
        of.region_id == region_id, of.campaign_id.in_(campaign_ids)
    )
    return {row.campaign_id: parse(row.form).name for row in await session.execute(query)}


async def list_campaigns(
    session: AsyncSession,
    region_id: int,
    before: UUID | None,
    limit: int,
    *,
    state: CampaignState | None = None,
) -> list[Campaign]:
    """At most `limit` campaigns, newest first, of those made before the one called `before`."""
    source = _standing_of(session)
    of = source.c
    query = select(source).where(of.region_id == region_id)
    if state is not None:
        query = query.where(of.state == state)
    query = query.order_by(of.campaign_id.desc()).limit(limit)
    if before is not None:
        query = query.where(of.campaign_id < before)
    return [_campaign(row) for row in await session.execute(query)]


async def terms_in_force(session: AsyncSession, region_id: int, zone: ZoneInfo) -> list[Span]:
    """The days of all campaigns that are approved, scheduled or live, under the terms of then."""
    of = _STANDING.c
    query = select(_STANDING).where(
        of.region_id == region_id, of.state.in_(("approved", "scheduled", "live"))
    )
    rows = await session.execute(query)
    return [span for row in rows for span in campaign_spans(_campaign(row), zone)]


def campaign_spans(campaign: Campaign, zone: ZoneInfo) -> list[Span]:
    """The days of a campaign under the terms that it has and will have."""
    coming = None
    if campaign.next is not None:
        coming = Coming(campaign.next.terms, campaign.next.applies_from.astimezone(zone))
    return list(spans_of(campaign.campaign_id, campaign.terms, coming))


def next_terms(row: Row[Any]) -> NextTerms | None:
    """What a row of `campaigns.standing` says of the version to come."""
    if row.next_version_id is None:
        return None
    return NextTerms(
        UUID(int=row.next_version_id.int),
        row.next_applies_from,
        parse(row.next_form),
        row.next_terms_hash,
    )


async def find_campaign_entry(
    session: AsyncSession, region_id: int, entry_id: UUID
) -> Entry | None:
    """The entry under this id, accepted or refused, if it is about a campaign itself."""
    of = journal_of(session).c
    query = select(*(of[name] for name in ENTRY_COLUMNS)).where(
        of.region_id == region_id, of.entry_id == entry_id
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Entry(*tuple(row))


def _standing_of(session: AsyncSession) -> TableClause:
    return _TOLD if is_told(session) else _STANDING


def _campaign(row: Row[Any]) -> Campaign:
    sums: dict[str, Any] = {}
    if "as_of" in row._fields:
        sums["told"] = Told(row.spent_yen or 0, step_of(row.funded_yen), row.as_of)
    else:
        names = ("budget_left_yen", "owed_back_yen", "kept_yen", "returned_yen")
        sums |= {name: getattr(row, name) for name in names}
    return Campaign(
        campaign_id=UUID(int=row.campaign_id.int),  # the driver's own type is no plain UUID
        state=row.state,
        terms=parse(row.form),
        terms_hash=row.terms_hash,
        funded_yen=row.funded_yen,
        last_day=row.last_day,
        starts_at=row.starts_at,
        next=next_terms(row),
        **sums,
    )
