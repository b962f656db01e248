"""Carry one webhook to its endpoint: to an address that was just looked at, and nowhere else.

Of the answer the status and Retry-After count; no byte of its body is read, or kept.
"""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from time import monotonic, time
from typing import Final

import httpx

from access.outside import client_of_outside, retry_after_s
from access.public_addresses import AddressRefusedError, PublicAddresses
from core.errors import Problem
from merchants.mark_webhook import LONGEST_REST, Answered
from merchants.webhook_outbox import Taken
from merchants.webhook_secret import signed
from merchants.webhook_url import Target, target_of

DEADLINE_S: Final = 10.0
"""How long one attempt may take in all, from the look at its name to the head of the answer."""
MOST_CONNECTIONS: Final = 256


class WebhookCarrier:
    """The way out for webhooks of one process. Close its client in the end."""

    def __init__(
        self, client: httpx.AsyncClient, addresses: PublicAddresses, deadline_s: float = DEADLINE_S
    ) -> None:
        self._client = client
        self._addresses = addresses
        self._deadline_s = deadline_s

    async def carry(self, url: str, keys: Sequence[bytes], taken: Taken) -> Answered:
        """One attempt; never raises for what the other side does."""
        began_at, since = datetime.now(UTC), monotonic()
        outcome, status, rests_s = await self._attempt(url, keys, taken)
        return Answered(outcome, status, rests_s, began_at, int((monotonic() - since) * 1000))

    async def _attempt(
        self, url: str, keys: Sequence[bytes], taken: Taken
    ) -> tuple[str, int | None, int | None]:
        if not keys:
            return "no-secret", None, None
        try:
            async with asyncio.timeout(self._deadline_s):
                target = target_of(url, allows_loopback=self._addresses.allows_loopback)
                address = await self._addresses.find(target.name, target.port)
                return await self._post(target, address, keys, taken)
        except (TimeoutError, AddressRefusedError, Problem, httpx.TransportError) as error:
            return _why(error), None, None

    async def _post(
        self, target: Target, address: str, keys: Sequence[bytes], taken: Taken
    ) -> tuple[str, int | None, int | None]:
        """To the address; the name is what the certificate must be for, and who is asked."""
        host = f"[{address}]" if ip_address(address).version == 6 else address
        body = taken.body.encode()
        headers = {
            "Host": target.authority,
            "Content-Type": "application/json",
            **signed(keys, str(taken.delivery_id), int(time()), body),
        }
        async with self._client.stream(
            "POST",
            f"{target.scheme}://{host}:{target.port}{target.rest}",
            content=body,
            headers=headers,
            extensions={"sni_hostname": target.name},
        ) as answer:
            if answer.is_success:
                return "ok", answer.status_code, None
            rests_s = retry_after_s(answer, int(LONGEST_REST.total_seconds()))
            return "status", answer.status_code, rests_s


def webhook_client(verify: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """A client that follows nobody elsewhere, takes no proxy, and uses no connection twice.

    A connection is to an address, and two names may stand for one: what was opened under the name
    of the one must never carry what is for the other.
    """
    trusted, headers = verify or ssl.create_default_context(), {"user-agent": "Meguri-Webhooks/1"}
    return client_of_outside(DEADLINE_S, MOST_CONNECTIONS, headers, verify=trusted, most_kept=0)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "timeout"
    if isinstance(error, AddressRefusedError | Problem):
        return f"address-{error.why if isinstance(error, AddressRefusedError) else 'private'}"
    if isinstance(error, httpx.ConnectError):
        return "tls" if _is_about_tls(error) else "unreachable"
    return "broken-off"


def _is_about_tls(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
