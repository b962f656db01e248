"""Expire the lots of a region whose last day is over, and close the empty ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select, tuple_

from core.database import Database
from core.ids import uuid8
from ledger import tables
from ledger.batch import Outcome
from ledger.books import PENDING, VALUE
from ledger.command import Receipt
from ledger.engine import Engine
from ledger.regions import Region
from payments.expire import NOT_EXPIRED, CloseLots, ExpireLot, expiry_of
from payments.prepare import prepare

ACTOR: Final = "job:expire"
CHUNK: Final = 8_192
"""Lots that are read at once."""
AT_ONCE: Final = 512
"""Lots that expire in one batch of the engine, unless payments are made meanwhile."""
CLOSED_AT_ONCE: Final = 2_000
"""Empty lots that one entry closes."""

_ACCOUNT: Final = tables.account.c


@dataclass(frozen=True, slots=True)
class Lot:
    """An open lot whose last day is over."""

    account_no: int
    wallet_id: UUID
    source_id: UUID | None
    expires_on: date
    balance: int


@dataclass(slots=True)
class Expired:
    """How many lots a run has dealt with, and how many another run had dealt with before."""

    expired: int = 0
    closed: int = 0
    found_done: int = 0


async def expire_lots(
    database: Database,
    region: Region,
    today: date,
    beat: Callable[[], None],
    *,
    chunk: int = CHUNK,
) -> Expired:
    """Expire every lot of the region whose last day was before `today`, a business date.

    Each command's id is derived from its lot, so a second run, or two at once, do it once. `today`
    must not lie ahead of the database's own day: what is not over there is left for the next run.
    `beat` is called after each chunk. Raises the 503s of the engine, and the driver's errors.
    """
    engine = Engine(database, region.region_id, prepare, largest_batch=AT_ONCE)
    engine.start()
    done = Expired()
    after: tuple[date, int] | None = None
    try:
        while lots := await _lots(database, region, today, after, chunk):
            after = (lots[-1].expires_on, lots[-1].account_no)
            await _expire(engine, region, [lot for lot in lots if lot.balance], done)
            empty = [lot for lot in lots if not lot.balance]
            for first in range(0, len(empty), CLOSED_AT_ONCE):
                await _close(engine, region, today, empty[first : first + CLOSED_AT_ONCE], done)
            beat()
    finally:
        await engine.stop()
    return done


async def _lots(
    database: Database,
    region: Region,
    today: date,
    after: tuple[date, int] | None,
    limit: int,
) -> list[Lot]:
    query = (
        select(
            _ACCOUNT.account_no,
            _ACCOUNT.holder_id,
            _ACCOUNT.source_id,
            _ACCOUNT.expires_on,
            _ACCOUNT.balance,
        )
        .where(
            _ACCOUNT.region_id == region.region_id,
            _ACCOUNT.is_open,
            _ACCOUNT.expires_on < today,
            _ACCOUNT.kind.in_(VALUE),
            or_(_ACCOUNT.kind != PENDING, _ACCOUNT.balance == 0),  # those vest
        )
        .order_by(_ACCOUNT.expires_on, _ACCOUNT.account_no)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(_ACCOUNT.expires_on, _ACCOUNT.account_no) > after)
    async with database.snapshot(region.region_id) as session:
        return [_lot(*row) for row in await session.execute(query)]


def _lot(
    account_no: int, wallet_id: UUID, source_id: UUID | None, expires_on: date, balance: int
) -> Lot:
    """With plain UUIDs: the driver's own cannot stand in a command."""
    source = UUID(bytes=source_id.bytes) if source_id is not None else None
    return Lot(account_no, UUID(bytes=wallet_id.bytes), source, expires_on, balance)


async def _expire(engine: Engine, region: Region, lots: Sequence[Lot], done: Expired) -> None:
    if not lots:
        return
    for outcome in await engine.submit_all([_expiry(region, lot) for lot in lots]):
        receipt = _receipt(outcome)
        if receipt is None or receipt.is_replay:
            done.found_done += 1
        else:
            done.expired += 1


async def _close(
    engine: Engine, region: Region, today: date, lots: Sequence[Lot], done: Expired
) -> None:
    accounts = tuple(lot.account_no for lot in lots)
    midnight = datetime.combine(today, time.min, region.zone).astimezone(UTC)
    command = CloseLots(
        entry_id=uuid8(midnight, CloseLots.kind, region.code, *map(str, accounts)),
        actor=ACTOR,
        accounts=accounts,
    )
    receipt = await engine.submit(command)
    closed = 0 if receipt.is_replay else len(receipt.entry.facts["lots"])
    done.closed += closed
    done.found_done += len(accounts) - closed


def _expiry(region: Region, lot: Lot) -> ExpireLot:
    return ExpireLot(
        entry_id=expiry_of(region, lot.account_no, lot.expires_on, ExpireLot.kind),
        actor=ACTOR,
        account_no=lot.account_no,
        source_id=lot.source_id,
        wallet_id=lot.wallet_id,
    )


def _receipt(outcome: Outcome) -> Receipt | None:
    """The receipt; None where the lot is not over, or somebody has emptied or closed it."""
    if isinstance(outcome, Receipt):
        return outcome
    if outcome.type is NOT_EXPIRED:
        return None
    raise outcome
