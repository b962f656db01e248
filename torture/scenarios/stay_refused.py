"""10: a refusal stays refused, also when what it lacked has come."""

import asyncio
from collections.abc import Iterator
from itertools import chain, repeat
from time import monotonic
from typing import Final

from torture import operations
from torture.caller import Caller
from torture.judge.promise import Broken
from torture.load import clients
from torture.scenario import Scenario
from torture.scene import Holder, TownSize
from torture.stage import Stage

OPENING_YEN: Final = 1_000
WISH_YEN: Final = 9_000
TOP_UP_YEN: Final = 9_000
TIMES: Final = 3
"""Of each person: then the points of the payments are as much as the wish."""


async def play(stage: Stage) -> None:
    """64 clients: pay too much, top up, ask again under the same id, then under a new one."""
    broken = Broken()
    crowd = [client.caller for client in clients(stage)]
    people = chain.from_iterable(repeat(stage.scene.holders, TIMES))
    until = monotonic() + stage.seconds
    done = await asyncio.gather(
        *(_rounds(stage, caller, people, until, broken) for caller in crowd)
    )
    name = "After a top-up the refused id is still refused, and a new one is carried out"
    stage.promises.append(broken.promise(name, f"{sum(done):,} times"))


async def _rounds(
    stage: Stage, caller: Caller, people: Iterator[Holder], until: float, broken: Broken
) -> int:
    rounds = 0
    while monotonic() < until:
        holder = next(people, None)
        if holder is None:
            break
        await _round(stage, caller, holder, broken)
        rounds += 1
    return rounds


async def _round(stage: Stage, caller: Caller, holder: Holder, broken: Broken) -> None:
    scene, shop = stage.scene, stage.random.choice(stage.scene.shops)
    wish = operations.payment(scene, holder, shop, WISH_YEN)
    first = await stage.carry_out(caller, wish)
    reference = f"late-{wish.op}"
    await stage.carry_out(caller, operations.top_up(scene, holder, TOP_UP_YEN, reference))
    began = stage.now()
    again = [await stage.ask(caller, wish, process) for process in (0, 1)]
    stage.meter.fault("the refused id again, with money there", began, stage.now())
    anew = await stage.carry_out(caller, operations.payment(scene, holder, shop, WISH_YEN))
    told = [(line.status, line.slug) for line in (first, *again)]
    if told != [(409, "insufficient-funds")] * 3 or anew.status != 201:
        broken.add(f"payment {wish.op}: {told}, and anew {anew.status} {anew.slug}")


SCENARIO = Scenario(
    number=10,
    name="stay-refused",
    does="Residents try to pay more than they have, are refused, top up, and ask again under the"
    " same id at both processes, and then under a new id.",
    proves="an answer that was given holds, whatever has changed since.",
    leaves_open="refusals other than for want of money: all are remembered by the same lines.",
    play=play,
    least_operations=60,
    least_a_minute=600,
    least_faults_a_minute=60,
    size=TownSize(residents=3_000, opening_yen=OPENING_YEN),
)
