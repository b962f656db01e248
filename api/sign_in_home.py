"""Where staff and administrators sign in: in the region of the address, or as operators.

Each route stands twice, at /v1/regions/{region}/sign-in/… and at /v1/operators/sign-in/…, with one
implementation. Nobody has a token yet, so requests count against their address.
"""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request

from access.sessions import Home
from api.admin_regions import REGION_UNKNOWN
from api.one_handler import Handler, with_parameter
from api.rate_limit import Quota, address_of
from api.session_tokens import OPERATORS, home_of
from api.state import state_of
from core.errors import Problem

STAFF_SIGN_INS: Final = Quota("staff-sign-ins", 300, 60)
"""Per address: an office shares one."""


async def _of_region(
    request: Request, region: Annotated[str, Path(max_length=40, examples=["setagaya"])]
) -> Home:
    state = state_of(request)
    state.limiter.limit(request, STAFF_SIGN_INS, address_of(request))
    found = await state.regions.look_for(region)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    return home_of(found)


async def _of_operators(request: Request) -> Home:
    state_of(request).limiter.limit(request, STAFF_SIGN_INS, address_of(request))
    return OPERATORS


_PLACES: Final = (
    ("/regions/{region}/sign-in", "", _of_region),
    ("/operators/sign-in", "OfOperator", _of_operators),
)


def staff_sign_in(
    router: APIRouter, path: str, operation_id: str, summary: str
) -> Callable[[Handler], Handler]:
    """Serve a handler, whose `home` is a Home, at both places: POST …/sign-in<path>."""

    def serve(handler: Handler) -> Handler:
        for prefix, suffix, home in _PLACES:
            router.post(prefix + path, operation_id=operation_id + suffix, summary=summary)(
                with_parameter(handler, "home", Annotated[Home, Depends(home)])
            )
        return handler

    return serve
