"""8: amounts at and beyond every edge, in every form that JSON has."""

import asyncio
import json
from dataclasses import replace
from time import monotonic
from typing import Any, Final

from torture import operations
from torture.at_once import callers
from torture.caller import Caller
from torture.judge.promise import Broken
from torture.operations import Operation
from torture.record import Line
from torture.scenario import Scenario
from torture.stage import Stage

RAW: Final = (
    "0", "-1", "-0", "1.0", "1e2", "1E400", '"100"', '""', "null", "true", "[]", "[100]", "{}",
    "0.1", "NaN", "Infinity", "9007199254740991", "9007199254740992", "9007199254740993",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "18446744073709551616", "1" + "0" * 400, "100000000", "１００", "0x64", "1_000", "+1", "01",
)  # fmt: skip

_STANDS: Final = """
    SELECT (SELECT seq FROM ledger.head WHERE region_id = $1),
           (SELECT sum(balance) FROM ledger.account WHERE region_id = $1),
           (SELECT sum(version) FROM ledger.account WHERE region_id = $1)
"""


async def play(stage: Stage) -> None:
    """Each form of amount to payments and refunds, from many clients, again and again."""
    crowd = callers(stage, 64)
    scene, chance, broken, tried = stage.scene, stage.random, Broken(), 0
    paid = [operations.payment(scene, scene.holders[0], shop, 500) for shop in scene.shops]
    for payment in paid:
        await stage.carry_out(crowd[0], payment)
    before = await _stands(stage)
    until = monotonic() + stage.seconds
    while not tried or monotonic() < until:
        began = stage.now()
        wishes = []
        for raw in RAW:
            holder, shop = chance.choice(scene.holders), chance.choice(scene.shops)
            payment = operations.payment(scene, holder, shop, 1)
            wishes += [_with(payment, raw)]
            if raw != "null":  # in a refund that means: all that remains
                nth = chance.randrange(len(paid))
                wishes += [_with(operations.refund(scene, scene.shops[nth], paid[nth].op, 1), raw)]
        lines = await asyncio.gather(
            *(_ask(stage, crowd[nth % 64], wish) for nth, wish in enumerate(wishes))
        )
        tried += len(lines)
        for line in lines:
            if not 400 <= line.status < 500:
                broken.add(f"{line.kind} of {line.wanted['amount_yen']}: {line.status}")
        stage.meter.fault("amounts that are none", began, stage.now())
    name = "Amounts that are none, or too large, are refused as such, never taken, never a 500"
    stage.promises.append(broken.promise(name, f"{tried:,} requests, {len(RAW)} forms"))
    after = await _stands(stage)
    moved = (before[1:], after[1:])
    stage.promise("They moved nothing", moved[0] == moved[1], f"balances before and after: {moved}")


def _with(operation: Operation, raw: str) -> Operation:
    """The operation with this text where its amount was."""
    call = operation.call()
    body = json.loads(call.content)
    body["amount_yen"] = "@"
    content = json.dumps(body).replace('"@"', raw).encode()
    wanted = {**operation.wanted, "amount_yen": raw[:40]}
    return replace(
        operation, wanted=wanted, call=lambda: replace(operation.call(), content=content)
    )


async def _ask(stage: Stage, caller: Caller, wish: Operation) -> Line:
    return await stage.carry_out(caller, wish)


async def _stands(stage: Stage) -> tuple[Any, ...]:
    superuser = await stage.ground.superuser()
    row = await superuser.fetchrow(_STANDS, stage.scene.region_id)
    await superuser.close()
    assert row is not None, "one row"
    return tuple(row)


SCENARIO = Scenario(
    number=8,
    name="amounts",
    does="Payments and refunds of 0, -1, 1.0, '100', 2^53 and beyond, 2^63 and beyond, and 24 other"
    " forms that JSON allows or forbids, from 64 clients.",
    proves="amounts are whole yen within bounds or they are refused; nothing wraps round.",
    leaves_open="sums past 2^63 inside of the database: a test attacks `ledger.write()` with them.",
    play=play,
    least_operations=50,
    least_a_minute=600,
)
