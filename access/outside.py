"""Services outside, asked so that none of them can hold anybody up or fill the memory."""

from collections.abc import Mapping

import httpx


class UnreadableAnswerError(Exception):
    """An answer that is not read: it is compressed, or longer than it may be."""


def client_of_outside(
    within_s: float, connections: int, headers: Mapping[str, str]
) -> httpx.AsyncClient:
    """A client that waits `within_s` seconds for each step, and goes only where it is sent.

    Whoever asks has to give the whole answer a time too.
    """
    return httpx.AsyncClient(
        timeout=within_s,
        follow_redirects=False,
        trust_env=False,
        headers={"accept-encoding": "identity", **headers},
        limits=httpx.Limits(max_connections=connections),
    )


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
