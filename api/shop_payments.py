"""Shops pay shops: the route of such a payment, and the look back at it."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.answers import Answer, PartAnswer, accepted, told
from api.closed_route import v1_router
from api.explanations import OutcomeAnswer
from api.fields import Body, QrText, Uuid, Yen, new_id
from api.identity import MerchantIdentity
from api.look_up import TELLS_REFUSALS
from api.payments import payment_facts
from api.sales import PaymentState, given_back_by, payment_state
from api.shop_wallets import Looker, Spender, check_whole, own_shop_wallet
from api.state import state_of
from campaigns.explain import explain_outcome
from campaigns.reasons import Reason
from campaigns.sentences_of_outcomes import PAID_BY_A_SHOP
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from ledger.statement import entries_about, find_entry
from merchants.qr import StoreQr, encode
from payments.bill import read_code
from payments.give_back import PAYMENT_UNKNOWN
from payments.pay_as_shop import PayAsShop

router = v1_router("merchants: wallet")

_QR: Final = encode(StoreQr(UUID("0192f0c1-2222-7000-8000-000000000004"), "見本製粉", "SETAGAYA"))
_OUTCOME: Final = {"number": None, **explain_outcome(Reason(PAID_BY_A_SHOP))}
_PAID_WITH: Final = [{"kind": "coin", "amount": 3000, "expires_on": "2029-11-30"}]


class ShopPayBody(Body):
    """A payment of my merchant in another shop, by the QR code that this shop shows."""

    wallet_id: Uuid
    qr: QrText = Field(examples=[_QR], description="The scanned text, whole.")
    amount_yen: Yen = Field(
        examples=[3000], description="Where the code asks for an amount, that amount."
    )


class ShopPaymentAnswer(Answer):
    """A payment as the merchant that made it sees it."""

    payment_id: UUID
    wallet_id: UUID
    store_id: UUID
    store_name: str = Field(examples=["見本製粉"])
    amount_yen: int = Field(examples=[3000])
    reference: str = Field(examples=["INV-0042"])
    """The other shop's name for the bill that was paid; empty where it has none."""
    paid_at: datetime = Field(examples=["2026-11-22T12:34:56.789+09:00"])
    paid_with: list[PartAnswer] = Field(examples=[_PAID_WITH])
    outcome: OutcomeAnswer = Field(examples=[_OUTCOME])
    """What campaigns came to: `paid-by-a-shop`, nothing."""
    seq: int = Field(examples=[4711])
    """Its number in the journal of the region."""


class ShopPaymentDetail(ShopPaymentAnswer):
    """A payment with what became of it since."""

    state: PaymentState = Field(examples=["partly_refunded"])
    refunded_yen: int = Field(examples=[1000])


@router.put(
    "/merchant/payments/{payment_id}",
    operation_id="makeShopPayment",
    summary="Pay another shop from my merchant's wallet",
    status_code=201,
)
async def make_shop_payment(
    request: Request,
    staff: Spender,
    payment_id: Annotated[UUID, new_id("payment_id")],
    body: ShopPayBody,
) -> ShopPaymentAnswer:
    """By owners and managers of the whole merchant. The shop that is paid sees a payment like
    others, and refunds it like others; campaigns give nothing for it.
    """
    check_whole(staff)
    state = state_of(request)
    code = read_code(state.vault, body.qr)
    command = PayAsShop(
        entry_id=payment_id,
        actor=staff.actor,
        merchant_id=staff.merchant_id,
        wallet_id=body.wallet_id,
        store_id=code.store_id,
        amount_yen=body.amount_yen,
        terminal=code.terminal,
        bill=code.bill,
    )
    receipt = await state.engines.of(staff.region.region_id).submit(command)
    return ShopPaymentAnswer(**_facts(staff.region, accepted(request, receipt)))


@router.get(
    "/merchant/payments/{payment_id}",
    operation_id="getShopPayment",
    summary="One payment that my merchant made",
    responses=TELLS_REFUSALS,
)
async def get_shop_payment(request: Request, staff: Looker, payment_id: Uuid) -> ShopPaymentDetail:
    """What became of it: how it stands now, or the problem that refused it."""
    region = staff.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        entry = await find_made(session, staff, payment_id)
        later = await entries_about(session, region.region_id, payment_id)
    given = given_back_by(later)
    return ShopPaymentDetail(
        **_facts(region, told(entry)),
        state=payment_state(entry.amount, given),
        refunded_yen=given.refunded_yen,
    )


async def find_made(session: AsyncSession, staff: MerchantIdentity, payment_id: UUID) -> Entry:
    """The payment that the merchant made, refused or not. Raises 404s for what is another's."""
    wallet = await own_shop_wallet(session, staff)
    entry = await find_entry(session, staff.region.region_id, payment_id)
    made = (PayAsShop.kind, wallet.wallet_id)
    if entry is None or (entry.kind, entry.holder_id) != made:
        raise Problem(PAYMENT_UNKNOWN)
    return entry


def _facts(region: Region, entry: Entry) -> dict[str, Any]:
    told = {"outcome": OutcomeAnswer.model_validate(_OUTCOME)}
    return payment_facts(region, entry, {}) | told
