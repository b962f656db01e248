"""Close a period for all merchants of a region, some at a time; twice gives the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database, allow, bare
from core.errors import Problem
from core.ids import time_of, uuid8
from core.one_at_a_time import one_at_a_time
from ledger import tables as ledger_tables
from ledger.batch import HeadMovedError, Outcome, run_batch
from ledger.command import Command
from ledger.find_seq import find_seq
from ledger.regions import Region
from ledger.trial_balance import LONG_READ_S
from merchants.calendar import Period, pay_day, periods_between
from merchants.close import ChangeMerchant
from merchants.fees import fee_yen, tax_yen
from merchants.settlement import Obstacle, run_of, settlement_of
from merchants.settlement_figures import Figures, figures_of
from merchants.settlement_rules import SettlementRules
from merchants.settlement_tables import settlement, settlement_run
from payments.close_settlement import SETTLEMENT_OVERTAKEN, CloseSettlement
from payments.prepare import prepare
from payments.reads import read_settings

ACTOR: Final = "job:settle"
READ_AT_ONCE: Final = 512
"""Merchants whose figures are read by one statement."""
CHUNK: Final = 16
"""Of them, so many are settled in one transaction: the region's payments wait while it writes."""
TRIES_WITHOUT_LOCK: Final = 5
"""So often a chunk is decided while payments go on; then they wait until it is."""

_RUN: Final = settlement_run.c
_HOLDER: Final = ledger_tables.holder.c
_ONE_DAY: Final = timedelta(days=1)
_GONE: Final = frozenset({"leaving", "closed"})
"""Nothing is sold any more, so nothing is to be waited for: what a bank sent back, or was left."""
_LONGEST: Final = timedelta(days=62)
"""So many days have a whole period of any calendar among them."""


@dataclass(slots=True)
class Closed:
    """What became of the periods that were over."""

    runs: int = 0
    settled: int = 0
    carried: int = 0


async def close_what_is_over(
    database: Database, region: Region, today: date, beat: Callable[[], None]
) -> Closed:
    """Close each period whose last day was before `today`, a business date, in order.

    The first run of a region covers all that was before it. `beat` is called after each chunk.
    Raises bank-days-unknown, the 503s of the ledger, and the driver's errors: what is done stands,
    and the next call goes on.
    """
    done = Closed()
    async with database.snapshot(region.region_id) as session:
        settings = await read_settings(session, region.region_id)
        last_days = await _last_days(session, region.region_id)
    if settings is None:
        return done
    rules: SettlementRules = settings.settlement
    for period in _over(rules, last_days, today):
        await _close(database, region, rules, period, beat, done)
    return done


def _over(rules: SettlementRules, last_days: Sequence[date], today: date) -> list[Period]:
    """The periods that are over and not closed. Of a region that never closed one, the last."""
    yesterday = today - _ONE_DAY
    if not last_days:
        return list(periods_between(rules, yesterday - _LONGEST, yesterday))[-1:]
    begins = last_days[-1] + _ONE_DAY
    return [
        Period(max(begins, period.first_day), period.last_day)  # where the calendar was changed
        for period in periods_between(rules, last_days[-1], yesterday)
    ]


async def _last_days(session: AsyncSession, region_id: int) -> list[date]:
    """The last days of runs that are closed for all merchants, in order."""
    query = select(_RUN.last_day).where(
        _RUN.region_id == region_id, _RUN.state != "closing", _RUN.merchant_id.is_(None)
    )
    return list((await session.scalars(query.order_by(_RUN.last_day))).all())


async def _close(
    database: Database,
    region: Region,
    rules: SettlementRules,
    period: Period,
    beat: Callable[[], None],
    done: Closed,
) -> None:
    run_id = run_of(region.code, period.last_day)
    until_seq = await _open(database, region, rules, period, run_id)
    after: UUID | None = None
    while merchants := await _merchants(database, region, run_id, after):
        after = merchants[-1]
        async with database.snapshot(region.region_id) as session:
            await allow(session, LONG_READ_S)
            found = await figures_of(session, region.region_id, merchants, until_seq)
        for first in range(0, len(found), CHUNK):
            part = found[first : first + CHUNK]
            try:
                await _settle(database, region, rules, period, until_seq, part, done)
            except Problem as refused:
                if refused.type is not SETTLEMENT_OVERTAKEN:
                    raise
                after = None  # one was settled on demand meanwhile: look at those left again
                break
            beat()
    async with database.transaction(region.region_id) as session:
        await session.execute(
            update(settlement_run)
            .where(
                _RUN.region_id == region.region_id, _RUN.run_id == run_id, _RUN.state == "closing"
            )
            .values(state="draft", closed_at=func.clock_timestamp())
        )
    done.runs += 1


async def _open(
    database: Database, region: Region, rules: SettlementRules, period: Period, run_id: UUID
) -> int:
    """Keep the run, once: up to which number of the journal it goes, and when it is paid."""
    async with database.transaction(region.region_id) as session:
        until_seq = await find_seq(session, region.region_id, period.last_day)
        row = {
            "region_id": region.region_id,
            "run_id": run_id,
            "first_day": period.first_day,
            "last_day": period.last_day,
            "pays_on": pay_day(rules, period),
            "until_seq": until_seq,
        }
        await session.execute(insert(settlement_run).values(row).on_conflict_do_nothing())
        kept = await session.execute(
            select(_RUN.until_seq).where(_RUN.region_id == region.region_id, _RUN.run_id == run_id)
        )
        return int(kept.scalar_one())


