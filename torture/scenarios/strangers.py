"""26: ids and tokens of another region, merchant or resident: nothing read, nothing moved."""

import asyncio
from dataclasses import replace
from time import monotonic
from typing import Final

import httpx
import orjson

from api.open_secrets import open_keys
from torture.ground import REGION
from torture.load import clients, load_for
from torture.scenario import Scenario
from torture.scene import open_neighbour
from torture.stage import Stage
from torture.strangers.doors import doors_of
from torture.strangers.make_victims import make_victims
from torture.strangers.own_rows import rows_of, unchanged
from torture.strangers.siege import Siege
from torture.strangers.tokens import Forge
from torture.strangers.victims import Victims

ELSEWHERE: Final = "toge"
FARTHER: Final = "minato"
WORKING: Final = 8
PAUSE_S: Final = 0.2
OPERATORS: Final = 0
"""The region_id of what belongs to operators."""


async def play(stage: Stage) -> None:
    """A few work, while strangers knock at every door with every kind of token."""
    for code in ELSEWHERE, FARTHER:
        await open_neighbour(stage.ground, stage.apis[0].address, code)
    victims = await make_victims(stage)
    siege = Siege(stage, doors_of(await _page(stage)), _forge(stage, victims))
    theirs = (stage.scene.region_id, OPERATORS), victims.ids
    superuser = await stage.ground.superuser()
    try:
        before = await rows_of(superuser, *theirs)
        scene = stage.scene
        half = replace(scene, holders=scene.holders[::2], shops=scene.shops[::2])
        crowd = clients(replace(stage, scene=half), WORKING, pause_s=PAUSE_S)
        load = asyncio.create_task(load_for(crowd, stage.seconds))
        await siege.lay(monotonic() + stage.seconds)
        await load
        after = await rows_of(superuser, *theirs)
    finally:
        await superuser.close()
    stage.promises += siege.promises()
    name = "Nothing that belongs to others was changed: books, acts, sessions, devices, posts"
    stage.promises.append(unchanged(name, before, after))


async def _page(stage: Stage) -> dict[str, object]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        page: dict[str, object] = orjson.loads(
            (await http.get(f"{stage.apis[0].address}/openapi.json")).content
        )
        return page


def _forge(stage: Stage, victims: Victims) -> Forge:
    scene = stage.scene
    return Forge(
        keys=open_keys(stage.ground.settings),
        region=REGION,
        elsewhere=ELSEWHERE,
        farther=FARTHER,
        victims=victims,
        shops=scene.shops[1::2],
        people=tuple(holder.person_id for holder in scene.holders[1::2]),
        random=stage.random,
    )


SCENARIO = Scenario(
    number=26,
    name="strangers",
    does="Every route of the API's own description is knocked at with every kind of token that must"
    " not count there, and with true ones of other residents, shops, offices and clients, of the"
    " same and of another region, who name what is not theirs in path, query and body; meanwhile 8"
    " clients work.",
    proves="what is not yours is not there for you: nothing is read, nothing moves, no row that"
    " names a victim changes, and the answer is the same word for word whether it exists or not.",
    leaves_open="how long an answer takes: tests compare that where somebody signs in; ids in"
    " members that no example of the description has.",
    play=play,
    least_a_minute=200,
    least_faults_a_minute=2_000,
)
