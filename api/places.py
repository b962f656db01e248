"""Places: how many requests a process works on at once, and the answer to those beyond them.

A queue before a process that is too slow only makes every answer late. So the surplus is told
`busy` before it is read, which costs a small part of what a payment does (docs/decisions/0012).
"""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import Final
from uuid import uuid4

from starlette.types import ASGIApp, Receive, Scope, Send

from api.envelope import new_request_id
from api.metrics import problems, turned_away
from api.turns import Turns
from core.json_text import json_bytes
from ledger.engine import BUSY

LONGEST_HELD_S: Final = 5.0
"""Who waits longer waits for something else than this process: somebody else may have the place."""
FREE_TO_ALL: Final = frozenset({b"/healthz", b"/readyz", b"/metrics"})
"""Who asks for these looks after the process, and needs no place."""
AGAIN_S: Final = 1

_PLACE: Final = "meguri.place"
_ID: Final = str(uuid4())
"""Stands for a request's id in the answer that is made beforehand."""


class Places:
    """The places of one process: at most so many are taken at once."""

    def __init__(self, most: int) -> None:
        self.longest_held_s = LONGEST_HELD_S
        self.turns = Turns()
        self._most = most
        self._taken: dict[int, float] = {}
        self._newest = 0
        self._uncounted = 0

    def __len__(self) -> int:
        """How many are taken."""
        return len(self._taken)

    def are_taken(self) -> bool:
        """Whether there is none left. One that is held for too long counts no more."""
        if len(self._taken) < self._most:
            return False
        since = monotonic() - self.longest_held_s
        while self._taken and self._taken[oldest := next(iter(self._taken))] < since:
            del self._taken[oldest]
        return len(self._taken) >= self._most

    def are_needed_for(self, path: bytes) -> bool:
        """Whether a request for that path has to have one."""
        return path not in FREE_TO_ALL

    def take(self, scope: Scope) -> None:
        """Take one for the request of that scope, also where there is none left."""
        self._newest += 1
        self._taken[self._newest] = monotonic()
        scope[_PLACE] = _Place(self._taken, self._newest, self.turns)

    def turn_away(
        self, headers: Iterable[tuple[bytes, bytes]], *, keep_alive: bool, has_body: bool
    ) -> bytes:
        """The answer to a request that finds none, with the server's own headers; it is counted."""
        if not self._uncounted:
            asyncio.get_running_loop().call_soon(self._count)
        self._uncounted += 1
        request_id = new_request_id()
        parts = [_HEAD, request_id]
        for name, value in headers:
            parts += b"\r\n", name, b": ", value
        parts.append(b"\r\n\r\n" if keep_alive else b"\r\nconnection: close\r\n\r\n")
        if has_body:
            parts += _BODY[0], request_id, _BODY[1]
        return b"".join(parts)

    def _count(self) -> None:
        turned_away.inc(self._uncounted)
        _busy_problems.inc(self._uncounted)
        self._uncounted = 0


class Placed:
    """ASGI middleware, the outermost: who has a place begins in turn, and gives it back in the end.

    Not when its client hangs up: the work goes on then, and so nobody else can be let in for it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place: _Place | None = scope.get(_PLACE)
        try:
            if place is not None:
                await place.turns.begin()
            await self.app(scope, receive, send)
        finally:
            give_back(scope)


def give_back(scope: Scope) -> None:
    """Give back the place that the request of `scope` has, if any."""
    place: _Place | None = scope.pop(_PLACE, None)
    if place is not None:
        place.give_back()


class _Place:
    __slots__ = ("_number", "_taken", "turns")

    def __init__(self, taken: dict[int, float], number: int, turns: Turns) -> None:
        self._taken, self._number, self.turns = taken, number, turns

    def give_back(self) -> None:
        self._taken.pop(self._number, None)


def _made_beforehand() -> tuple[bytes, list[bytes]]:
    """The head up to the request's id, and the body before and after it."""
    told = {"type": BUSY.uri, "title": BUSY.title, "status": BUSY.status}
    body = json_bytes({**told, "instance": f"urn:uuid:{_ID}"})
    head = (
        f"HTTP/1.1 {BUSY.status} Service Unavailable\r\n"
        f"retry-after: {AGAIN_S}\r\n"
        f"content-length: {len(body)}\r\n"
        "content-type: application/problem+json\r\n"
        "x-content-type-options: nosniff\r\n"
        "cache-control: no-store\r\n"
        "request-id: "
    )
    return head.encode(), body.split(_ID.encode())


_HEAD, _BODY = _made_beforehand()
_busy_problems: Final = problems.labels(BUSY.slug)
