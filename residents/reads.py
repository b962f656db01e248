"""Read wallets: what a person has, lot by lot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import PENDING, VALUE, Account
from ledger.statement import open_accounts

_HOLDER = tables.holder.c
_COUNTER = tables.counter.c


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet as it stands: its lots, and what the resident owes, in yen."""

    wallet_id: UUID
    person_id: UUID
    state: str
    lots: tuple[Account, ...]
    """What can be used."""
    pending: tuple[Account, ...]
    """Points that are credited on a later day, the nearest first."""
    checked_points: int
    """So many of the pending points wait until somebody has looked (`payments/held.py`)."""
    owed_yen: int
    campaign_names: Mapping[UUID, str]
    """The names of the campaigns that the lots of points came from."""

    def held(self, kind: str) -> int:
        """The sum of the lots of one kind, in yen or points."""
        return sum(lot.balance for lot in (*self.lots, *self.pending) if lot.kind == kind)


async def wallets_of(
    session: AsyncSession, region_id: int, person_id: UUID, after: UUID | None, limit: int
) -> list[Wallet]:
    """At most `limit` wallets of a person, oldest first, of those whose id follows `after`."""
    query = (
        select(_HOLDER.holder_id, _HOLDER.subject_id, _HOLDER.state)
        .where(
            _HOLDER.region_id == region_id,
            _HOLDER.subject_id == person_id,
            _HOLDER.kind == "wallet",
        )
        .order_by(_HOLDER.holder_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(_HOLDER.holder_id > after)
    found = (await session.execute(query)).all()
    accounts = await open_accounts(session, region_id, [row.holder_id for row in found])
    names = await _campaign_names(session, region_id, accounts)
    held = await _held(session, region_id, [row.holder_id for row in found])
    return [
        _wallet(row.holder_id, row.subject_id, row.state, accounts, held, names) for row in found
    ]


async def find_wallet(session: AsyncSession, region_id: int, wallet_id: UUID) -> Wallet | None:
    """The wallet with this id, whoever's it is; None if there is none in the region."""
    rows = await session.execute(
        select(_HOLDER.subject_id, _HOLDER.state).where(
            _HOLDER.region_id == region_id,
            _HOLDER.holder_id == wallet_id,
            _HOLDER.kind == "wallet",
        )
    )
    row = rows.one_or_none()
    if row is None:
        return None
    accounts = await open_accounts(session, region_id, [wallet_id])
    names = await _campaign_names(session, region_id, accounts)
    held = await _held(session, region_id, [wallet_id])
    return _wallet(wallet_id, row.subject_id, row.state, accounts, held, names)


def credited_on(pending: Account) -> date:
    """The day on which pending points are credited."""
    assert pending.kind == PENDING, "other value can be used already"
    assert pending.expires_on is not None, "pending points have a day"
    return pending.expires_on


async def _held(
    session: AsyncSession, region_id: int, wallet_ids: Sequence[UUID]
) -> dict[UUID, int]:
    rows = await session.execute(
        select(_COUNTER.subject_id, func.sum(_COUNTER.value))
        .where(
            _COUNTER.region_id == region_id,
            _COUNTER.subject_id.in_(wallet_ids),
            _COUNTER.name == "held",
        )
        .group_by(_COUNTER.subject_id)
    )
    return {wallet_id: int(points) for wallet_id, points in rows}


async def _campaign_names(
    session: AsyncSession, region_id: int, accounts: Sequence[Account]
) -> dict[UUID, str]:
    sources = {account.source_id for account in accounts if account.kind in {"points", PENDING}}
    rows = await session.execute(
        select(_HOLDER.holder_id, _HOLDER.facts["name"].astext).where(
            _HOLDER.region_id == region_id, _HOLDER.holder_id.in_(sources)
        )
    )
    return {row[0]: row[1] for row in rows}


def _wallet(
    wallet_id: UUID,
    person_id: UUID,
    state: str,
    accounts: Sequence[Account],
    held: Mapping[UUID, int],
    campaign_names: Mapping[UUID, str],
) -> Wallet:
    own = [account for account in accounts if account.holder_id == wallet_id and account.balance]
    return Wallet(
        wallet_id,
        person_id,
        state,
        tuple(account for account in own if account.kind in VALUE - {PENDING}),
        tuple(sorted((each for each in own if each.kind == PENDING), key=credited_on)),
        held.get(wallet_id, 0),
        sum(account.balance for account in own if account.kind == "resident_receivable"),
        campaign_names,
    )
