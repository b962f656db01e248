"""29: direct SQL with each role of the database, on every relation and function that there is."""

import asyncio
from collections.abc import Iterator
from random import Random
from time import monotonic
from typing import Final

from torture.judge.promise import Broken, Promise
from torture.load import clients, load_for
from torture.roles.attempts import Attempt, attempts
from torture.roles.try_all import logins, try_all
from torture.scenario import Scenario
from torture.scene import open_neighbour
from torture.stage import Stage
from torture.strangers.make_victims import make_victims
from torture.strangers.own_rows import rows_of, unchanged

NEIGHBOURS: Final = "kita"
WORKING: Final = 8
PAUSE_S: Final = 0.2
AT_A_TIME: Final = 50


async def play(stage: Stage) -> None:
    """A few work, while every role's login tries everything, the application's own region away."""
    await open_neighbour(stage.ground, stage.apis[0].address, NEIGHBOURS)
    victims = await make_victims(stage)
    crowd = clients(stage, WORKING, pause_s=PAUSE_S)
    load = asyncio.create_task(load_for(crowd, stage.seconds))
    superuser = await stage.ground.superuser()
    try:
        here = stage.scene.region_id
        own = await superuser.fetchval(
            "SELECT region_id FROM ledger.region WHERE code = $1", NEIGHBOURS
        )
        before = await rows_of(superuser, (here,), victims.ids)
        stage.promises.append(await _try_everything(stage, own, await attempts(superuser, here)))
        await load
        after = await rows_of(superuser, (here,), victims.ids)
    finally:
        await superuser.close()
    stage.promises.append(unchanged("No row of the other region changed", before, after))


async def _try_everything(stage: Stage, own: int, every: list[Attempt]) -> Promise:
    settings, broken, tried = stage.ground.settings, Broken(), 0
    portions = _portions(every, stage.random)
    async with logins(settings.database_url, settings.sealer_database_url, own) as theirs:
        until = monotonic() + stage.seconds
        while monotonic() < until:
            began = stage.now()
            tried += await try_all(theirs, next(portions), broken)
            stage.meter.fault("statements of every role", began, stage.now())
    name = "Each role is allowed what is written down, and nothing with another region's rows"
    return broken.promise(name, f"{tried:,} statements, {len(every):,} different")


def _portions(every: list[Attempt], random: Random) -> Iterator[list[Attempt]]:
    """All of them in an order of chance, and again in another one."""
    while True:
        random.shuffle(every)
        for first in range(0, len(every), AT_A_TIME):
            yield every[first : first + AT_A_TIME]


SCENARIO = Scenario(
    number=29,
    name="roles",
    does="The logins of the application and of the sealer, as each role that they can become and in"
    " sessions of another region, of none and of what is no region, try SELECT, INSERT, UPDATE,"
    " DELETE and TRUNCATE on every table, part, view and column of the catalog, and every function,"
    " while 8 clients work.",
    proves="PostgreSQL allows each role what a list says that was written by hand, and nothing at"
    " all with rows of a region that the session is not of.",
    leaves_open="a session that says that it is of the other region, which the login may: the"
    " code's own; whoever owns the tables or is superuser.",
    play=play,
    least_a_minute=200,
    least_faults_a_minute=30,
)
