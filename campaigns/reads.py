"""Read campaigns: their terms, and how much of their budget was spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import tables as own
from campaigns.campaign import FundCampaign
from campaigns.terms import Terms, parse
from ledger import tables

_HOLDER = tables.holder.c
_ACCOUNT = tables.account.c
_ENTRY = tables.entry.c


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it stands, amounts in yen (1 point = ¥1)."""

    campaign_id: UUID
    state: str
    terms: Terms
    terms_hash: bytes
    funded_yen: int
    """All that funders promised."""
    budget_left_yen: int
    owed_back_yen: int
    """What refunds took back and is not collected yet; it flows into the budget when it is."""

    @property
    def spent_yen(self) -> int:
        """Rebates and cashback, less what refunds took back."""
        return self.funded_yen - self.budget_left_yen - self.owed_back_yen


async def find_campaign(
    session: AsyncSession, region_id: int, campaign_id: UUID
) -> Campaign | None:
    """The campaign with this id; None if there is none in the region."""
    rows = await session.execute(_campaigns(region_id).where(_HOLDER.holder_id == campaign_id))
    found = await _with_amounts(session, region_id, rows.all())
    return found[0] if found else None


async def list_campaigns(
    session: AsyncSession, region_id: int, before: UUID | None, limit: int
) -> list[Campaign]:
    """At most `limit` campaigns, newest first, of those made before the one called `before`."""
    query = _campaigns(region_id).order_by(_HOLDER.holder_id.desc()).limit(limit)
    if before is not None:
        query = query.where(_HOLDER.holder_id < before)
    return await _with_amounts(session, region_id, (await session.execute(query)).all())


def _campaigns(region_id: int) -> Select[Any]:
    terms = own.terms.c
    return (
        select(_HOLDER.holder_id, _HOLDER.state, _HOLDER.terms_hash, terms.form)
        .join_from(
            tables.holder,
            own.terms,
            (terms.region_id == _HOLDER.region_id) & (terms.terms_hash == _HOLDER.terms_hash),
        )
        .where(_HOLDER.region_id == region_id, _HOLDER.kind == "campaign")
    )


async def _with_amounts(
    session: AsyncSession, region_id: int, rows: Sequence[Row[Any]]
) -> list[Campaign]:
    ids = [row.holder_id for row in rows]
    balances = await _balances(session, region_id, ids)
    funded = await _funded(session, region_id, ids)
    return [
        Campaign(
            campaign_id=UUID(int=row.holder_id.int),  # the driver's own type is no plain UUID
            state=row.state,
            terms=parse(row.form.encode()),
            terms_hash=row.terms_hash,
            funded_yen=funded.get(row.holder_id, 0),
            budget_left_yen=balances.get((row.holder_id, "budget"), 0),
            owed_back_yen=balances.get((row.holder_id, "budget_due"), 0),
        )
        for row in rows
    ]


async def _balances(
    session: AsyncSession, region_id: int, ids: Sequence[UUID]
) -> dict[tuple[UUID, str], int]:
    rows = await session.execute(
        select(_ACCOUNT.holder_id, _ACCOUNT.kind, _ACCOUNT.balance).where(
            _ACCOUNT.region_id == region_id,
            _ACCOUNT.holder_id.in_(ids),
            _ACCOUNT.kind.in_(("budget", "budget_due")),
            _ACCOUNT.is_open,
        )
    )
    return {(row.holder_id, row.kind): row.balance for row in rows}


async def _funded(session: AsyncSession, region_id: int, ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = await session.execute(
        select(_ENTRY.holder_id, _ENTRY.amount).where(
            _ENTRY.region_id == region_id,
            _ENTRY.holder_id.in_(ids),
            _ENTRY.kind == FundCampaign.kind,
            _ENTRY.refusal.is_(None),
        )
    )
    funded: dict[UUID, int] = {}
    for campaign_id, amount in rows:
        funded[campaign_id] = funded.get(campaign_id, 0) + amount
    return funded
