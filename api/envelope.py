"""What every answer carries beside its content: a request id, no-store, headers added on the way.

The id is ours, never the client's: it goes into logs. It is not derived from anything.
"""

from random import getrandbits
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import failpoints

REQUEST_ID: Final = "meguri.request_id"
ADDED: Final = "meguri.headers"

_ALWAYS: Final = ((b"x-content-type-options", b"nosniff"),)
_NO_STORE: Final = (b"cache-control", b"no-store")


class Envelope:
    """ASGI middleware; the outermost, so that refusals and bugs carry the headers too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_request_id()
        added: list[tuple[bytes, bytes]] = [(b"request-id", request_id), *_ALWAYS]
        scope[REQUEST_ID] = request_id
        scope[ADDED] = added

        failpoints.reach("http.before_work")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                failpoints.reach("http.before_answer")
                headers = message["headers"] = [*message["headers"], *added]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append(_NO_STORE)
            await send(message)

        await self.app(scope, receive, send_with_headers)
        failpoints.reach("http.after_answer")


def new_request_id() -> bytes:
    """A random id (RFC 9562, version 4), in the fourth part of the time that `uuid4` takes."""
    digits = b"%032x" % getrandbits(128)
    return b"%b-%b-4%b-a%b-%b" % (
        digits[:8], digits[8:12], digits[13:16], digits[17:20], digits[20:],
    )  # fmt: skip


def request_id_of(connection: HTTPConnection) -> str:
    """The id of this request, as the answer and the log tell it."""
    request_id: bytes = connection.scope[REQUEST_ID]
    return request_id.decode("ascii")


def add_header(connection: HTTPConnection, name: str, value: str) -> None:
    """Let the answer to this request carry a header, whether it becomes a result or a problem."""
    connection.scope[ADDED].append((name.lower().encode("ascii"), value.encode("ascii")))
