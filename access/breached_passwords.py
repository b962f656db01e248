"""Passwords that leaked elsewhere, asked for at a range service (OWASP ASVS 5.0, 6.2.12).

Only the first five hexadecimal digits of a password's SHA-1 leave this machine; the service answers
all endings that it knows with them, and which one it was stays here (k-anonymity). A service that
does not answer in time is passed over: the lists of `access.passwords` stand without it.
"""

import asyncio
import logging
from hashlib import sha1
from typing import Final

import httpx

from access.outside import UnreadableAnswerError, client_of_outside, read_within
from access.passwords import normal
from core.metrics import breached_password_checks

WITHIN_S: Final = 2.0
"""How long the service has for its whole answer: somebody waits for it."""
MOST_BYTES: Final = 512 * 1024
_SENT: Final = 5

log = logging.getLogger(__name__)


class BreachedPasswords:
    """The range service of a deployment; without its address, no password is known to it."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        asked = {"add-padding": "true", "user-agent": "meguri"}
        self._client = None if url is None else client_of_outside(WITHIN_S, 10, asked)

    async def has(self, password: str) -> bool:
        """Whether the service says that it leaked; False where it says nothing."""
        if self._client is None:
            return False
        digest = sha1(normal(password).encode(), usedforsecurity=False).hexdigest().upper()
        try:
            async with asyncio.timeout(WITHIN_S):
                listed = await self._range(self._client, digest[:_SENT])
        except (TimeoutError, httpx.HTTPError, UnreadableAnswerError, ValueError) as error:
            breached_password_checks.labels("unknown").inc()
            # Neither the digits that were sent nor what came back: they tell of the password.
            log.warning("the range service of breached passwords: %s", type(error).__name__)
            return False
        is_known = _is_listed(listed, digest[_SENT:])
        breached_password_checks.labels("breached" if is_known else "clean").inc()
        return is_known

    async def close(self) -> None:
        """End all connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _range(self, client: httpx.AsyncClient, beginning: str) -> str:
        """What the service lists; what is longer than it may be is not read to its end."""
        async with client.stream("GET", f"{self._url}/{beginning}") as answer:
            answer.raise_for_status()
            raw = await read_within(answer, MOST_BYTES)
        return raw.decode("ascii")


def _is_listed(listed: str, ending: str) -> bool:
    """Whether a line says `ENDING:count`; a count of 0 is padding, against who looks at sizes."""
    for line in listed.splitlines():
        found, _, count = line.partition(":")
        if found.strip().upper() == ending:
            return count.strip() not in {"", "0"}
    return False
