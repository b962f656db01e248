"""Credit the pending points of a region whose day has come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_

from core.database import Database
from ledger import tables
from ledger.books import PENDING
from ledger.command import Receipt
from ledger.engine import Engine
from ledger.regions import Region
from payments.prepare import prepare
from payments.vest import NOT_DUE, VestPoints, vesting_of

ACTOR: Final = "job:vest"
CHUNK: Final = 8_192
"""Lots that are read at once."""
AT_ONCE: Final = 512
"""Lots that vest in one batch of the engine, unless payments are made meanwhile."""

_ACCOUNT: Final = tables.account.c


class _Lot(NamedTuple):
    """A pending lot whose day has come."""

    account_no: int
    wallet_id: UUID
    campaign_id: UUID
    expires_on: date
    version: int


@dataclass(slots=True)
class Vested:
    """How many lots a run has credited, and how many another run had credited before."""

    vested: int = 0
    found_done: int = 0


async def vest_points(
    database: Database,
    region: Region,
    today: date,
    beat: Callable[[], None],
    *,
    chunk: int = CHUNK,
) -> Vested:
    """Credit every pending lot of the region whose day is `today`, a business date, or was before.

    Each command's id is derived from its lot, so a second run, or two at once, do it once. `today`
    must not lie ahead of the database's own day: what is not due there is left for the next run.
    `beat` is called after each chunk. Raises the 503s of the engine, and the driver's errors.
    """
    engine = Engine(database, region.region_id, prepare, largest_batch=AT_ONCE)
    engine.start()
    done = Vested()
    after: tuple[date, int] | None = None
    try:
        while lots := await _lots(database, region, today, after, chunk):
            after = (lots[-1].expires_on, lots[-1].account_no)
            for outcome in await engine.submit_all(_vesting(region, lot) for lot in lots):
                if isinstance(outcome, Receipt):
                    done.found_done += outcome.is_replay
                    done.vested += not outcome.is_replay
                elif outcome.type is NOT_DUE:
                    done.found_done += 1
                else:
                    raise outcome
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
) -> list[_Lot]:
    query = (
        select(
            _ACCOUNT.account_no,
            _ACCOUNT.holder_id,
            _ACCOUNT.source_id,
            _ACCOUNT.expires_on,
            _ACCOUNT.version,
        )
        .where(
            _ACCOUNT.region_id == region.region_id,
            _ACCOUNT.is_open,
            _ACCOUNT.expires_on <= today,
            _ACCOUNT.kind == PENDING,
            _ACCOUNT.balance > 0,
        )
        .order_by(_ACCOUNT.expires_on, _ACCOUNT.account_no)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(_ACCOUNT.expires_on, _ACCOUNT.account_no) > after)
    async with database.snapshot(region.region_id) as session:
        return [_Lot(*row) for row in await session.execute(query)]


def _vesting(region: Region, lot: _Lot) -> VestPoints:
    """With plain UUIDs: the driver's own cannot stand in a command."""
    return VestPoints(
        entry_id=vesting_of(region, lot.account_no, lot.expires_on, lot.version),
        actor=ACTOR,
        account_no=lot.account_no,
        campaign_id=UUID(bytes=lot.campaign_id.bytes),
        wallet_id=UUID(bytes=lot.wallet_id.bytes),
    )
