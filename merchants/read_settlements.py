"""Read settlement runs and settlements: lists for finance and for merchants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.listing import is_called
from merchants.settlement import Obstacle, Run, RunState, Settlement, SettlementState
from merchants.settlement_tables import settlement, settlement_run
from merchants.tables import merchant

_RUN: Final = settlement_run.c
_ROW: Final = settlement.c
_NAMES: Final = tuple(Run.__slots__)
_SUMS: Final = ("sales_yen", "refunded_yen", "cashback_yen", "fee_yen", "tax_yen", "payout_yen")


@dataclass(frozen=True, slots=True)
class Totals:
    """What the settlements of a run come to, in yen; of those that are carried over nothing."""

    settlements: int
    carried: int
    sales_yen: int
    refunded_yen: int
    cashback_yen: int
    fee_yen: int
    tax_yen: int
    payout_yen: int


@dataclass(frozen=True, slots=True)
class WantedRuns:
    """Which runs are wanted; None where it does not matter."""

    state: RunState | None = None
    is_on_demand: bool | None = None
    """Only those that a merchant asked for, or only those of periods."""
    first_day: date | None = None
    """Of periods that end on this day or later."""
    last_day: date | None = None
    """Of periods that end on this day or before."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which settlements are wanted; None where it does not matter."""

    run_id: UUID | None = None
    merchant_id: UUID | None = None
    state: SettlementState | None = None
    settlement_id: UUID | None = None
    obstacle: Obstacle | None = None
    """Only those that are carried over for this."""
    has_account: bool | None = None
    """Only those of approved runs for which a bank account was known, or was not."""
    text: str | None = None
    """A part of the merchant's name of now, whatever its width and case."""
    first_day: date | None = None
    """Of periods that end on this day or later."""
    last_day: date | None = None
    """Of periods that end on this day or before."""
    only_closed_runs: bool = False
    """Not of a run that is being made: merchants see what is there to stay."""


async def list_runs(
    session: AsyncSession, region_id: int, wanted: WantedRuns, before: UUID | None, limit: int
) -> list[Run]:
    """At most `limit` runs, the latest period first, of those before the one called `before`."""
    query = _runs(region_id).order_by(_RUN.run_id.desc()).limit(limit)
    if wanted.state is not None:
        query = query.where(_RUN.state == wanted.state)
    if wanted.is_on_demand is not None:
        query = query.where(_RUN.merchant_id.is_not(None) == wanted.is_on_demand)
    query = _ended_within(query, wanted)
    if before is not None:
        query = query.where(_RUN.run_id < before)
    return [_run(row) for row in await session.execute(query)]


async def find_run(
    session: AsyncSession, region_id: int, run_id: UUID, *, for_update: bool = False
) -> Run | None:
    """The run; locked until the caller's transaction ends, where it is going to be changed."""
    query = _runs(region_id).where(_RUN.run_id == run_id)
    if for_update:
        query = query.with_for_update()
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _run(row)


async def totals_of(
    session: AsyncSession, region_id: int, run_ids: Sequence[UUID]
) -> dict[UUID, Totals]:
    """What each run comes to; a run without settlements is left out."""
    is_carried = _ROW.state == "carried"
    rows = await session.execute(
        select(
            _ROW.run_id,
            func.count().filter(~is_carried),
            func.count().filter(is_carried),
            *(func.coalesce(func.sum(_ROW[name]).filter(~is_carried), 0) for name in _SUMS),
        )
        .where(_ROW.region_id == region_id, _ROW.run_id.in_(run_ids))
        .group_by(_ROW.run_id)
    )
    return {UUID(int=row[0].int): Totals(*(int(number) for number in row[1:])) for row in rows}


async def list_settlements(
    session: AsyncSession, region_id: int, wanted: Wanted, before: UUID | None, limit: int
) -> list[Settlement]:
    """At most `limit` settlements, the latest period first, of those before one called `before`."""
    query = _settlements(region_id).order_by(_ROW.settlement_id.desc()).limit(limit)
    for column, value in (
        (_ROW.run_id, wanted.run_id),
        (_ROW.merchant_id, wanted.merchant_id),
        (_ROW.state, wanted.state),
        (_ROW.settlement_id, wanted.settlement_id),
        (_ROW.obstacle, wanted.obstacle),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.has_account is not None:
        is_known = _ROW.account_id.is_not(None)
        query = query.where(_RUN.state == "approved", is_known == wanted.has_account)
    if wanted.text is not None:
        query = query.where(is_called(wanted.text))
    if wanted.only_closed_runs:
        query = query.where(_RUN.state != "closing")
    query = _ended_within(query, wanted)
    if before is not None:
        query = query.where(_ROW.settlement_id < before)
    return [_settlement(row) for row in await session.execute(query)]


def _ended_within(query: Select[Any], wanted: WantedRuns | Wanted) -> Select[Any]:
    if wanted.first_day is not None:
        query = query.where(_RUN.last_day >= wanted.first_day)
    if wanted.last_day is not None:
        query = query.where(_RUN.last_day <= wanted.last_day)
    return query


def _runs(region_id: int) -> Select[Any]:
    return select(*(_RUN[name] for name in _NAMES)).where(_RUN.region_id == region_id)


def _run(row: Any) -> Run:
    told = dict(zip(_NAMES, row, strict=True))
    whose = told["merchant_id"]
    ids = {"run_id": UUID(int=told["run_id"].int), "merchant_id": whose and UUID(int=whose.int)}
    return Run(**told | ids)


_OWN: Final = tuple(
    name
    for name in Settlement.__slots__
    if name not in {"merchant_name", "first_day", "last_day", "pays_on", "run_state"}
)


def _settlements(region_id: int) -> Select[Any]:
    return (
        select(
            *(_ROW[name] for name in _OWN),
            merchant.c.name.label("merchant_name"),
            _RUN.first_day,
            _RUN.last_day,
            _RUN.pays_on,
            _RUN.state.label("run_state"),
        )
        .join(
            settlement_run,
            (_RUN.region_id == _ROW.region_id) & (_RUN.run_id == _ROW.run_id),
        )
        .join(
            merchant,
            (merchant.c.region_id == _ROW.region_id) & (merchant.c.merchant_id == _ROW.merchant_id),
        )
        .where(_ROW.region_id == region_id)
    )


def _settlement(row: Any) -> Settlement:
    told = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy calls it so)
    for name in ("settlement_id", "run_id", "merchant_id", "account_id"):
        if told[name] is not None:
            told[name] = UUID(int=told[name].int)
    return Settlement(**told)
