"""A screen in a shop: follows the store's live feed, and comes back where it was cut off."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import httpx

from torture.processes import Program
from torture.scene import Scene
from town.directory import Listing

if TYPE_CHECKING:
    from torture.stage import Stage

AGAIN_S: Final = 0.5


@dataclass(slots=True)
class Screen:
    """What one screen was told, in order: number and data of each event."""

    scene: Scene
    shop: Listing
    programs: list[Program]
    told: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    resets: int = 0
    connections: int = 0
    last_id: int | None = None
    _task: asyncio.Task[None] | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._run(), name=f"screen of {self.shop.store_id}")

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(20)) as http:
            for program in cycle(self.programs):
                with suppress(httpx.TransportError):
                    await self._follow(http, program)
                await asyncio.sleep(AGAIN_S)

    async def _follow(self, http: httpx.AsyncClient, program: Program) -> None:
        token = self.scene.tokens.shop(self.shop.owner_id, self.shop.merchant_id)
        headers = {"authorization": f"Bearer {token}"}
        if self.last_id is not None:
            headers["last-event-id"] = str(self.last_id)
        url = f"{program.address}/v1/stores/{self.shop.store_id}/feed"
        async with http.stream("GET", url, headers=headers) as reply:
            if reply.status_code != 200:
                return
            self.connections += 1
            event: dict[str, str] = {}
            async for line in reply.aiter_lines():
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")
                else:
                    self._take(event)
                    event = {}

    def _take(self, event: dict[str, str]) -> None:
        """One whole event: what was cut off in the middle is told again."""
        if "id" not in event:
            return
        self.last_id = int(event["id"])
        self.begun.set()
        if event.get("event") == "reset":
            self.resets += 1
        elif "event" in event:
            self.told.append((self.last_id, event["event"], json.loads(event["data"])))


async def screens(stage: "Stage", count: int) -> None:
    """Let so many stores be followed, and return when every screen has begun."""
    for nth, shop in enumerate(stage.scene.shops[:count]):
        turned = stage.apis[nth % len(stage.apis) :] + stage.apis[: nth % len(stage.apis)]
        screen = Screen(stage.scene, shop, turned)
        stage.screens.append(screen)
        screen.start()
    await asyncio.gather(*(screen.begun.wait() for screen in stage.screens))
