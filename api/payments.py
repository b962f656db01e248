"""Residents pay: the route of a payment, its quote, and the look back at it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.signatures import text_to_sign
from api.answers import Answer, GrantAnswer, PartAnswer, accepted, grants, in_zone, parts, told
from api.closed_route import v1_router
from api.confirmation import Confirmation, Way, way_of
from api.fields import Body, Flag, QrText, Uuid, Yen, new_id
from api.identity import Resident, ResidentIdentity, resident
from api.look_up import TELLS_REFUSALS
from api.sales import PaymentState, given_back_by, payment_state
from api.state import State, state_of
from api.usable_where import Shops, shops_of_entries
from core.errors import Problem
from ledger.books import Entry
from ledger.command import Receipt
from ledger.regions import Region
from ledger.statement import entries_about, find_entry
from merchants.qr import StoreQr, encode
from payments.bill import read_code
from payments.give_back import PAYMENT_UNKNOWN
from payments.pay import Pay
from payments.void import Void

Payer = Annotated[ResidentIdentity, resident("pay")]

router = v1_router("residents: payments")

_QR: Final = encode(StoreQr(UUID("0192f0c1-2222-7000-8000-000000000002"), "見本食堂", "SETAGAYA"))
_PAID_WITH: Final = [
    {"kind": "points", "amount": 200, "expires_on": "2027-03-31"},
    {"kind": "coin", "amount": 1000, "expires_on": "2029-11-30"},
]
_RETURNED: Final = [{"kind": "coin", "amount": 200, "expires_on": "2029-11-30"}]


class PayBody(Body):
    """A payment in a shop, by the QR code that the shop shows."""

    wallet_id: Uuid
    qr: QrText = Field(examples=[_QR], description="The scanned text, whole.")
    amount_yen: Yen = Field(
        examples=[1200], description="Where the code asks for an amount, that amount."
    )
    coin_only: Flag = Field(default=False, description="Keep the points for another day.")
    confirmation: Confirmation | None = Field(
        default=None,
        description="Needed above the limit that the region or the resident has set. What a device"
        " signs is `meguri payment`, `region`, `payment_id`, `wallet_id`, `store_id`, `amount_yen`"
        " and `coin_only` (`true` or `false`), a line each.",
    )


class PaymentAnswer(Answer):
    """A payment as the resident who made it sees it."""

    payment_id: UUID
    wallet_id: UUID
    store_id: UUID
    store_name: str = Field(examples=["見本食堂"])
    amount_yen: int = Field(examples=[1200])
    reference: str = Field(examples=["INV-0042"])
    """The shop's name for the bill that was paid; empty where it has none."""
    paid_at: datetime = Field(examples=["2026-11-22T12:34:56.789+09:00"])
    paid_with: list[PartAnswer] = Field(examples=[_PAID_WITH])
    """In the order of use: points by expiry, then coin by expiry."""
    rebate_points: int = Field(examples=[300])
    pending_points: int = Field(examples=[0])
    """So many of the rebated points are credited later: each grant says on which day."""
    points_settled: int = Field(examples=[0])
    """So many of the rebated points settled what the resident owed."""
    grants: list[GrantAnswer]
    confirmed_by: Way | None = Field(examples=[None])
    """How the resident confirmed it, where the limit asked for that."""
    seq: int = Field(examples=[4711])
    """Its number in the journal of the region."""


class RefundedPart(Answer):
    """What the shop gave back later."""

    kind: Literal["refund", "void"]
    entry_id: UUID
    at: datetime
    amount_yen: int = Field(examples=[200])
    returned: list[PartAnswer] = Field(examples=[_RETURNED])
    points_taken_back: int = Field(examples=[60])
    """Rebate points that went back, or are owed, since less of the payment remains."""
    points_settled: int = Field(examples=[0])
    """So many of the returned points settled what the resident owed."""


class PaymentDetail(PaymentAnswer):
    """A payment with what became of it since."""

    state: PaymentState = Field(examples=["partly_refunded"])
    refunded_yen: int = Field(examples=[200])
    refunds: list[RefundedPart]


class QuoteAnswer(Answer):
    """What a payment would do now. Nothing is reserved: the payment itself decides."""

    wallet_id: UUID
    store_id: UUID
    store_name: str = Field(examples=["見本食堂"])
    amount_yen: int = Field(examples=[1200])
    paid_with: list[PartAnswer] = Field(examples=[_PAID_WITH])
    rebate_points: int = Field(examples=[300])
    pending_points: int = Field(examples=[0])
    """So many of the rebated points would be credited later: each grant says on which day."""
    points_settled: int = Field(examples=[0])
    """So many of the rebated points would settle what the resident owes."""
    grants: list[GrantAnswer]
    needs_confirmation: bool = Field(examples=[False])
    """Whether the payment must carry a confirmation; the quote needs none."""


@router.put(
    "/payments/{payment_id}",
    operation_id="makePayment",
    summary="Pay in a shop",
    status_code=201,
)
async def make_payment(
    request: Request,
    resident: Payer,
    payment_id: Annotated[UUID, new_id("payment_id")],
    body: PayBody,
) -> PaymentAnswer:
    """Pays with points first, then coin, and grants what the live campaigns promise."""
    state = state_of(request)
    command = _command(state, resident, payment_id, body)
    if body.confirmation is not None:
        way = await way_of(state, resident, body.confirmation, payment_text(resident, command))
        command = replace(command, confirmed_by=way)
    receipt = await state.engines.of(resident.region.region_id).submit(command)
    entry = accepted(request, receipt)
    shops = await shops_of_entries(state, resident.region.region_id, [entry.facts])
    return PaymentAnswer(**_facts(resident.region, entry, shops))


