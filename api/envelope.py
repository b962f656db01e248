"""What every answer carries beside its content: a request id, no-store, headers added on the way.

The id is ours, never the client's: it goes into logs. It is not derived from anything.
"""

from typing import Final
from uuid import UUID, uuid4

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
        request_id = uuid4()
        added: list[tuple[bytes, bytes]] = [(b"request-id", str(request_id).encode()), *_ALWAYS]
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


def request_id_of(connection: HTTPConnection) -> UUID:
    """The id of this request, as the answer and the log tell it."""
    request_id = connection.scope[REQUEST_ID]
    assert isinstance(request_id, UUID)
    return request_id


def add_header(connection: HTTPConnection, name: str, value: str) -> None:
    """Let the answer to this request carry a header, whether it becomes a result or a problem."""
    connection.scope[ADDED].append((name.lower().encode("ascii"), value.encode("ascii")))
