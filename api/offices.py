"""Where posts are given and ended: in the own shop, in a shop of the region, in a region's office.

Each route of posts and invitations stands at all places of its kind, with one implementation.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import Doer
from access.posts import POST_BEYOND_OWN, Reach
from access.sessions import Home
from api.admin_regions import REGION_UNKNOWN
from api.doers import doer_of, reach_of
from api.fields import Uuid
from api.identity import (
    AdminIdentity,
    MerchantIdentity,
    Operator,
    OperatorIdentity,
    administrator,
    merchant,
)
from api.one_handler import Handler, with_parameter
from api.session_tokens import OPERATORS, home_of
from api.state import state_of
from core.errors import Problem
from merchants.merchant import MERCHANT_UNKNOWN, STORE_UNKNOWN
from merchants.reads import find_merchant, find_store

MOST_STORES: Final = 50
"""That a post names one by one."""

Chief = Annotated[MerchantIdentity, merchant("staff", roles=("owner", "manager"))]
Finance = Annotated[AdminIdentity, administrator("finance")]


@dataclass(frozen=True, slots=True)
class Office:
    """A shop's staff, or the administrators of a region, as somebody is in charge of them."""

    home: Home
    merchant_id: UUID | None
    doer: Doer
    own: Reach
    zone: tzinfo

    def told(self, at: datetime) -> datetime:
        """An instant with the region's offset."""
        return at.astimezone(self.zone)

    async def wanted(self, db: AsyncSession, role: str, stores: frozenset[UUID] | None) -> Reach:
        """The reach of a post here. Raises store-unknown, merchant-unknown, post-beyond-own."""
        if self.merchant_id is None:
            if (role == "operator") != (self.home == OPERATORS):
                raise Problem(POST_BEYOND_OWN)
            return Reach("admin", role)
        if await find_merchant(db, self.home.region_id, self.merchant_id) is None:
            raise Problem(MERCHANT_UNKNOWN)
        for store_id in sorted(stores or ()):
            found = await find_store(db, self.home.region_id, self.merchant_id, store_id)
            if found is None:
                raise Problem(STORE_UNKNOWN)
        return Reach("merchant", role, self.merchant_id, stores)


async def _own_shop(staff: Chief) -> Office:
    home, zone = home_of(staff.region), staff.region.zone
    return Office(home, staff.merchant_id, doer_of(staff), reach_of(staff), zone)


async def _any_shop(admin: Finance, merchant_id: Uuid) -> Office:
    home, zone = home_of(admin.region), admin.region.zone
    return Office(home, merchant_id, doer_of(admin), reach_of(admin), zone)


async def _finance(admin: Finance) -> Office:
    return Office(home_of(admin.region), None, doer_of(admin), reach_of(admin), admin.region.zone)


async def _of_region(
    request: Request,
    operator: Operator,
    region: Annotated[str, Path(max_length=40, examples=["setagaya"])],
) -> Office:
    state = state_of(request)
    found = await state.regions.look_for(region)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    return _office(home_of(found), operator, found.zone)


async def _of_operators(operator: Operator) -> Office:
    return _office(OPERATORS, operator, UTC)


def _office(home: Home, operator: OperatorIdentity, zone: tzinfo) -> Office:
    return Office(home, None, doer_of(operator), reach_of(operator), zone)


_SHOPS: Final = (
    ("/staff", "OfMyShop", _own_shop),
    ("/admin/merchants/{merchant_id}", "OfMerchant", _any_shop),
)
_OFFICES: Final = (
    ("/operators/regions/{region}", "OfRegion", _of_region),
    ("/operators", "OfOperators", _of_operators),
)
_LOGINS: Final = (("/admin", "OfShops", _finance), *_OFFICES)

Method = Literal["get", "put", "post"]


def at_shops(
    router: APIRouter, method: Method, path: str, operation_id: str, summary: str
) -> Callable[[Handler], Handler]:
    """Serve a handler, whose `office` is an Office, for the own shop, and for finance for any."""
    return _at(_SHOPS, router, method, path, operation_id, summary)


def at_offices(
    router: APIRouter, method: Method, path: str, operation_id: str, summary: str
) -> Callable[[Handler], Handler]:
    """Serve a handler for operators: about a region's administrators, and about operators."""
    return _at(_OFFICES, router, method, path, operation_id, summary)


def at_logins(
    router: APIRouter, method: Method, path: str, operation_id: str, summary: str
) -> Callable[[Handler], Handler]:
    """Serve a handler for finance, about whoever works for shops, and for operators."""
    return _at(_LOGINS, router, method, path, operation_id, summary)


def at_all(
    router: APIRouter, method: Method, path: str, operation_id: str, summary: str
) -> Callable[[Handler], Handler]:
    """Serve a handler at all four."""
    return _at((*_SHOPS, *_OFFICES), router, method, path, operation_id, summary)


def _at(
    places: tuple[tuple[str, str, Callable[..., Awaitable[Office]]], ...],
    router: APIRouter,
    method: Method,
    path: str,
    operation_id: str,
    summary: str,
) -> Callable[[Handler], Handler]:
    def serve(handler: Handler) -> Handler:
        for prefix, suffix, office in places:
            known: Any = Annotated[Office, Depends(office)]
            router.add_api_route(
                prefix + path,
                with_parameter(handler, "office", known),
                methods=[method.upper()],
                operation_id=operation_id + suffix,
                summary=summary,
                status_code=201 if method == "put" else 200,
            )
        return handler

    return serve
