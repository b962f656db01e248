"""One demo while it runs: its plan, its region on this deployment, and its server."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.clock import Clock
from core.database import Database
from core.settings import Settings
from town.client import Client, open_client
from town.colleagues import Colleagues
from town.day import Plan
from town.phones import Phones
from town.screen import Screen
from town.startup import HOST, server, set_clock
from town.tokens import Mint, Tokens

LOG: Final = "demo-server.log"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the layers around the town lend it."""

    migrate: Callable[[str], Awaitable[None]]
    """Brings the database behind the owner's URL to the newest revision."""
    mint: Callable[[Settings], Mint]
    """Signs tokens as a deployment with these settings accepts them."""
    audit: Callable[[Database, int], Awaitable[tuple[bool, str]]]
    """Whether the books of a region are whole, and the audit's own words."""
    invite: Callable[[Settings, str], Awaitable[str]]
    """Invites the first operator by e-mail address; the word that lets that person in."""
    command: str
    """How `meguri` is called from the terminal that the demo was started from."""
    to_set_first: str
    """What another terminal must set before, in words; empty if nothing."""


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo: its plan, its region on this deployment, where its server listens."""

    settings: Settings
    plan: Plan
    wiring: Wiring
    screen: Screen
    database: Database
    region: str
    port: int
    webhook_secret: bytes
    midnight: datetime
    phones: Phones
    colleagues: Colleagues

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def tokens(self) -> Tokens:
        """Of the people of the day: for who has a phone, the one that is on it."""
        return Tokens(
            self.wiring.mint(self.settings), self.region, self.phones.by_person, self.colleagues
        )

    def visitors(self) -> Tokens:
        """Fresh ones for a visitor: each lives for 15 minutes of real time."""
        return Tokens(self.wiring.mint(self.settings), self.region)

    @asynccontextmanager
    async def kept_fresh(self, client: Client) -> AsyncIterator[None]:
        """Every access token of who has signed in lives while the block runs."""
        await self._renew(client)
        keeping = asyncio.create_task(self._keep(client), name="sessions")
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def _keep(self, client: Client) -> None:
        while True:
            await asyncio.sleep(5)
            await self._renew(client)

    async def _renew(self, client: Client) -> None:
        await self.phones.renew(client)
        await self.colleagues.renew(client)

    @asynccontextmanager
    async def running(self, town: datetime, factor: int) -> AsyncIterator["Running"]:
        """The server, with the town's clock at `town` and `factor` times as fast as real time.

        A process reads the clock when it starts: a new speed is a new start. Afterwards the clock
        goes on from where it is, as fast as real time.
        """
        owner_url = self.settings.owner_database_url
        await set_clock(owner_url, town, factor)
        clock = await self.database.clock()
        try:
            async with (
                server(self.settings, self.port, self.settings.data_dir / LOG) as process,
                open_client(self.address, self.webhook_secret) as client,
            ):
                yield Running(client, clock, process)
        finally:
            await set_clock(owner_url, clock.now(), 1)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers, and the clock that it goes by."""

    client: Client
    clock: Clock
    process: Process
