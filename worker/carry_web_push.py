"""Carry Web Push: encrypted for one browser, signed for by VAPID, and without any content.

What is pushed names an item of the inbox; the page asks for it with the person's own token.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Literal

import httpx
import orjson

from access.outside import client_of_outside, read_rest, retry_after_s, why_unreached
from access.public_addresses import AddressRefusedError, PublicAddresses
from core.errors import Problem
from merchants.webhook_url import PATTERN, Target, target_of
from notifications.deliveries import Delivery
from notifications.encrypt_push import BadKeyError, encrypt_push
from notifications.vapid import Vapid
from worker.notice_carriers import Handed

DEADLINE_S: Final = 10.0
LONGEST_PAUSE_S: Final = 3_600
LONGEST_TTL_S: Final = 28 * 86_400
"""So long do push services keep a message for a browser that is away."""
MOST_SIDES: Final = 64
"""Push services that this process keeps connections to; browsers have a handful of them."""
LOOKED_UP_S: Final = 60.0
REFUSED_S: Final = 5.0
"""So long is a name not asked for again that had no good address."""
CONNECTIONS: Final = 32
"""To one of them. More of what is taken wait for one."""
KEPT: Final = 2
"""Of them, so many stay open when nothing goes there: anybody may bring a push service."""

_PATTERN: Final = re.compile(PATTERN)
_GONE: Final = frozenset({404, 410})
_WRONG: Final = frozenset({400, 413})


@dataclass(slots=True)
class _Side:
    """A push service: connections of its own, so that none serves two names."""

    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))
    idle: list[httpx.AsyncClient] = field(default_factory=list)
    """Each has one connection: httpx looks at all that a client has before every request."""
    host: str = ""
    """Its address as it stands in a URL."""
    why: Literal["unresolved", "private", ""] = ""
    """Why there is none."""
    until: float = 0.0
    using: int = 0
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def close(self, kept: int = 0) -> None:
        """Close the connections that nobody uses, but for the `kept` that were used last."""
        while len(self.idle) > kept:
            await self.idle.pop(0).aclose()


class WebPushCarrier:
    """The push services of all browsers. Close it in the end."""

    def __init__(
        self,
        vapid: Vapid,
        addresses: PublicAddresses,
        verify: ssl.SSLContext | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._vapid = vapid
        self._addresses = addresses
        self._verify = verify or ssl.create_default_context()
        self._deadline_s = deadline_s
        self._sides: dict[str, _Side] = {}

    async def close(self) -> None:
        """Close every connection."""
        sides, self._sides = list(self._sides.values()), {}
        for side in sides:
            await side.close()

    def side_of(self, delivery: Delivery) -> str:
        """The push service, as `carry` finds it; what is no address is refused there."""
        return delivery.address.split("/", 3)[2] if "://" in delivery.address else ""

    async def carry(self, delivery: Delivery) -> Handed:
        """One push. Of the answer the status and Retry-After count."""
        assert delivery.p256dh is not None
        assert delivery.auth is not None
        if _PATTERN.fullmatch(delivery.address) is None:
            return Handed("gone", "no-address")
        try:
            target = target_of(delivery.address, allows_loopback=self._addresses.allows_loopback)
            text = orjson.dumps({"item_id": str(delivery.item_id)})
            body = encrypt_push(text, delivery.p256dh, delivery.auth)
        except (BadKeyError, Problem):
            return Handed("gone", "no-address")
        side = await self._side(target)
        side.using += 1
        said: Handed | None = None
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._look_up(side, target)
                async with (
                    self._client_of(side) as client,
                    self._pushed(client, side, target, delivery, body) as answer,
                ):
                    said = handed(answer)
                    await read_rest(answer)
        except AddressRefusedError as error:
            return Handed("again", f"address-{error.why}")
        except (TimeoutError, httpx.TransportError) as error:
            return said or Handed("again", why_unreached(error))  # what was said stands
        finally:
            side.using -= 1
            if not side.using:
                await side.close(KEPT)
        return said

    def _pushed(
        self,
        client: httpx.AsyncClient,
        side: _Side,
        target: Target,
        delivery: Delivery,
        body: bytes,
    ) -> AbstractAsyncContextManager[httpx.Response]:
        headers = {
            "Host": target.authority,
            "Authorization": self._vapid.authorization(target.origin),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, min(delivery.lasts_s, LONGEST_TTL_S))),
            "Urgency": "high" if delivery.kind == "emergency" else "normal",
        }
        return client.stream(
            "POST",
            f"{target.scheme}://{side.host}:{target.port}{target.rest}",
            content=body,
            headers=headers,
            extensions={"sni_hostname": target.name},
        )

    async def _side(self, target: Target) -> _Side:
        key = target.origin
        side = self._sides.pop(key, None)
        if side is not None:
            self._sides[key] = side  # the last to be let go
        else:
            side = self._sides[key] = _Side()
            idle = [each for each, of in self._sides.items() if not of.using and each != key]
            if len(self._sides) > MOST_SIDES and idle:
                side.using += 1
                await self._sides.pop(idle[0]).close()
                side.using -= 1
        return side

    async def _look_up(self, side: _Side, target: Target) -> None:
        """Each minute again: it must be an address of the public internet.

        While its name is not answered for, the last address holds: names that hang, which anybody
        may bring, take up all who resolve.
        """
        if side.until < monotonic():
            async with side.looking:
                if side.until < monotonic():
                    await self._look_at(side, target)
        if side.why:
            raise AddressRefusedError(side.why)

    async def _look_at(self, side: _Side, target: Target) -> None:
        try:
            found = await self._addresses.find(target.name, target.port)
        except AddressRefusedError as error:
            if error.why == "private" or not side.host:
                side.host, side.why = "", error.why
                side.until = monotonic() + REFUSED_S
                return
        else:
            side.host, side.why = f"[{found}]" if ":" in found else found, ""
        side.until = monotonic() + LOOKED_UP_S

    @asynccontextmanager
    async def _client_of(self, side: _Side) -> AsyncIterator[httpx.AsyncClient]:
        async with side.room:
            client = side.idle.pop() if side.idle else self._client()
            try:
                yield client
            finally:
                side.idle.append(client)

    def _client(self) -> httpx.AsyncClient:
        headers = {"user-agent": "Meguri-Push/1"}
        return client_of_outside(self._deadline_s, 1, headers, verify=self._verify)


def handed(answer: httpx.Response) -> Handed:
    """What a push service's status says (RFC 8030, section 5; RFC 8292, section 4.2)."""
    status = answer.status_code
    if answer.is_success:
        return Handed("sent")
    why = f"status-{status}"
    if status in _GONE:
        return Handed("gone", why)
    if status == 403:
        return Handed("refused", why)
    if status in _WRONG:
        return Handed("failed", why)
    return Handed("again", why, retry_after_s(answer, LONGEST_PAUSE_S))
