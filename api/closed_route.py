"""A route that knows its queries: any other name in one is malformed, as in a body."""

from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response


def v1_router(tag: str) -> APIRouter:
    """A router of the API itself: below /v1, all its routes closed."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=ClosedRoute)


class ClosedRoute(APIRoute):
    """Refuses names in the query that it does not know: a misspelt filter would filter nothing."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, behind a look at the query where there is one."""
        handle = super().get_route_handler()
        known = list(dict.fromkeys(_query_names(self.dependant)))

        async def closed(request: Request) -> Response:
            if request.scope["query_string"]:
                _refuse_unknown(request, known)
            return await handle(request)

        return closed

    @cached_property
    def body_schema(self) -> dict[str, Any]:
        """The JSON schema of what comes in as a body; empty where nothing does."""
        if self.body_field is None:
            return {}
        said = self.body_field.field_info
        body: Any = Annotated[said.annotation, said]
        return TypeAdapter(body).json_schema()


def _query_names(dependant: Dependant) -> list[str]:
    """As they are spelt in an address, those of dependencies too."""
    own = [field.alias for field in dependant.query_params]
    return own + [name for part in dependant.dependencies for name in _query_names(part)]


def _refuse_unknown(request: Request, known: list[str]) -> None:
    errors = [
        {"type": "extra_forbidden", "loc": ("query", name), "ctx": {"known": known}}
        for name in request.query_params
        if name not in known
    ]
    if errors:
        raise RequestValidationError(errors)
