"""Read merchants and stores, what is due to them, and what became of their payments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables as ledger_tables
from ledger.statement import open_accounts
from merchants import tables

_MERCHANT = tables.merchant.c
_STORE = tables.store.c
_HOLDER = ledger_tables.holder.c
_ENTRY = ledger_tables.entry.c


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant as it stands; amounts in yen."""

    merchant_id: UUID
    name: str
    merchant_class: str
    category: str
    area: str
    street: str | None
    """The shopping street that it is of now."""
    state: str
    opened_at: datetime
    payable_yen: int
    """Sales that were not paid out yet."""
    cashback_yen: int
    """What campaigns granted to the merchant, kept apart from sales."""
    owed_yen: int
    """What the merchant owes after refunds; it is netted at the next settlement."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store of a merchant."""

    store_id: UUID
    merchant_id: UUID
    name: str
    state: str
    takes_payments: bool
    """Whether it is open, and its merchant too."""
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What was given back of a payment so far, in yen, and whether it was voided."""

    refunded_yen: int = 0
    is_voided: bool = False


async def find_merchant(
    session: AsyncSession, region_id: int, merchant_id: UUID
) -> Merchant | None:
    """The merchant with what is due to it; None if there is none in the region."""
    rows = await session.execute(
        select(
            _MERCHANT.name,
            _MERCHANT.merchant_class,
            _MERCHANT.category,
            _MERCHANT.area,
            _HOLDER.facts["street"].astext,
            _HOLDER.state,
            _MERCHANT.opened_at,
        )
        .join(
            ledger_tables.holder,
            (_HOLDER.region_id == _MERCHANT.region_id) & (_HOLDER.holder_id == merchant_id),
        )
        .where(_MERCHANT.region_id == region_id, _MERCHANT.merchant_id == merchant_id)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    accounts = await open_accounts(session, region_id, [merchant_id])
    yen = dict.fromkeys(("payable", "cashback", "merchant_receivable"), 0)
    for account in accounts:
        yen[account.kind] = yen.get(account.kind, 0) + account.balance
    return Merchant(merchant_id, *row, yen["payable"], yen["cashback"], yen["merchant_receivable"])


async def stores_of(
    session: AsyncSession,
    region_id: int,
    merchant_id: UUID,
    among: Collection[UUID] | None,
    after: UUID | None,
    limit: int,
) -> list[Store]:
    """At most `limit` stores of a merchant, by id, of those after `after`.

    `among` keeps those whose id is in it; None keeps all.
    """
    query = _stores(region_id, merchant_id).order_by(_STORE.store_id).limit(limit)
    if among is not None:
        query = query.where(_STORE.store_id.in_(among))
    if after is not None:
        query = query.where(_STORE.store_id > after)
    return [Store(*row) for row in await session.execute(query)]


async def find_store(
    session: AsyncSession, region_id: int, merchant_id: UUID, store_id: UUID
) -> Store | None:
    """The store if it is this merchant's; None for anybody else's."""
    rows = await session.execute(_stores(region_id, merchant_id).where(_STORE.store_id == store_id))
    row = rows.one_or_none()
    return None if row is None else Store(*row)


async def names_of_stores(
    session: AsyncSession, region_id: int, store_ids: Collection[UUID]
) -> dict[UUID, str]:
    """What these stores are called now."""
    query = select(_STORE.store_id, _STORE.name).where(
        _STORE.region_id == region_id, _STORE.store_id.in_(store_ids)
    )
    return {row.store_id: row.name for row in await session.execute(query)}


async def given_back(
    session: AsyncSession, region_id: int, payment_ids: Sequence[UUID]
) -> dict[UUID, GivenBack]:
    """What refunds and voids gave back of these payments; those without any are left out."""
    if not payment_ids:
        return {}
    rows = await session.execute(
        select(
            _ENTRY.refers_to,
            func.sum(_ENTRY.amount).label("yen"),
            func.bool_or(_ENTRY.kind == "void").label("is_voided"),
        )
        .where(
            _ENTRY.region_id == region_id,
            _ENTRY.refers_to.in_(payment_ids),
            _ENTRY.kind.in_(("refund", "void")),
            _ENTRY.refusal.is_(None),
        )
        .group_by(_ENTRY.refers_to)
    )
    return {row.refers_to: GivenBack(int(row.yen), row.is_voided) for row in rows}


def _stores(region_id: int, merchant_id: UUID) -> Select[Any]:
    merchant = ledger_tables.holder.alias()
    return (
        select(
            _STORE.store_id,
            _STORE.merchant_id,
            _STORE.name,
            _HOLDER.state,
            (_HOLDER.state == "open") & (merchant.c.state == "open"),
            _STORE.opened_at,
        )
        .join(
            ledger_tables.holder,
            (_HOLDER.region_id == _STORE.region_id) & (_HOLDER.holder_id == _STORE.store_id),
        )
        .join(
            merchant,
            (merchant.c.region_id == _STORE.region_id)
            & (merchant.c.holder_id == _STORE.merchant_id),
        )
        .where(_STORE.region_id == region_id, _STORE.merchant_id == merchant_id)
    )
