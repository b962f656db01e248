"""The sides of a measurement: equal databases, copies of one that was filled once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.figures import Result
from bench.fill import fill
from bench.filled import Filled
from bench.ground import Ground
from bench.names import Names
from bench.scale import Scale
from core.database import Database
from ledger.engine import Engine
from ledger.verify import Verdict, verify_region
from payments.prepare import prepare

FIRST: Final = "filled"
"""The database that all are copies of."""
REGION: Final = "setagaya"


@dataclass(frozen=True, slots=True)
class Sides:
    """A ground with one filled database, and what it holds."""

    ground: Ground
    filled: Filled
    history: Path | None = None
    """Where a long history is kept between runs; None for one that is gone with the ground."""
    is_fresh: bool = False
    """Whether it is loaded anew."""

    @asynccontextmanager
    async def copy(self, name: str) -> AsyncIterator[str]:
        """A database with the same rows in the same places, until the block ends."""
        await self.ground.server.create_database(name, template=FIRST)
        await self.ground.settle()
        try:
            yield name
        finally:
            await self.ground.server.drop_database(name)


async def make_sides(
    ground: Ground, scale: Scale, history: Path | None = None, *, is_fresh: bool = False
) -> Sides:
    """Fill a database once, from which any number of sides can be copied."""
    filled = await fill_database(ground, FIRST, scale)
    await ground.execute(FIRST, "VACUUM (ANALYZE)")
    return Sides(ground, filled, history, is_fresh)


async def fill_database(ground: Ground, name: str, scale: Scale) -> Filled:
    """A new database with one filled region."""
    await ground.make(name)
    database = Database(ground.server.app_url(name))
    names = Names.at(datetime.now(UTC))
    try:
        return await fill(
            database, ground.server.owner_url(name), REGION, names, scale.wallets, scale.merchants
        )
    finally:
        await database.close()


@asynccontextmanager
async def running_engine(ground: Ground, name: str, filled: Filled) -> AsyncIterator[Engine]:
    """The engine of a filled region in this process, for as long as the block."""
    database = Database(ground.server.app_url(name))
    engine = Engine(database, filled.region.region_id, prepare)
    engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
        await database.close()


async def judge(ground: Ground, name: str, filled: Filled, result: Result) -> None:
    """Verify the books of one database, and add the verdict to `result`."""
    verdict = await verdict_on(ground, name, filled)
    result.judge(name if verdict.region == REGION else f"{name}, {verdict.region}", verdict)


async def verdict_on(ground: Ground, name: str, filled: Filled) -> Verdict:
    """The verdict on the books of one region."""
    database = Database(ground.server.app_url(name))
    try:
        return await verify_region(database, filled.region)
    finally:
        await database.close()