async def _merchants(
    database: Database, region: Region, run_id: UUID, after: UUID | None
) -> list[UUID]:
    """Some merchants that have no settlement in the run yet, by id."""
    settled = select(settlement.c.merchant_id).where(
        settlement.c.region_id == region.region_id, settlement.c.run_id == run_id
    )
    query = select(_HOLDER.holder_id).where(
        _HOLDER.region_id == region.region_id,
        _HOLDER.kind == "merchant",
        _HOLDER.holder_id.not_in(settled),
    )
    if after is not None:
        query = query.where(_HOLDER.holder_id > after)
    async with database.snapshot(region.region_id) as session:
        found = await session.scalars(query.order_by(_HOLDER.holder_id).limit(READ_AT_ONCE))
        return [UUID(int=merchant_id.int) for merchant_id in found]


async def _settle(
    database: Database,
    region: Region,
    rules: SettlementRules,
    period: Period,
    until_seq: int,
    found: Sequence[Figures],
    done: Closed,
) -> None:
    """Entries and rows stand together or not at all; the region's head is held only to write."""
    leaving = [_leave(region, period, each) for each in found if _is_last(each)]
    planned = [
        _planned(region, rules, period, until_seq, each)
        for each in found
        if each.due_yen or each.state != "leaving"
    ]
    commands = [*(command for _, command in planned if command is not None), *leaving]
    rows = [row for row, _ in planned]
    for is_last_try in [*[False] * TRIES_WITHOUT_LOCK, True]:
        try:
            await _enter(database, region, commands, rows, lock=is_last_try)
            break
        except HeadMovedError:
            continue
    settled = sum(command is not None for _, command in planned)
    done.settled += settled
    done.carried += len(planned) - settled


async def _enter(
    database: Database,
    region: Region,
    commands: Sequence[Command],
    rows: Sequence[dict[str, Any]],
    *,
    lock: bool,
) -> None:
    async with database.transaction(region.region_id) as session:
        # Another closer would wait for these rows, and this one for the head that it has.
        await one_at_a_time(session, region.region_id, "settling")

        async def keep(outcomes: list[Outcome]) -> None:
            seqs: dict[UUID, int] = {}
            for command, outcome in zip(commands, outcomes, strict=True):
                if isinstance(outcome, Problem):
                    raise outcome
                seqs[command.entry_id] = outcome.accepted().seq
            told = [{**row, "closed_seq": seqs.get(row["settlement_id"])} for row in rows]
            if told:
                await session.execute(insert(settlement).on_conflict_do_nothing(), told)

        connection = await bare(session)
        await run_batch(connection, region.region_id, commands, prepare, beside=keep, lock=lock)


def _planned(
    region: Region, rules: SettlementRules, period: Period, until_seq: int, found: Figures
) -> tuple[dict[str, Any], CloseSettlement | None]:
    """The row of a settlement, and the command that moves its money; none where it is carried."""
    settlement_id = settlement_of(region.code, period.last_day, found.merchant_id)
    fee, tax = _fee_and_tax(rules, period, found)
    obstacle = _obstacle(rules, found, found.due_yen - fee - tax)
    kept = {"fee_yen": 0, "tax_yen": 0} if obstacle else {"fee_yen": fee, "tax_yen": tax}
    row = {
        "region_id": region.region_id,
        "settlement_id": settlement_id,
        "run_id": run_of(region.code, period.last_day),
        "merchant_id": found.merchant_id,
        "until_seq": until_seq,
        **found.parts,
        **kept,
        "tax_bp": rules.tax_bp,
        "due_yen": found.due_yen,
        "payout_yen": 0 if obstacle else found.due_yen - fee - tax,
        "state": "carried" if obstacle else "due",
        "obstacle": obstacle,
    }
    if obstacle is not None:
        return row, None
    return row, CloseSettlement(
        entry_id=settlement_id,
        actor=ACTOR,
        merchant_id=found.merchant_id,
        until_seq=until_seq,
        **found.parts,
        **kept,
    )


def _fee_and_tax(rules: SettlementRules, period: Period, found: Figures) -> tuple[int, int]:
    """Of who leaves no fee is asked that would keep the rest from being paid for ever."""
    net_yen = found.sales_yen - found.refunded_yen
    fee = fee_yen(rules, found.merchant_class, net_yen, period.last_day, found.converted_yen)
    tax = tax_yen(rules, fee)
    is_spared = found.state in _GONE and fee + tax >= found.due_yen
    return (0, 0) if is_spared else (fee, tax)


def _obstacle(rules: SettlementRules, found: Figures, payout_yen: int) -> Obstacle | None:
    if found.state == "suspended":
        return "suspended"
    least_yen = 1 if found.state in _GONE else rules.minimum_yen
    return "below-minimum" if payout_yen < least_yen else None


def _is_last(found: Figures) -> bool:
    """Whether a merchant that leaves is due nothing more once this settlement is closed."""
    return found.state == "leaving" and found.due_yen >= 0


def _leave(region: Region, period: Period, found: Figures) -> ChangeMerchant:
    settlement_id = settlement_of(region.code, period.last_day, found.merchant_id)
    return ChangeMerchant(
        entry_id=uuid8(time_of(settlement_id), "merchant left", region.code, found.merchant_id),
        actor=ACTOR,
        merchant_id=found.merchant_id,
        state="closed",
        reason="the last settlement",
    )
