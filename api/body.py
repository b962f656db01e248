"""What may come in as a body: JSON, and no more than 64 KiB of it.

The body is read whole before any route runs, so a route never sees a part of one, and a limit
counts what arrives and not what a header promises.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import Problem, problem

BODY_TOO_LARGE: Final = problem("body-too-large", 413, "The body is too large.")
NOT_JSON: Final = problem("unsupported-media-type", 415, "The body must be application/json.")

MAX_BODY_BYTES: Final = 64 * 1024

_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_JSON: Final = frozenset(
    {b"application/json", b"application/json;charset=utf-8", b'application/json;charset="utf-8"'}
)


class BodyLimit:
    """ASGI middleware: reads the body, or raises 413 body-too-large, 415 unsupported-media-type."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        body = await self._read(scope, receive)
        if body is None:
            return
        if body and _header(scope, b"content-type").lower().replace(b" ", b"") not in _JSON:
            raise Problem(NOT_JSON)
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_whole() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, receive_whole, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """All of the body; None when the client went away before its end."""
        promised = _header(scope, b"content-length")
        if promised.isdigit() and int(promised[:20]) > self.max_bytes:
            raise Problem(BODY_TOO_LARGE, max_bytes=self.max_bytes)
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.max_bytes:
                raise Problem(BODY_TOO_LARGE, max_bytes=self.max_bytes)
            more = message.get("more_body", False)
        return b"".join(parts)


def _has_body(scope: Scope) -> bool:
    return scope["method"] not in _BODILESS or any(
        name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"]
    )


def _header(scope: Scope, wanted: bytes) -> bytes:
    found: bytes = next((value for name, value in scope["headers"] if name == wanted), b"")
    return found
