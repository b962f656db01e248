"""The page of doors names every route that the campaigns and city roles may call, and no other."""

import re
from pathlib import Path

from fastapi.routing import APIRoute

from api.claims import ROLES
from api.identity import bearer_of

PAGE = Path(__file__).parents[2] / "docs" / "PRIVACY-DOORS.md"
_ROUTE = re.compile(r"`([A-Z]+) (/v1[^`]+)`")


def test_each_route_of_these_roles_says_why_it_is_no_door(served) -> None:
    named = _ROUTE.findall(PAGE.read_text(encoding="utf-8"))
    allowed = {
        (method, route.path)
        for route in served[0].routes
        if isinstance(route, APIRoute)
        and route.endpoint.__module__.startswith("api.")
        and (bearer := bearer_of(route.dependant)) is not None
        and bearer.face == "admin"
        and {"campaigns", "city"} & (bearer.roles or ROLES["admin"])
        for method in route.methods or ()
    }
    assert len(named) == len(set(named)), "each once"
    assert set(named) == allowed
