"""Who may call an operation, in words for its description: from the very check that it makes."""

from fastapi.routing import APIRoute

from api.anyone import AnyBearer
from api.claims import ROLES
from api.identity import Bearer, bearer_of


def who_may(route: APIRoute) -> str:
    """A paragraph about the token that is needed; nothing where none is."""
    assert route.methods, "a route has a method"
    [method] = route.methods
    bearer = bearer_of(route.dependant)
    return "" if bearer is None else _in_words(bearer, method)


def _in_words(bearer: Bearer, method: str) -> str:
    if isinstance(bearer, AnyBearer):
        return "\n\nToken: of any face."
    roles = _listed(bearer.roles) if bearer.roles else "any"
    of_roles = f", role {roles}" if ROLES[bearer.face] else ""
    scopes = _listed(bearer.scopes_for(method))
    return f"\n\nToken: face `{bearer.face}`{of_roles}, scope {scopes}."


def _listed(names: frozenset[str]) -> str:
    return " or ".join(f"`{name}`" for name in sorted(names))
