"""HEAD wherever there is GET (RFC 9110): the same answer, headers and all, without its content."""

from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Message, Receive, Scope, Send

_ENDLESS: Final = frozenset({"followStore"})
"""Operations whose answer is a stream that does not end: nobody learns anything from its HEAD."""


def heads_of(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """A route for HEAD beside each that answers GET; behind all others they slow none."""
    return [
        HeadRoute(route)
        for route in routes
        if isinstance(route, APIRoute)
        and "GET" in (route.methods or ())
        and route.operation_id not in _ENDLESS
    ]


class HeadRoute(Route):
    """Runs the route of GET: the same identity, quotas, refusals and headers."""

    def __init__(self, beside: APIRoute) -> None:
        super().__init__(beside.path, beside.endpoint, methods=["HEAD"], include_in_schema=False)
        self.beside = beside

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As a route does; what looks for the request's route finds that of GET."""
        match, child = super().matches(scope)
        return match, {**child, "route": self.beside} if child else child

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and keep the content back, whatever the server does with it."""

        async def send_no_content(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if scope["method"] == "HEAD":
            await self.beside.app(scope, receive, send_no_content)
        else:
            await super().handle(scope, receive, send)
