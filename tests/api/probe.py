"""Routes to knock on: shaped like those of the API, with nothing behind them."""

from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import APIRouter

from api.closed_route import ClosedRoute
from api.fields import Body, QrText, QueryYen, Reason, Uuid, Yen, new_id
from api.identity import (
    AdminIdentity,
    MerchantIdentity,
    Operator,
    Resident,
    administrator,
    merchant,
)
from api.pages import Listing, Page, Paged

NUMBERS = Listing("numbers", (int, UUID))
NIL = UUID(int=0)

probe = APIRouter(prefix="/v1/probe", route_class=ClosedRoute)


class Wish(Body):
    """A body with one of each field."""

    amount_yen: Yen
    wallet_id: Uuid
    reason: Reason = "because"
    qr: QrText = "qr"


class Answer(Body):
    """What the probe says back."""

    who: str
    payment_id: UUID
    amount_yen: int


@probe.put("/payments/{payment_id}", status_code=201)
async def pay(
    resident: Resident, payment_id: Annotated[UUID, new_id("payment_id")], wish: Wish
) -> Answer:
    """A route shaped like a payment's."""
    return Answer(who=resident.actor, payment_id=payment_id, amount_yen=wish.amount_yen)


@probe.get("/payments/{payment_id}")
async def look(resident: Resident, payment_id: Uuid) -> dict[str, str]:
    """The same address, read."""
    return {"who": resident.actor, "payment_id": str(payment_id), "region": resident.region.code}


@probe.get("/refunds")
async def refunds(
    staff: Annotated[MerchantIdentity, merchant("refund", roles=("owner", "manager"))],
) -> dict[str, Any]:
    """Needs a scope and a role."""
    return {"merchant": staff.merchant_id, "stores": staff.stores, "who": staff.actor}


@probe.get("/books")
async def books(admin: Annotated[AdminIdentity, administrator("finance")]) -> dict[str, str]:
    """Needs a role."""
    return {"who": admin.actor, "role": admin.role, "region": admin.region.code}


@probe.get("/regions")
async def regions(admin: Operator) -> dict[str, str]:
    """Needs an operator."""
    return {"who": admin.actor}


@probe.get("/numbers")
async def numbers(paging: Paged, min_yen: QueryYen = 0) -> Page[int]:
    """The numbers to 500, newest first."""
    start = NUMBERS.start(paging)
    first = 500 if start is None else start[0] - 1
    rows = [n for n in range(first, 0, -1) if n >= min_yen][: paging.limit + 1]
    return NUMBERS.page(rows, paging, key=lambda n: (n, NIL), item=int)


@probe.get("/bug")
async def bug() -> None:
    """Has a bug whose message would tell something."""
    raise RuntimeError("Yamada Taro owes 500 yen")


def is_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Asserts everything that each problem has in common, and returns it."""
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["type"]) == (status, f"/problems/{slug}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == status
    assert told["instance"] == f"urn:uuid:{answer.headers['request-id']}"
    assert told["title"].endswith(".")
    return told
