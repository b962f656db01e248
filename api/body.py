"""What may come in as a body: JSON, no more than 64 KiB of it, whole within some seconds.

Where documents are brought (`api/uploads.py`) it may be more.

A route reads it before anything else of the request but its token, so it never sees a part of a
body. The limits count what arrives, and when, not what a header promises.
"""

import asyncio
import json
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect, Request

from api.envelope import add_header
from core.errors import Problem, problem

BODY_TOO_LARGE: Final = problem("body-too-large", 413, "The body is too large.")
BODY_TOO_SLOW: Final = problem("body-too-slow", 408, "The body did not arrive in time.")
NOT_JSON: Final = problem("unsupported-media-type", 415, "The body must be application/json.")
NOT_XML: Final = problem("xml-expected", 415, "The body must be application/cap+xml, in UTF-8.")

MAX_BODY_BYTES: Final = 64 * 1024

_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_UTF8: Final = ("", ";charset=utf-8", ';charset="utf-8"')
_JSON: Final = frozenset(f"application/json{charset}" for charset in _UTF8)
_XML: Final = frozenset(
    f"{kind}{charset}"
    for kind in ("application/cap+xml", "application/xml", "text/xml")
    for charset in _UTF8
)


class RawRequest(Request):
    """A request whose body has arrived, whatever it is."""

    def __init__(self, request: Request, body: bytes) -> None:
        super().__init__(request.scope, request.receive)
        self._body = body


class WholeRequest(RawRequest):
    """A request whose body has arrived, and is JSON in which no name stands twice."""

    def __init__(self, request: Request, body: bytes) -> None:
        """`json()` will give what `body` says; 422 malformed-request if that is not one thing."""
        super().__init__(request, body)
        if body:
            self._json = _parsed(body)


async def read_whole(
    request: Request, within_s: float, most_bytes: int = MAX_BODY_BYTES
) -> Request:
    """`request` with its body, if it has one.

    Raises 413 body-too-large, 415 unsupported-media-type, 422 malformed-request; 408 body-too-slow
    when the last byte is not there after `within_s` seconds, however the others came. Then the
    connection is closed, for what comes later would be taken for the next request.
    """
    if not _has_body(request):
        return request
    body = await _read_in_time(request, within_s, most_bytes)
    if body and not _is_plain(request, _JSON):
        raise Problem(NOT_JSON)
    return WholeRequest(request, body)


async def read_xml_body(request: Request, within_s: float, most_bytes: int) -> Request:
    """`request` with its body, which is XML and read by nobody yet, in the limits of `read_whole`.

    Raises 413 body-too-large, 415 xml-expected, 408 body-too-slow.
    """
    body = await _read_in_time(request, within_s, most_bytes)
    if not _is_plain(request, _XML):
        raise Problem(NOT_XML)
    return RawRequest(request, body)


async def _read_in_time(request: Request, within_s: float, most_bytes: int) -> bytes:
    try:
        async with asyncio.timeout(within_s):
            return await _read(request, most_bytes)
    except (TimeoutError, ClientDisconnect) as error:  # who went away hears nothing of it
        add_header(request, "connection", "close")
        raise Problem(BODY_TOO_SLOW) from error


async def _read(request: Request, most_bytes: int) -> bytes:
    promised = request.headers.get("content-length", "")
    if promised.isdigit() and int(promised[:20]) > most_bytes:
        raise Problem(BODY_TOO_LARGE, max_bytes=most_bytes)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            raise Problem(BODY_TOO_LARGE, max_bytes=most_bytes)
    return b"".join(parts)


def _has_body(request: Request) -> bool:
    headers = request.headers
    return (
        request.method not in _BODILESS
        or "content-length" in headers
        or "transfer-encoding" in headers
    )


def _is_plain(request: Request, kinds: frozenset[str]) -> bool:
    """Whether it is said to be of one of these kinds, and not to be compressed."""
    said = request.headers.get("content-type", "").lower().replace(" ", "")
    return said in kinds and request.headers.get("content-encoding", "identity") == "identity"


def _parsed(body: bytes) -> Any:
    try:
        # Decoded here: the parser would take UTF-16 and halves of surrogate pairs too.
        return _DECODER.decode(body.decode())
    except json.JSONDecodeError as error:
        raise _malformed("json_invalid", error.pos) from error
    except (ValueError, RecursionError) as error:  # not UTF-8, a number too long; too deep
        raise _malformed("json_invalid") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, unless a name stands in it twice: then two readers could read two things."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _malformed("name_repeated")
    return made


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once)


def _malformed(reason: str, *place: int) -> RequestValidationError:
    return RequestValidationError([{"type": reason, "loc": ("body", *place)}])
