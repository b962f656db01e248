"""Services outside, asked so that none of them can hold anybody up or fill the memory."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar
from typing import Any, Final

import httpx

_REST_BYTES: Final = 16_384
_REST_S: Final = 1.0
"""Whoever never ends a body else keeps a connection for as long as an attempt may take."""


class UnreadableAnswerError(Exception):
    """An answer that is not read: it is compressed, or longer than it may be."""


class NoCookies(CookieJar):
    """Keeps nothing: whom we call could else fill our memory, or know two of our calls as one's."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Not even read."""


def client_of_outside(
    within_s: float,
    connections: int,
    headers: Mapping[str, str],
    *,
    verify: ssl.SSLContext | None = None,
    most_kept: int | None = None,
) -> httpx.AsyncClient:
    """A client that waits `within_s` seconds for each step, and goes only where it is sent.

    Of its connections at most `most_kept` stay open for the next request: all where that is None.
    Without `verify` httpx chooses whom it trusts. Whoever asks has to give the whole answer a time
    too.
    """
    return httpx.AsyncClient(
        verify=True if verify is None else verify,
        timeout=within_s,
        follow_redirects=False,
        trust_env=False,
        cookies=NoCookies(),
        headers={"accept-encoding": "identity", **headers},
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=most_kept),
    )


def why_unreached(error: TimeoutError | httpx.TransportError) -> str:
    """A code for logs and tables: what became of a request that got no answer."""
    is_late = isinstance(error, TimeoutError | httpx.TimeoutException)
    return "timeout" if is_late else type(error).__name__


async def read_within(answer: httpx.Response, most_bytes: int) -> bytes:
    """The body of a streamed answer. Raises UnreadableAnswerError before it reads any more."""
    if "content-encoding" in answer.headers:  # a small answer may become a large one
        raise UnreadableAnswerError("it compresses what it was asked not to")
    raw = b""
    async for part in answer.aiter_raw():
        raw += part
        if len(raw) > most_bytes:
            raise UnreadableAnswerError("a huge answer")
    return raw


async def read_rest(answer: httpx.Response) -> None:
    """Read the body that nobody asks for, if it is short and comes within a second: only then can
    the connection serve the next request, which else begins with one of its own. Raises nothing.
    """
    with suppress(TimeoutError, httpx.TransportError, UnreadableAnswerError):
        async with asyncio.timeout(_REST_S):
            await read_within(answer, _REST_BYTES)


def retry_after_s(answer: httpx.Response, most_s: int) -> int | None:
    """In how many seconds the other side wants to be asked again (RFC 9110, 10.2.3).

    It says seconds or a date; None for anything else.
    """
    text = answer.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(int(text), most_s)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # of a year or a second beyond all numbers
        return None
    if at.tzinfo is None:
        return None
    pause_s = (at - datetime.now(UTC)).total_seconds()
    return max(0, min(int(pause_s) + 1, most_s))
