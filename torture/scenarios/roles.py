"""29: direct SQL with each role of the database, on every relation and function that there is."""

import asyncio
from time import monotonic
from typing import Final

from torture.judge.promise import Broken, Promise
from torture.load import clients, load_for
from torture.roles.attempts import attempts
from torture.roles.try_all import logins, try_all
from torture.scenario import Scenario
from torture.scene import mint_for
from torture.stage import Stage
from torture.strangers.kept import differences, kept_of
from torture.strangers.make_victims import make_victims
from town import wire
from town.client import open_client
from town.tokens import Tokens

NEIGHBOURS: Final = "kita"
WORKING: Final = 8
PAUSE_S: Final = 0.2
AT_A_TIME: Final = 50


async def play(stage: Stage) -> None:
    """A few work, while every role's login tries everything, the application's own region away."""
    operator = Tokens(mint_for(stage.ground), NEIGHBOURS).admin("operator")
    async with open_client(stage.apis[0].address, b"") as client:
        await client.send(wire.open_region(NEIGHBOURS, "北町", operator))
    victims = await make_victims(stage)
    crowd = clients(stage, WORKING, pause_s=PAUSE_S)
    load = asyncio.create_task(load_for(crowd, stage.seconds))
    superuser = await stage.ground.superuser()
    try:
        here = stage.scene.region_id
        own = await superuser.fetchval(
            "SELECT region_id FROM ledger.region WHERE code = $1", NEIGHBOURS
        )
        before = await kept_of(superuser, (here,), victims.ids)
        every = [*await attempts(superuser, here)]
        broken, tried = Broken(), 0
        settings = stage.ground.settings
        async with logins(settings.database_url, settings.sealer_database_url, own) as theirs:
            until = monotonic() + stage.seconds
            while monotonic() < until:
                stage.random.shuffle(every)
                for first in range(0, len(every), AT_A_TIME):
                    if monotonic() > until:
                        break
                    began = stage.now()
                    tried += await try_all(theirs, every[first : first + AT_A_TIME], broken)
                    stage.meter.fault("statements of every role", began, stage.now())
        await load
        changed = differences(before, await kept_of(superuser, (here,), victims.ids))
    finally:
        await superuser.close()
    name = "Each role is allowed what is written down, and nothing with another region's rows"
    stage.promises.append(broken.promise(name, f"{tried:,} statements, {len(every):,} different"))
    rows = f"{sum(map(len, before.values())):,} rows"
    name = "No row of the other region changed"
    stage.promises.append(Promise(name, not changed, rows, tuple(changed[:10])))


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
