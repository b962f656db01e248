"""The two sides of a measurement: equal databases, one for the engine and one for the other."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bench.fill import Filled, fill
from bench.ground import Ground
from bench.names import Names
from bench.pay_by_one_tx import install_one_tx
from bench.scale import Scale
from core.database import Database
from ledger.verify import Verdict, verify_region

OURS: Final = "ours"
THEIRS: Final = "theirs"
_FIRST: Final = "filled"
_REGION: Final = "setagaya"


@dataclass(frozen=True, slots=True)
class Sides:
    """The databases OURS and THEIRS, and what both of them hold."""

    ground: Ground
    filled: Filled


async def make_sides(ground: Ground, scale: Scale) -> Sides:
    """Fill a database once, and make two of it: the same rows in the same places."""
    await ground.make(_FIRST)
    database = Database(ground.server.app_url(_FIRST))
    try:
        filled = await fill(
            database,
            ground.server.owner_url(_FIRST),
            _REGION,
            Names.at(datetime.now(UTC)),
            scale.wallets,
            scale.merchants,
        )
    finally:
        await database.close()
    await ground.execute(_FIRST, "VACUUM (ANALYZE)")
    for side in (OURS, THEIRS):
        await ground.server.create_database(side, template=_FIRST)
    await install_one_tx(ground.server.owner_url(THEIRS), filled)
    await ground.settle()
    return Sides(ground, filled)


async def verify_side(sides: Sides, side: str) -> Verdict:
    """The verdict on the books of one side."""
    database = Database(sides.ground.server.app_url(side))
    try:
        return await verify_region(database, sides.filled.region)
    finally:
        await database.close()
