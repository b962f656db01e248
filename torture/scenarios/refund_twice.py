"""5: every payment refunded twice at once, in parts that exceed it, and in every order."""

from time import monotonic
from typing import Final

from torture import operations
from torture.at_once import ask_at_once, callers, outcomes
from torture.caller import Caller
from torture.judge.promise import Broken
from torture.operations import Operation
from torture.processes import BrokenRunError
from torture.scenario import Scenario
from torture.scene import Holder
from torture.stage import Stage
from town.directory import Listing

CLIENTS: Final = 64
KEPT: Final = 150
"""Residents who pay once only, for the parts in some order."""
PARTS: Final = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)
WHOLE_YEN: Final = 999


async def play(stage: Stage) -> None:
    """Rounds of 32 payments, each refunded twice at once; then the same parts in other orders."""
    crowd = callers(stage, CLIENTS)
    twice, parts, orders = Broken(), Broken(), Broken()
    rounds, until, ends = 0, monotonic() + stage.seconds, set()
    while monotonic() < until and rounds < KEPT:
        began = stage.now()
        await _twice(stage, crowd, twice)
        await _in_parts(stage, crowd, parts)
        ends.add(await _in_some_order(stage, crowd, stage.scene.holders[rounds % KEPT]))
        rounds += 1
        stage.meter.fault("refunds of the same payments at once", began, stage.now())
    if len(ends) > 1:
        orders.add(f"what was taken back differs: {sorted(ends)}")
    name = "Of two refunds of all of a payment one succeeds and one is refused"
    stage.promises.append(twice.promise(name, f"{rounds * CLIENTS // 2:,} payments"))
    name = "Parts that come to more than a payment never give back more than it"
    stage.promises.append(parts.promise(name, f"{rounds * CLIENTS // 4:,} payments"))
    name = "What campaigns take back adds up to the same in every order of the parts"
    stage.promises.append(orders.promise(name, f"{rounds:,} orders, {sorted(ends)} points"))


async def _pay(
    stage: Stage, crowd: list[Caller], yen: int, count: int
) -> list[tuple[Operation, Listing]]:
    scene = stage.scene
    pairs = []
    for holder in stage.random.sample(scene.holders[KEPT:], count):
        shop = stage.random.choice(scene.shops)
        pairs.append((operations.payment(scene, holder, shop, yen), shop))
    lines = await ask_at_once(stage, crowd, [payment for payment, _ in pairs])
    return [pair for pair, line in zip(pairs, lines, strict=True) if line.status == 201]


async def _twice(stage: Stage, crowd: list[Caller], broken: Broken) -> None:
    paid = await _pay(stage, crowd, stage.random.randint(100, 900), len(crowd) // 2)
    wishes = [operations.refund(stage.scene, shop, each.op, None) for each, shop in paid * 2]
    lines = await ask_at_once(stage, crowd, wishes)
    for (payment, _), one, other in zip(paid, lines, lines[len(paid) :], strict=False):
        told = outcomes([one, other])
        if told != {"201": 1, "refund-exceeds-payment": 1}:
            broken.add(f"payment {payment.op}: {dict(told)}")


async def _in_parts(stage: Stage, crowd: list[Caller], broken: Broken) -> None:
    yen = stage.random.randint(100, 900)
    paid = await _pay(stage, crowd, yen, len(crowd) // 4)
    shares = [stage.random.randint(yen // 3, yen) for _ in range(4)]
    wishes = [
        operations.refund(stage.scene, shop, payment.op, share)
        for share in shares
        for payment, shop in paid
    ]
    lines = await ask_at_once(stage, crowd, wishes)
    for nth, (payment, _) in enumerate(paid):
        mine = lines[nth :: len(paid)]
        given = sum(line.answer["amount_yen"] for line in mine if line.status == 201)
        if not 0 < given <= yen:
            broken.add(f"payment {payment.op} of {yen}: {given} yen were given back")


async def _in_some_order(stage: Stage, crowd: list[Caller], holder: Holder) -> int:
    """Points that the campaign took back for the same parts of the same payment, at once.

    The holder has paid nothing before, so that the points granted are the same for everybody.
    """
    shop, payment = await _granted(stage, crowd[0], holder)
    parts = list(PARTS)
    stage.random.shuffle(parts)
    wishes = [operations.refund(stage.scene, shop, payment.op, yen) for yen in parts]
    await ask_at_once(stage, crowd, wishes)
    line = await crowd[0].look(payment)
    return sum(back["points_taken_back"] for back in line.answer["refunds"])


async def _granted(stage: Stage, caller: Caller, holder: Holder) -> tuple[Listing, Operation]:
    """A payment in the first shop that the campaign is for."""
    for shop in stage.scene.shops:
        payment = operations.payment(stage.scene, holder, shop, WHOLE_YEN)
        line = await stage.ask(caller, payment)
        if line.answer["rebate_points"]:
            return shop, payment
    raise BrokenRunError("the campaign is for no shop of this town")


SCENARIO = Scenario(
    number=5,
    name="refund-twice",
    does="Payments are refunded twice at once through two processes, in parts that come to more"
    " than was paid, and in the same parts in ever other orders.",
    proves="a payment gives back what it was and no yen more; campaigns take back the same in"
    " every order.",
    leaves_open="refunds of stacked campaigns: the tests play those against a model.",
    play=play,
    least_a_minute=600,
    least_faults_a_minute=4,
)
