"""A caller: one client with a connection to each API process; records all that it asks."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from time import monotonic
from typing import Any, Final

import httpx
import orjson

from torture.meter import Meter
from torture.operations import Operation
from torture.processes import Program
from torture.record import Ending, Line, Record
from town import wire
from town.client import sign
from town.line import Line as Wire
from town.wire import Call

PATIENCE_S: Final = 40.0
"""How long an answer may take: longer than the longest limit inside of the program."""
ATTEMPTS: Final = 8
PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 2.0
MAY_PASS: Final = (429, 500, 503)
"""Answers after which a client asks again under the same id."""

Mishap = Callable[[], float | None]
"""What the network does to one request: nothing, or to hang up after so many seconds; 0 lets the
answer come, and loses it."""


@dataclass(slots=True)
class Caller:
    """One client. It stays with its process until nobody is there, and then turns to the next."""

    programs: list[Program]
    home: int
    record: Record
    meter: Meter
    webhook_secret: bytes
    random: Random
    mishap: Mishap = field(default=lambda: None)
    attempts: int = ATTEMPTS
    _wires: dict[str, Wire] = field(default_factory=dict)

    async def carry_out(self, operation: Operation) -> Line:
        """Ask until there is an answer that a client would take; the last line of the record."""
        line = await self.ask(operation)
        for attempt in range(1, self.attempts):
            if line.ending == "answered" and line.status not in MAY_PASS:
                break
            await asyncio.sleep(min(PAUSE_S * 2**attempt, LONGEST_PAUSE_S))
            line = await self.ask(operation)
        return line

    async def ask(self, operation: Operation, process: int | None = None) -> Line:
        """Send the operation once, to the caller's process or to that number, and record it."""
        call = operation.call()
        headers = self._headers(operation, call)
        return await self._send(operation, operation.kind, call, headers, process)

    async def look(self, operation: Operation) -> Line:
        """Ask what became of the operation; a provider delivers it again."""
        if operation.look is None:
            return await self.ask(operation)
        call = operation.look()
        return await self._send(operation, "look", call, _bearer(call), None)

    async def close(self) -> None:
        """Hang up everywhere."""
        for line in self._wires.values():
            await line.aclose()

    def _headers(self, operation: Operation, call: Call) -> dict[str, str]:
        if operation.is_webhook:
            name = f"msg_{operation.op}"
            return sign(self.webhook_secret, name, datetime.now(UTC), call.content)
        return {"content-type": "application/json", **_bearer(call)}

    async def _send(
        self,
        operation: Operation,
        kind: str,
        call: Call,
        headers: dict[str, str],
        process: int | None,
    ) -> Line:
        program = self.programs[self.home if process is None else process]
        at, began = self.record.now(), monotonic()
        reply: httpx.Response | None = None
        ending: Ending = "lost"
        try:
            reply = await self._exchange(program, call, headers)
            ending = "lost" if reply is None else "answered"
        except httpx.ConnectError:
            ending = "unsent"
            self.home = (self.home + 1) % len(self.programs)
        except (httpx.TransportError, TimeoutError):
            pass
        body = _body(reply)
        status = reply.status_code if reply is not None else 0
        line = Line(
            at=round(at, 4),
            ms=round((monotonic() - began) * 1000, 2),
            op=str(operation.op),
            kind=kind,
            who=operation.who,
            process=program.name,
            wanted=operation.wanted,
            ending=ending,
            status=status,
            slug=wire.slug_of(status, body) if status else None,
            is_replay=reply is not None and reply.headers.get("idempotent-replay") == "true",
            answer=body,
        )
        self.record.append(line)
        self.meter.see(line)
        return line

    async def _exchange(
        self, program: Program, call: Call, headers: dict[str, str]
    ) -> httpx.Response | None:
        """The reply; None when the network lost it on the way back."""
        line = self._wires.get(program.address)
        if line is None:
            line = self._wires[program.address] = Wire(program.address, 1, PATIENCE_S)
        request = httpx.Request(
            call.method, program.address + call.path, content=call.content, headers=headers
        )
        hang_up = self.mishap()
        if hang_up is None:
            return await line.handle_async_request(request)
        if hang_up == 0:
            await line.handle_async_request(request)
            return None
        async with asyncio.timeout(hang_up):
            return await line.handle_async_request(request)


def _bearer(call: Call) -> dict[str, str]:
    return {} if call.token is None else {"authorization": f"Bearer {call.token}"}


def _body(reply: httpx.Response | None) -> Mapping[str, Any]:
    """The answer's JSON object, without the campaigns' explanations: they are long."""
    if reply is None or "json" not in reply.headers.get("content-type", ""):
        return {}
    parsed = orjson.loads(reply.content)
    if not isinstance(parsed, dict):
        return {"items": parsed}
    parsed.pop("grants", None)
    return parsed
