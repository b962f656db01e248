"""Shops give back: the routes of refunds and voids, and the look back at them."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.answers import accepted, told
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, Yen, new_id
from api.identity import MerchantIdentity, merchant
from api.look_up import TELLS_REFUSALS
from api.merchants import Staff, owns_store
from api.sales import StoreRefund, StoreVoid
from api.sales import refund as refund_answer
from api.sales import void as void_answer
from api.state import state_of
from core.errors import Problem, ProblemType, problem
from ledger.books import Entry
from ledger.statement import find_entry
from payments.refund import Refund
from payments.void import Void

REFUND_UNKNOWN: Final = problem("refund-unknown", 404, "There is no such refund in your stores.")
VOID_UNKNOWN: Final = problem("void-unknown", 404, "There is no such void in your stores.")

Refunder = Annotated[MerchantIdentity, merchant("refund", roles=("owner", "manager"))]
Voider = Annotated[
    MerchantIdentity, merchant("refund", roles=("owner", "manager", "clerk", "terminal"))
]

router: Final = v1_router("merchants")


class RefundBody(Body):
    """What to give back of a payment, and why."""

    payment_id: Uuid
    amount_yen: Yen | None = Field(
        default=None, examples=[500], description="All that remains of the payment if absent."
    )
    reason: Reason = Field(examples=["returned goods"])


class VoidBody(Body):
    """Which payment to undo, and why."""

    payment_id: Uuid
    reason: Reason = Field(examples=["typed the wrong amount"])


@router.put(
    "/refunds/{refund_id}", operation_id="makeRefund", summary="Refund a payment", status_code=201
)
async def make_refund(
    request: Request,
    staff: Refunder,
    refund_id: Annotated[UUID, new_id("refund_id")],
    body: RefundBody,
) -> StoreRefund:
    """Owners and managers, within the region's days. What was granted for it goes back too."""
    region = staff.region
    command = Refund(
        entry_id=refund_id,
        actor=staff.actor,
        merchant_id=staff.merchant_id,
        stores=_reached(staff),
        payment_id=body.payment_id,
        amount_yen=body.amount_yen,
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(region.region_id).submit(command)
    return refund_answer(region, accepted(request, receipt))


@router.get(
    "/refunds/{refund_id}",
    operation_id="getRefund",
    responses=TELLS_REFUSALS,
    summary="What became of a refund",
)
async def get_refund(request: Request, staff: Staff, refund_id: Uuid) -> StoreRefund:
    """The refund, or the problem that refused it."""
    entry = await _own_entry(request, staff, refund_id, Refund.kind, REFUND_UNKNOWN)
    return refund_answer(staff.region, entry)


@router.put(
    "/voids/{void_id}",
    operation_id="makeVoid",
    summary="Undo a payment just taken",
    status_code=201,
)
async def make_void(
    request: Request,
    staff: Voider,
    void_id: Annotated[UUID, new_id("void_id")],
    body: VoidBody,
) -> StoreVoid:
    """The store that took the payment undoes all of it, within the region's minutes."""
    region = staff.region
    command = Void(
        entry_id=void_id,
        actor=staff.actor,
        merchant_id=staff.merchant_id,
        stores=_reached(staff),
        payment_id=body.payment_id,
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(region.region_id).submit(command)
    return void_answer(region, accepted(request, receipt))


@router.get(
    "/voids/{void_id}",
    operation_id="getVoid",
    responses=TELLS_REFUSALS,
    summary="What became of a void",
)
async def get_void(request: Request, staff: Staff, void_id: Uuid) -> StoreVoid:
    """The void, or the problem that refused it."""
    entry = await _own_entry(request, staff, void_id, Void.kind, VOID_UNKNOWN)
    return void_answer(staff.region, entry)


def _reached(staff: MerchantIdentity) -> tuple[UUID, ...] | None:
    """The stores of the token in a fixed order: they are part of what a retry must repeat."""
    return None if staff.stores is None else tuple(sorted(staff.stores))


async def _own_entry(
    request: Request, staff: MerchantIdentity, entry_id: UUID, kind: str, unknown: ProblemType
) -> Entry:
    region_id = staff.region.region_id
    async with state_of(request).database.snapshot(region_id) as session:
        entry = await find_entry(session, region_id, entry_id)
        if entry is None or entry.kind != kind or entry.other_id is None:
            raise Problem(unknown)
        if not await owns_store(session, staff, entry.other_id):
            raise Problem(unknown)
    return told(entry)
