"""A screen in a shop: opens a live feed of the app and reads it as a browser would."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.types import Message


@dataclass(frozen=True)
class Told:
    """One event of the feed; `event` is "" where only an id or a comment came."""

    event: str
    id: str
    data: Any
    comment: str


class Screen:
    """One open request. httpx's transport would hand the answer over only at its end."""

    def __init__(self, app: FastAPI, path: str, headers: dict[str, str]) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._gone = asyncio.Event()
        self._begun = asyncio.Event()
        self.parts: list[bytes] = []
        """What was sent, as it was sent."""
        self._body = b""
        self._told: asyncio.Queue[Told] = asyncio.Queue()
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("meguri.test", 80),
        }
        self.task = asyncio.create_task(app(self._scope, self._receive, self._send))

    @property
    def problem(self) -> dict[str, Any]:
        """The answer of a feed that was refused."""
        found: dict[str, Any] = json.loads(self._body)
        return found

    async def begun(self) -> None:
        """Wait for the status."""
        async with asyncio.timeout(10):
            await self._begun.wait()

    async def next(self, within_s: float = 5) -> Told:
        """The next thing that is told, or TimeoutError."""
        async with asyncio.timeout(within_s):
            return await self._told.get()

    async def take(self, count: int) -> list[Told]:
        """The next `count` things."""
        return [await self.next() for _ in range(count)]

    def is_quiet(self) -> bool:
        """Whether everything that was told was taken."""
        return self._told.empty()

    async def ended(self, within_s: float = 10) -> None:
        """Wait until the server has ended the feed."""
        async with asyncio.timeout(within_s):
            await asyncio.shield(self.task)

    async def leave(self) -> None:
        """Go away, as a browser whose tab is closed."""
        self._gone.set()
        async with asyncio.timeout(10):
            await self.task

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.parts.append(message.get("body", b""))
        self._body += self.parts[-1]
        if self.status == 200:
            *blocks, self._body = self._body.split(b"\n\n")
            for block in blocks:
                self._told.put_nowait(_read(block.decode()))
        self._begun.set()


@asynccontextmanager
async def screen(
    app: FastAPI, path: str, headers: dict[str, str], last_event_id: int | None = None
) -> AsyncIterator[Screen]:
    """An open feed (or a refused one) until the block ends."""
    resumed = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    opened = Screen(app, path, headers | resumed)
    try:
        await opened.begun()
        yield opened
    finally:
        with suppress(TimeoutError):
            await opened.leave()


def _read(block: str) -> Told:
    lines = [line.partition(":") for line in block.split("\n")]
    fields = {name: value.removeprefix(" ") for name, _, value in lines}
    data = json.loads(fields["data"]) if "data" in fields else None
    return Told(fields.get("event", ""), fields.get("id", ""), data, fields.get("", ""))
