"""Hold the pending points that a region's rules describe, before any of them vests."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from core.database import Database, allow
from ledger.command import Receipt
from ledger.engine import Engine
from ledger.regions import Region
from ledger.trial_balance import LONG_READ_S
from payments.find_holds import Found, find_to_hold
from payments.hold import NOTHING_PENDING, HoldPoints, hold_of
from payments.prepare import prepare
from payments.reads import read_settings

ACTOR: Final = "job:hold"
CHUNK: Final = 2_048
"""Payments and top-ups that are found at once."""
AT_ONCE: Final = 256
"""So many are held in one batch of the engine, unless payments are made meanwhile."""


@dataclass(slots=True)
class Held:
    """How many payments and top-ups a run held, and how many were held or not pending any more."""

    held: int = 0
    found_done: int = 0


async def hold_payments(
    database: Database, region: Region, today: date, beat: Callable[[], None], *, chunk: int = CHUNK
) -> Held:
    """Hold what the rules that are on describe, of the days before `today`, a business date.

    Each command's id is derived from what earned the points, so a second run, or two at once, do it
    once; what was released or rejected is never held again. `beat` is called after each chunk.
    Raises the 503s of the engine, and the driver's errors.
    """
    done, nothing_pending = Held(), set[UUID]()
    engine = Engine(database, region.region_id, prepare, largest_batch=AT_ONCE)
    engine.start()
    try:
        while found := await _found(database, region, today, chunk, nothing_pending):
            outcomes = await engine.submit_all(_hold(region, each) for each in found)
            for each, outcome in zip(found, outcomes, strict=True):
                if isinstance(outcome, Receipt):
                    done.held += not outcome.is_replay
                    done.found_done += outcome.is_replay
                elif outcome.type is NOTHING_PENDING:
                    done.found_done += 1
                    nothing_pending.add(each.earned_by)  # or the next look would stop at it again
                else:
                    raise outcome
            beat()
            if len(found) < chunk:
                break
    finally:
        await engine.stop()
    return done


async def _found(
    database: Database, region: Region, today: date, most: int, besides: Collection[UUID]
) -> list[Found]:
    async with database.snapshot(region.region_id) as session:
        await allow(session, LONG_READ_S)
        settings = await read_settings(session, region.region_id)
        if settings is None:
            return []
        return await find_to_hold(session, region.region_id, settings.holds, today, most, besides)


def _hold(region: Region, found: Found) -> HoldPoints:
    return HoldPoints(
        entry_id=hold_of(region, found.earned_by, found.earned_at),
        actor=ACTOR,
        earned_by=found.earned_by,
        rule=found.rule,
        figures=found.figures,
    )
