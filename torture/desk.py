"""A desk of finance: decides by chance on what is held, as others do, and as shops refund it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from time import monotonic
from typing import Any, Final
from uuid import UUID

from torture import operations
from torture.caller import Caller
from torture.stage import Stage
from town import wire
from town.client import Client, UnreachableError, open_client
from town.wire import Call

AT_A_TIME: Final = 10
REFUNDED: Final = 0.3
"""The share of payments whose shop refunds a part or all just before it is decided."""
RELEASED: Final = "hold.released"
REJECTED: Final = "hold.rejected"


@dataclass(slots=True)
class Told:
    """What was answered: each hold with the decisions that were taken, as the answers had it."""

    taken: dict[UUID, list[str]] = field(default_factory=dict)
    asked: int = 0
    unanswered: int = 0

    def hear(self, hold_id: UUID, decision: str, status: int) -> None:
        """Something was answered to a decision."""
        self.asked += 1
        if status < 300:
            self.taken.setdefault(hold_id, []).append(decision)


@dataclass(frozen=True, slots=True)
class Desk:
    """One clerk and one approver, now at one process, now at the other.

    `caller` is a shop, which refunds what is held.
    """

    stage: Stage
    told: Told
    number: int
    caller: Caller

    async def work(self, until: float) -> None:
        """Decide on whatever waits, until that moment of the monotonic clock."""
        turns = cycle(self.stage.apis[self.number % 2 :] + self.stage.apis)
        while monotonic() < until:
            async with open_client(next(turns).address, b"") as client:
                try:
                    await self._decide_all(client, until)
                except UnreachableError:
                    self.told.unanswered += 1
            await asyncio.sleep(0.1)

    async def _decide_all(self, client: Client, until: float) -> None:
        for hold in await self._waiting(client):
            if monotonic() > until:
                return
            if hold["payment_id"] is not None and self.stage.random.random() < REFUNDED:
                await self._refund(hold)
            decide = self.stage.random.choice((self._release, self._reject, self._both))
            await decide(client, UUID(hold["hold_id"]))

    async def _refund(self, hold: Mapping[str, Any]) -> None:
        scene, random = self.stage.scene, self.stage.random
        shop = next(shop for shop in scene.shops if str(shop.store_id) == hold["store_id"])
        part = random.choice((None, random.randint(1, 400)))
        refund = operations.refund(scene, shop, UUID(hold["payment_id"]), part)
        await self.stage.carry_out(self.caller, refund)

    async def _waiting(self, client: Client) -> Sequence[Mapping[str, Any]]:
        answer = await client.send(
            Call("GET", "/v1/admin/holds?state=held&limit=100", token=self._token("finance"))
        )
        found = answer.body.get("items", ())
        return self.stage.random.sample(found, min(AT_A_TIME, len(found)))

    async def _release(self, client: Client, hold_id: UUID) -> None:
        path = f"/v1/admin/holds/{hold_id}/releases/{self.stage.scene.new_id()}"
        answer = await client.send(Call("PUT", path, _WHY, self._token("finance")))
        self.told.hear(hold_id, RELEASED, answer.status)

    async def _reject(self, client: Client, hold_id: UUID) -> None:
        request_id = self.stage.scene.new_id()
        path = f"/v1/admin/holds/{hold_id}/rejections/{request_id}"
        asked = await client.send(Call("PUT", path, _WHY, self._token("finance")))
        if asked.status < 300:
            answer = await client.send(wire.approve(request_id, self._token("approver")))
            self.told.hear(hold_id, REJECTED, answer.status)

    async def _both(self, client: Client, hold_id: UUID) -> None:
        await asyncio.gather(self._release(client, hold_id), self._reject(client, hold_id))

    def _token(self, role: str) -> str:
        return self.stage.scene.tokens.admin(role, self.number)


_WHY: Final = json.dumps({"reason": "looked at"}).encode()
