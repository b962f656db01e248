"""The town's HTTP client: sends calls, signs webhooks, asks again when a reply was lost."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from town import wire
from town.line import Line
from town.wire import Answer, Call

ATTEMPTS: Final = 6
CONNECTIONS: Final = 48
TIMEOUT_SECONDS: Final = 15
PAUSE_SECONDS: Final = 0.2
"""The first wait before asking again; each further one is twice as long."""


class UnreachableError(Exception):
    """The server gave no usable answer to one call, however often it was asked."""


@dataclass(slots=True)
class Client:
    """Sends calls to one server. `lost` counts replies that had to be asked for again."""

    http: httpx.AsyncClient
    webhook_secret: bytes
    lost: int = 0
    _forged: bytes = field(default=b"a secret that nobody was given", repr=False)

    async def send(self, call: Call) -> Answer:
        """Send the call until it is answered: lost replies, 429 and 503 are asked for again.

        Every call carries its own id, so asking again cannot act twice. Raises UnreachableError
        when there is no answer after ATTEMPTS.
        """
        headers = {"content-type": "application/json"} if call.content else {}
        if call.token is not None:
            headers["authorization"] = f"Bearer {call.token}"
        return await self._ask(call, lambda: headers)

    async def deliver(self, call: Call, webhook_id: str, *, forged: bool = False) -> Answer:
        """Deliver a webhook as a provider does: signed anew, with the time of each attempt.

        That time is real time, also in a town whose clock runs faster: like tokens, signatures
        guard the line and not the books.
        """
        secret = self._forged if forged else self.webhook_secret

        def headers() -> dict[str, str]:
            return sign(secret, webhook_id, datetime.now(UTC), call.content)

        return await self._ask(call, headers)

    async def _ask(self, call: Call, headers: Callable[[], dict[str, str]]) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            if attempt > 1:
                self.lost += 1
            try:
                reply = await self.http.request(
                    call.method, call.path, content=call.content, headers=headers()
                )
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
                continue
            if reply.status_code not in (429, 503):
                return _read(reply, attempt)
            await asyncio.sleep(_retry_after(reply, attempt))
        raise UnreachableError(f"{call.method} {call.path}: no answer after {ATTEMPTS} attempts")


@asynccontextmanager
async def open_client(
    address: str, webhook_secret: bytes, from_host: str | None = None
) -> AsyncIterator[Client]:
    """A client for the server at `address` (http://host:port), coming from a named host if any."""
    line = Line(address, CONNECTIONS, TIMEOUT_SECONDS, from_host)
    async with httpx.AsyncClient(base_url=address, transport=line, trust_env=False) as http:
        yield Client(http, webhook_secret)


@asynccontextmanager
async def open_households(address: str, count: int) -> AsyncIterator[list[Client]]:
    """Clients in as many places of the town: whoever signs in is counted by where it comes from.

    Each has a host of the loopback network of its own.
    """
    async with AsyncExitStack() as open_clients:
        yield [
            await open_clients.enter_async_context(open_client(address, b"", f"127.0.{number}.1"))
            for number in range(1, count + 1)
        ]


def sign(secret: bytes, webhook_id: str, at: datetime, content: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over id, Unix seconds and the exact bytes."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((webhook_id.encode(), timestamp.encode(), content))
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def _read(reply: httpx.Response, attempts: int) -> Answer:
    body = _body(reply)
    return Answer(
        status=reply.status_code,
        slug=wire.slug_of(reply.status_code, body),
        body=body,
        replayed=reply.headers.get("idempotent-replay") == "true",
        attempts=attempts,
    )


def _body(reply: httpx.Response) -> Mapping[str, Any]:
    """The JSON object of the answer; empty when there is none. Lists are put under `items`."""
    if "json" not in reply.headers.get("content-type", ""):
        return {}
    parsed = json.loads(reply.content)
    return parsed if isinstance(parsed, dict) else {"items": parsed}


def _retry_after(reply: httpx.Response, attempt: int) -> float:
    """The seconds the server asks for, at most five; without a word from it, our own pause."""
    asked = reply.headers.get("retry-after", "")
    return min(int(asked), 5) if asked.isdecimal() else PAUSE_SECONDS * 2 ** (attempt - 1)
