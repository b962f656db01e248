"""Who may call an operation, in words for its description: from the very check that it makes."""

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.claims import ROLES
from api.identity import Bearer


def who_may(route: APIRoute) -> str:
    """A paragraph about the token that is needed; nothing where none is."""
    assert route.methods, "a route has a method"
    [method] = route.methods
    return "".join(_in_words(bearer, method) for bearer in _bearers(route.dependant))


def _bearers(dependant: Dependant) -> Iterator[Bearer]:
    check: object = dependant.call
    if isinstance(check, Bearer):
        yield check
    for part in dependant.dependencies:
        yield from _bearers(part)


def _in_words(bearer: Bearer, method: str) -> str:
    roles = _listed(bearer.roles) if bearer.roles else "any"
    of_roles = f", role {roles}" if ROLES[bearer.face] else ""
    scopes = _listed(bearer.scopes_for(method))
    return f"\n\nToken: face `{bearer.face}`{of_roles}, scope {scopes}."


def _listed(names: frozenset[str]) -> str:
    return " or ".join(f"`{name}`" for name in sorted(names))
