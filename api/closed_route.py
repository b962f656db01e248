"""A route that asks who is there first, then takes the whole body, and knows its queries.

So whoever has no token learns nothing of a route's shape, and nothing waits for the rest of what
he sends. A name in a query that a route does not know is malformed, as in a body.
"""

from collections import Counter
from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from api.body import read_whole
from api.identity import bearer_of
from api.state import state_of


class ClosedRoute(APIRoute):
    """Refuses names in the query that it does not know: a misspelt filter would filter nothing.

    And names that stand there twice: one of the two would be passed over.
    """

    knows_every_name: ClassVar[bool] = True
    """False where others make the address: then only what stands there twice is refused."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, behind all that comes before it."""
        handle = super().get_route_handler()
        known = list(dict.fromkeys(_query_names(self.dependant)))
        bearer = bearer_of(self.dependant)

        async def closed(request: Request) -> Response:
            if bearer is not None:
                await bearer(request)
            whole = await self.read(request)
            if request.scope["query_string"]:
                _refuse_unknown(request, known, self.knows_every_name)
            return await handle(whole)

        return closed

    async def read(self, request: Request) -> Request:
        """The request with its whole body; raises what `read_whole` raises."""
        return await read_whole(request, state_of(request).settings.body_seconds)

    @cached_property
    def body_schema(self) -> dict[str, Any]:
        """The JSON schema of what comes in as a body; empty where nothing does."""
        if self.body_field is None:
            return {}
        said = self.body_field.field_info
        body: Any = Annotated[said.annotation, said]
        return TypeAdapter(body).json_schema()


def v1_router(tag: str, route_class: type[ClosedRoute] = ClosedRoute) -> APIRouter:
    """A router of the API itself: below /v1, all its routes closed."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=route_class)


def _query_names(dependant: Dependant) -> list[str]:
    """As they are spelt in an address, those of dependencies too."""
    own = [field.alias for field in dependant.query_params]
    return own + [name for part in dependant.dependencies for name in _query_names(part)]


def _refuse_unknown(request: Request, known: list[str], knows_every_name: bool) -> None:
    given = Counter(name for name, _ in request.query_params.multi_items())
    errors: list[dict[str, Any]] = [
        {"type": "extra_forbidden", "loc": ("query", name), "ctx": {"known": known}}
        for name in given
        if name not in known and knows_every_name
    ]
    errors += [
        {"type": "name_repeated", "loc": ("query", name)} for name in known if given[name] > 1
    ]
    if errors:
        raise RequestValidationError(errors)
