"""A shop makes a bill: a code with an amount, which is paid once, whole, and in time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Body, Uuid, Yen
from api.merchants import Staff
from api.state import state_of
from api.store_codes import Label, code_of
from core.ids import uuid7
from merchants.bill_seal import sealed
from merchants.draw_code import draw_svg
from merchants.qr import Bill, encode

router = v1_router("merchants")

SHORTEST_S: Final = 60
LONGEST_S: Final = 86_400

Seconds = Annotated[int, Field(strict=True, ge=SHORTEST_S, le=LONGEST_S)]


class BillBody(Body):
    """What is to be paid, and how long that may take."""

    amount_yen: Yen = Field(examples=[1200])
    reference: Label | None = Field(
        default=None, examples=["INV-0042"], description="The shop's own name for the bill."
    )
    terminal: Label | None = Field(
        default=None, examples=["TILL-1"], description="The label of an open one of the store."
    )
    lasts_s: Seconds = Field(
        default=600, examples=[600], description="After so many seconds it is not paid any more."
    )


class BillAnswer(Answer):
    """A code that asks for an amount. The sale that pays it has its `bill_id`."""

    bill_id: UUID
    store_id: UUID
    amount_yen: int = Field(examples=[1200])
    reference: str = Field(examples=["INV-0042"])
    expires_at: datetime
    qr: str = Field(examples=["00020101021226500010dev.meguri0132…6304AD9E"])
    """The text of the code."""
    svg: str = Field(examples=["<svg …>"])
    """The code as a picture, for a till that draws none itself."""


@router.post(
    "/stores/{store_id}/bills",
    operation_id="makeBill",
    summary="Make a code that asks for an amount",
)
async def make_bill(request: Request, staff: Staff, store_id: Uuid, body: BillBody) -> BillAnswer:
    """Nothing is kept of it until it is paid: a till that goes away has nothing to take back.

    Whoever scans it pays this amount and no other (`bill-differs`), before it expires
    (`bill-over`), and once (`bill-paid`). A bill whose payment was given back is not paid again:
    make another.
    """
    state, region = state_of(request), staff.region
    code = await code_of(request, staff, store_id, body.terminal)
    now = state.clock.now()
    expires_at = now.replace(microsecond=0) + timedelta(seconds=body.lasts_s)
    bill = Bill(uuid7(now), body.amount_yen, body.reference or "", expires_at)
    text = encode(sealed(state.vault, replace(code, bill=bill)))
    return BillAnswer(
        bill_id=bill.bill_id,
        store_id=code.store_id,
        amount_yen=bill.amount_yen,
        reference=bill.reference,
        expires_at=in_zone(expires_at, region),
        qr=text,
        svg=draw_svg(text).decode(),
    )
