"""List the merchants of a region."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables as ledger_tables
from merchants import tables
from merchants.application import HIRAGANA, KATAKANA, as_searched
from merchants.close import MerchantState

_MERCHANT = tables.merchant.c
_HOLDER = ledger_tables.holder.c


@dataclass(frozen=True, slots=True)
class ListedMerchant:
    """A merchant in a list, without what is due to it."""

    merchant_id: UUID
    name: str
    merchant_class: str
    category: str
    area: str
    street: str | None
    state: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class WhichMerchants:
    """What a list is narrowed to; None is no matter."""

    state: MerchantState | None = None
    merchant_class: str | None = None
    category: str | None = None
    area: str | None = None
    text: str | None = None
    """A part of the name, whatever its width and case, in hiragana or katakana."""


async def list_merchants(
    session: AsyncSession,
    region_id: int,
    before: UUID | None,
    limit: int,
    which: WhichMerchants,
) -> list[ListedMerchant]:
    """At most `limit` merchants, newest first, of those opened before the one called `before`."""
    query = _merchants(region_id, which).limit(limit)
    if before is not None:
        query = query.where(_MERCHANT.merchant_id < before)
    return [_listed(row) for row in await session.execute(query)]


async def all_merchants(
    session: AsyncSession, region_id: int, which: WhichMerchants
) -> list[ListedMerchant]:
    """Every merchant that the filters leave, newest first: for sums over all of them."""
    return [_listed(row) for row in await session.execute(_merchants(region_id, which))]


def is_called(text: str) -> ColumnElement[bool]:
    """Whether a merchant's name has this in it, whatever its width and case, in hiragana or
    katakana.
    """
    plain = func.lower(func.normalize(_MERCHANT.name, literal_column("NFKC")))
    folded = func.translate(plain, KATAKANA, HIRAGANA)
    return folded.contains(as_searched(text), autoescape=True)


def _merchants(region_id: int, which: WhichMerchants) -> Select[Any]:
    query = (
        select(
            _MERCHANT.merchant_id,
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
            (_HOLDER.region_id == _MERCHANT.region_id)
            & (_HOLDER.holder_id == _MERCHANT.merchant_id),
        )
        .where(_MERCHANT.region_id == region_id)
        .order_by(_MERCHANT.merchant_id.desc())
    )
    for column, wanted in (
        (_HOLDER.state, which.state),
        (_MERCHANT.merchant_class, which.merchant_class),
        (_MERCHANT.category, which.category),
        (_MERCHANT.area, which.area),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if which.text is not None:
        query = query.where(is_called(which.text))
    return query


def _listed(row: Any) -> ListedMerchant:
    merchant_id, *rest = row
    return ListedMerchant(
        UUID(int=merchant_id.int), *rest
    )  # the driver's own type is no plain UUID
