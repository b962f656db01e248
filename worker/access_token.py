"""The access token of a service account: asked for once for all who want it, kept until it ends."""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import httpx
import orjson

from access.outside import UnreadableAnswerError, read_within, retry_after_s, why_unreached
from notifications.service_account import LASTS_S, ServiceAccount

log = logging.getLogger(__name__)

WITHIN_S: Final = 4.0
"""Less than an attempt has: who waits for a token hears why there is none."""
RENEWED_S: Final = 300
"""Before its end; one that lasts for less than twice that, after half of its time."""
RESTS_S: Final = 30
"""After an exchange that came to nothing: all others who want a token are told the same."""
LONGEST_REST_S: Final = 3_600
_LARGEST_BYTES: Final = 65_536
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class NoTokenError(Exception):
    """There is none at the moment; in how many seconds to ask again."""

    def __init__(self, after_s: int) -> None:
        super().__init__(after_s)
        self.after_s = after_s


@dataclass(slots=True)
class AccessToken:
    """The newest one of an account, in one process."""

    account: ServiceAccount
    client: httpx.AsyncClient
    _text: str = field(default="", repr=False)
    _until: float = 0.0
    _not_before: float = 0.0
    """Monotonic seconds, like the other one: until then nobody asks for one."""
    _clock: Callable[[], float] = monotonic
    _within_s: float = WITHIN_S
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, refused: str = "") -> str:
        """One that is not the one that was `refused`. Raises NoTokenError."""
        async with self._one_at_a_time:
            if self._text == refused or self._clock() >= self._until:
                await self._renew()
            return self._text

    async def _renew(self) -> None:
        if (left_s := self._not_before - self._clock()) > 0:
            raise NoTokenError(int(left_s) + 1)
        try:
            async with asyncio.timeout(self._within_s):
                why, after_s = await self._exchange()
        except (TimeoutError, httpx.TransportError) as error:
            why, after_s = why_unreached(error), None
        except UnreadableAnswerError:
            why, after_s = "garbage", None
        if why:
            rest_s = RESTS_S if after_s is None else max(1, after_s)
            self._not_before = self._clock() + rest_s
            log.error("no access token for FCM, again in %d s: %s", rest_s, why)
            raise NoTokenError(rest_s)

    async def _exchange(self) -> tuple[str, int | None]:
        """Why it came to nothing, as a code, and what pause was asked for; else it is kept."""
        asked_at = self._clock()
        said = {"grant_type": _GRANT, "assertion": self.account.assertion(int(time.time()))}
        async with self.client.stream("POST", self.account.token_uri, data=said) as answer:
            if answer.status_code != 200:
                return f"status-{answer.status_code}", retry_after_s(answer, LONGEST_REST_S)
            told = _read(await read_within(answer, _LARGEST_BYTES))
        if told is None:
            return "garbage", None
        text, lasts_s = told
        self._text, self._until = text, asked_at + max(lasts_s - RENEWED_S, lasts_s / 2)
        return "", None


def _read(raw: bytes) -> tuple[str, int] | None:
    """The token and for how many seconds it holds; None for what is neither."""
    try:
        said = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(said, dict) or str(said.get("token_type")).lower() != "bearer":
        return None
    text, lasts_s = said.get("access_token"), said.get("expires_in")
    if not isinstance(text, str) or re.fullmatch(r"[!-~]{1,4096}", text) is None:
        return None
    if type(lasts_s) is not int or lasts_s < 1:
        return None
    return text, min(lasts_s, LASTS_S)
