"""The load: many clients, each a resident or a shop at a time, one operation after another."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Final

from torture import operations
from torture.caller import Caller, Mishap
from torture.operations import Operation
from torture.record import Line
from torture.stage import CLIENTS, Stage
from town.directory import Listing

MOST_YEN: Final = 900
OVER_BALANCE_YEN: Final = 100_000
_KINDS: Final = ("payment", "refund", "void", "top_up", "too much", "nothing")
_WEIGHTS: Final = (72, 10, 3, 9, 4, 2)


@dataclass(slots=True)
class Paid:
    """A payment that may be given back."""

    op: Operation
    shop: Listing
    amount_yen: int


@dataclass(slots=True)
class Client:
    """One client of the load, with the payments that it knows of."""

    stage: Stage
    caller: Caller
    random: Random
    pause_s: float = 0.0
    paid: list[Paid] = field(default_factory=list)

    async def work(self, goes_on: Callable[[], bool]) -> None:
        """One operation after another while `goes_on`."""
        while goes_on():
            await self.step()
            if self.pause_s:
                await asyncio.sleep(self.random.uniform(0, 2 * self.pause_s))

    async def step(self) -> Line:
        """Choose one operation, and carry it out."""
        operation = self._choose()
        line = await self.stage.carry_out(self.caller, operation)
        if operation.kind == "payment" and line.status < 300 and line.ending == "answered":
            shop = self._shops[operation.wanted["store"]]
            self.paid.append(Paid(operation, shop, line.answer["amount_yen"]))
            del self.paid[:-20]
        return line

    @property
    def _shops(self) -> dict[str, Listing]:
        return {str(shop.store_id): shop for shop in self.stage.scene.shops}

    def _choose(self) -> Operation:
        scene, random = self.stage.scene, self.random
        kind = random.choices(_KINDS, _WEIGHTS)[0]
        holder, shop = random.choice(scene.holders), random.choice(scene.shops)
        if kind == "refund" and self.paid:
            paid = random.choice(self.paid)
            part = random.choice((None, 1, random.randint(1, paid.amount_yen)))
            return operations.refund(scene, paid.shop, paid.op.op, part)
        if kind == "void" and self.paid:
            paid = self.paid.pop(random.randrange(len(self.paid)))
            return operations.void(scene, paid.shop, paid.op.op)
        if kind == "top_up":
            yen = random.randint(100, 2 * MOST_YEN)
            return operations.top_up(scene, holder, yen, f"ref-{random.getrandbits(64):x}")
        if kind == "too much":
            return operations.payment(scene, holder, shop, OVER_BALANCE_YEN)
        if kind == "nothing":
            return operations.payment(scene, holder, shop, 0)
        return operations.payment(scene, holder, shop, random.randint(1, MOST_YEN))


def clients(
    stage: Stage,
    count: int = CLIENTS,
    mishap: Callable[[Random], Mishap] | None = None,
    pause_s: float = 0.0,
) -> list[Client]:
    """So many clients, half of them at each process. `mishap` is what the network does to one."""
    made = []
    for number in range(count):
        random = Random(stage.random.random())
        caller = stage.caller(number, mishap(random) if mishap else None)
        made.append(Client(stage, caller, random, pause_s))
    return made


async def load_for(crowd: list[Client], seconds: float) -> None:
    """Let every client work for so many seconds, and finish what it has begun."""
    until = monotonic() + seconds
    await asyncio.gather(*(client.work(lambda: monotonic() < until) for client in crowd))


async def load_while(crowd: list[Client], fault: "asyncio.Future[None]") -> None:
    """Let every client work until the fault's task has ended, and finish what it has begun."""
    await asyncio.gather(*(client.work(lambda: not fault.done()) for client in crowd))
    await fault
