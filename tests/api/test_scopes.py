"""A token that was narrowed is refused what it lacks; one that was not may all of its face."""

import re
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from api.anyone import AnyBearer
from api.claims import ROLES, SCOPES, Face, scopes_of
from api.closed_route import ClosedRoute
from api.identity import Bearer
from api.identity import bearer_of as among
from api.openapi_tags import SIGN_IN
from api.routers import ROUTERS
from tests.api.phone import Token
from tests.api.probe import is_problem
from tests.town_builder import new_id

ROUTES = [
    route for router in ROUTERS for route in router.routes
    if isinstance(route, APIRoute) and route.path.startswith("/v1/")
]  # fmt: skip
AN_APPLICATION = "/v1/regions/{region}/applications/{application_id}"
OPEN_TO_ANYBODY = {
    "/v1/regions/{region}/alerts",
    "/v1/regions/{region}/alerts/{alert_id}",
    "/v1/regions/{region}/bulletins",
    "/v1/regions/{region}/notices",
    "/v1/regions/{region}/campaigns",
    "/v1/regions/{region}/stores",
    "/v1/regions/{region}/stores.geojson",
    "/v1/regions/{region}/statistics-plan",
    AN_APPLICATION,
    *(f"{AN_APPLICATION}/{step}" for step in ("looks", "amendments", "withdrawals")),
    f"{AN_APPLICATION}/documents/{{document_id}}",
}
PARAMETER = re.compile(r"{\w+}")


def bearer_of(route: APIRoute) -> Bearer | None:
    """What checks the token of a route; None for webhooks and signing in, which have none."""
    return among(route.dependant)


def token_for(token: Token, bearer: Bearer, scope: str) -> str:
    """A token of the face and a role that the route takes, with this scope."""
    roles = bearer.roles or ROLES[bearer.face]
    said: dict[str, str | UUID] = {"role": min(roles)} if roles else {}
    if bearer.face == "merchant":
        said["merchant"] = uuid4()
    if "operator" in bearer.roles:
        said["region"] = "*"
    return token(bearer.face, scope=scope, **said)


async def test_a_narrowed_token_is_refused_on_every_route_whose_scope_it_lacks(
    app_client: httpx.AsyncClient, token: Token
):
    knocked = 0
    for route in ROUTES:
        bearer = bearer_of(route)
        if isinstance(bearer, AnyBearer):
            continue  # it demands no scope: tests/api/test_sessions.py
        if bearer is None:
            is_open = route.path in OPEN_TO_ANYBODY or route.tags == [SIGN_IN]
            assert is_open or "/webhooks/" in route.path
            continue
        method = min(route.methods or ())
        [needed] = bearer.scopes_for(method)
        others = " ".join(scope for scope in SCOPES[bearer.face] if scope != needed)
        headers = {"Authorization": f"Bearer {token_for(token, bearer, others)}"}
        path = PARAMETER.sub(str(new_id()), route.path)
        answer = await app_client.request(method, path, json={}, headers=headers)
        assert is_problem(answer, 403, "scope-missing")["scopes"] == [needed], route.path
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
        headers = {"Authorization": f"Bearer {token_for(token, bearer, needed)}"}
        if not route.path.endswith("/feed"):
            answer = await app_client.request(method, path, json={}, headers=headers)
            assert answer.status_code != 403, route.path
        knocked += 1
    assert knocked > 50


def test_each_scope_is_demanded_somewhere():
    demanded = {
        (bearer.face, scope)
        for route in ROUTES
        if (bearer := bearer_of(route)) is not None
        for scope in bearer.scopes_for(min(route.methods or ()))
    }
    assert demanded == {(face, scope) for face, scopes in SCOPES.items() for scope in scopes}


@pytest.mark.parametrize(
    ("face", "role", "scopes"),
    [
        ("resident", None, "wallet:read wallet:open pay me:read me:write device:read"),
        ("merchant", "clerk", "sales:read refund staff pay settle"),
        ("merchant", "accountant", "sales:read settle"),
        ("admin", "desk", "admin:read admin:write"),
        ("admin", "operator", "admin:read admin:write"),
        ("admin", "auditor", "admin:read"),
        ("admin", "city", "admin:read"),
    ],
)
def test_a_role_has_the_scopes_that_it_has_a_use_for(face: Face, role: str | None, scopes: str):
    assert " ".join(scopes_of(face, role)) == scopes


def test_no_role_lacks_a_scope_that_a_route_of_its_own_demands():
    for route in ROUTES:
        bearer = bearer_of(route)
        for role in bearer.roles if bearer else ():
            assert bearer is not None
            assert bearer.scopes_for(min(route.methods or ())) <= set(scopes_of(bearer.face, role))


def test_every_route_of_the_api_is_closed():
    assert [route.path for route in ROUTES if not isinstance(route, ClosedRoute)] == []