@router.post("/quotes", operation_id="quotePayment", summary="Ask what a payment would do, and why")
async def quote_payment(request: Request, resident: Payer, body: PayBody) -> QuoteAnswer:
    """The same decision as the payment's, and the same refusals; nothing is written."""
    state = state_of(request)
    nameless = UUID(int=0)
    command = replace(_command(state, resident, nameless, body), confirmed_by="quote")
    outcome = await state.engines.of(resident.region.region_id).quote(command)
    if isinstance(outcome, Problem):
        raise outcome
    assert isinstance(outcome, Receipt)
    entry = outcome.accepted()
    shops = await shops_of_entries(state, resident.region.region_id, [entry.facts])
    told_grants = grants(entry.facts, shops)
    return QuoteAnswer(
        wallet_id=body.wallet_id,
        store_id=command.store_id,
        store_name=entry.facts["store_name"],
        amount_yen=entry.amount,
        paid_with=parts(entry.facts["paid_with"], shops),
        rebate_points=sum(grant.rebate_points for grant in told_grants),
        pending_points=_pending(told_grants),
        points_settled=entry.facts["points_settled"],
        grants=told_grants,
        needs_confirmation="confirmed_by" in entry.facts,
    )


@router.get(
    "/payments/{payment_id}",
    operation_id="getPayment",
    summary="One payment, with its explanation",
    responses=TELLS_REFUSALS,
)
async def get_payment(request: Request, resident: Resident, payment_id: Uuid) -> PaymentDetail:
    """What became of a payment: how it stands now, or the problem that refused it."""
    region = resident.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        entry = await find_own_payment(session, resident, payment_id)
        later = await entries_about(session, region.region_id, payment_id)
    told_of = [entry.facts, *(undoing.facts for undoing in later)]
    shops = await shops_of_entries(state_of(request), region.region_id, told_of)
    return _detail(region, entry, later, shops)


async def find_own_payment(
    session: AsyncSession, resident: ResidentIdentity, payment_id: UUID
) -> Entry:
    """The payment, if this resident made it; payment-unknown, or the problem that refused it."""
    entry = await find_entry(session, resident.region.region_id, payment_id)
    if entry is None or entry.kind != Pay.kind or entry.actor != resident.actor:
        raise Problem(PAYMENT_UNKNOWN)
    return told(entry)


def payment_text(resident: ResidentIdentity, payment: Pay) -> bytes:
    """What a device signs to confirm a payment."""
    return text_to_sign(
        "payment",
        region=resident.region.code,
        payment_id=str(payment.entry_id),
        wallet_id=str(payment.wallet_id),
        store_id=str(payment.store_id),
        amount_yen=payment.amount_yen,
        coin_only="true" if payment.is_coin_only else "false",
    )


def _command(state: State, resident: ResidentIdentity, payment_id: UUID, body: PayBody) -> Pay:
    """What is wished. Raises what `read_code` does."""
    code = read_code(state.vault, body.qr)
    return Pay(
        entry_id=payment_id,
        actor=resident.actor,
        person_id=resident.person_id,
        wallet_id=body.wallet_id,
        store_id=code.store_id,
        amount_yen=body.amount_yen,
        is_coin_only=body.coin_only,
        terminal=code.terminal,
        bill=code.bill,
    )


def _facts(region: Region, entry: Entry, shops: Shops) -> dict[str, Any]:
    told_grants = grants(entry.facts, shops)
    return payment_facts(region, entry, shops) | {
        "rebate_points": sum(grant.rebate_points for grant in told_grants),
        "pending_points": _pending(told_grants),
        "points_settled": entry.facts["points_settled"],
        "grants": told_grants,
        "confirmed_by": entry.facts.get("confirmed_by"),
    }


def payment_facts(region: Region, entry: Entry, shops: Shops) -> dict[str, Any]:
    """What whoever paid is told of every payment, by the names of the answers."""
    return {
        "payment_id": entry.entry_id,
        "wallet_id": entry.holder_id,
        "store_id": entry.other_id,
        "store_name": entry.facts["store_name"],
        "amount_yen": entry.amount,
        "reference": entry.facts.get("reference", ""),
        "paid_at": in_zone(entry.at, region),
        "paid_with": parts(entry.facts["paid_with"], shops),
        "seq": entry.seq,
    }


def _pending(told: Iterable[GrantAnswer]) -> int:
    return sum(grant.rebate_points for grant in told if grant.credited_on is not None)


def _detail(region: Region, entry: Entry, later: list[Entry], shops: Shops) -> PaymentDetail:
    given = given_back_by(later)
    return PaymentDetail(
        **_facts(region, entry, shops),
        state=payment_state(entry.amount, given),
        refunded_yen=given.refunded_yen,
        refunds=[
            RefundedPart(
                kind="void" if undoing.kind == Void.kind else "refund",
                entry_id=undoing.entry_id,
                at=in_zone(undoing.at, region),
                amount_yen=undoing.amount,
                returned=parts(undoing.facts["returned"], shops),
                points_taken_back=sum(back["points"] for back in undoing.facts["clawed_back"]),
                points_settled=undoing.facts.get("points_settled", 0),  # not told at first
            )
            for undoing in later
        ],
    )
