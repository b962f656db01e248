"""How a refusal or a bug becomes an answer: application/problem+json (RFC 9457).

Nothing that the client sent is said back to it, and nothing but a request id tells of a bug.
"""

import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.envelope import request_id_of
from api.malformed import told_errors
from api.metrics import problems
from api.tokens import CHALLENGES
from core.errors import Problem, ProblemType, problem
from core.json_text import json_bytes
from core.traces import trace_of

MALFORMED: Final = problem("malformed-request", 422, "The request is malformed.")
NO_SUCH_ROUTE: Final = problem("no-such-route", 404, "There is nothing at this address.")
METHOD_NOT_ALLOWED: Final = problem("method-not-allowed", 405, "This address has other methods.")
INTERNAL_ERROR: Final = problem("internal-error", 500, "Something went wrong on our side.")

MEDIA_TYPE: Final = "application/problem+json"

Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]

log = logging.getLogger(__name__)


def problem_response(
    request: Request,
    told: ProblemType,
    *,
    detail: str | None = None,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer for one occurrence of a problem type; the request id stands in `instance`."""
    content: dict[str, Any] = {
        "type": told.uri,
        "title": told.title,
        "status": told.status,
        "instance": f"urn:uuid:{request_id_of(request)}",
    }
    if detail is not None:
        content["detail"] = detail
    content.update(members or {})
    problems.labels(told.slug).inc()
    return Response(
        json_bytes(content), told.status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


async def answer_problem(request: Request, error: Exception) -> Response:
    """A refusal of our own."""
    assert isinstance(error, Problem)
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.type.slug in CHALLENGES:
        headers["WWW-Authenticate"] = CHALLENGES[error.type.slug]
    return problem_response(
        request, error.type, detail=error.detail, members=error.facts, headers=headers
    )


async def answer_malformed(request: Request, error: Exception) -> Response:
    """A request whose shape is wrong: where, which rule it broke and what that allows."""
    assert isinstance(error, RequestValidationError)
    errors = told_errors(request, error.errors())
    return problem_response(request, MALFORMED, members={"errors": errors})


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: an unknown route, a wrong method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem_response(request, NO_SUCH_ROUTE)
    if error.status_code == 405:
        return problem_response(request, METHOD_NOT_ALLOWED, headers={"Allow": _allowed(request)})
    return await answer_bug(request, error)


async def answer_bug(request: Request, error: Exception) -> Response:
    """Anything that nobody foresaw. The log gets classes and lines, never a message."""
    log.error("bug in request %s: %s", request_id_of(request), trace_of(error))
    return problem_response(request, INTERNAL_ERROR)


REFUSALS: Final[dict[int | type[Exception], Handler]] = {
    Problem: answer_problem,
    RequestValidationError: answer_malformed,
    HTTPException: answer_http_exception,
}
HANDLERS: Final[dict[int | type[Exception], Handler]] = {**REFUSALS, Exception: answer_bug}
"""The framework's own place for `Exception` raises it again; the server would log its message."""


def _allowed(request: Request) -> str:
    """Every method of this address; the framework knows only those of the first route it tried."""
    methods = {
        method
        for route in request.app.routes
        if isinstance(route, Route) and route.path_regex.fullmatch(request.scope["path"])
        for method in route.methods or ()
    }
    return ", ".join(sorted(methods))
