"""What a shop is shown of a payment, a refund and a void: its own side, and nobody's wallet.

Left out are the wallet, the person, the lots that paid and the rebate: a limit that cut a rebate
tells how much this resident spends elsewhere. The coin part stays, since the cashback is a share
of it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.answers import Answer, ReasonAnswer, in_words, in_zone
from api.pages import Page
from campaigns.decide import Grant
from campaigns.reasons import ABOUT_THE_PERSON, Reason
from campaigns.record import grant_from_facts
from ledger.books import Entry, Facts
from ledger.events import Event
from ledger.regions import Region
from merchants.reads import GivenBack
from payments.pay import Pay
from payments.refund import Refund
from payments.void import Void

SALES = (Pay.kind, Refund.kind, Void.kind)
"""The kinds of entries that a shop is shown."""

PaymentState = Literal["paid", "partly_refunded", "refunded", "voided"]


class CashbackAnswer(Answer):
    """What one campaign granted to the shop for a payment, and why."""

    campaign_id: UUID
    campaign_name: str = Field(examples=["秋のにぎわいキャンペーン"])
    cashback_yen: int = Field(examples=[50])
    reasons: list[ReasonAnswer]


class StorePayment(Answer):
    """A payment as the shop that took it sees it."""

    kind: Literal["payment"] = "payment"
    payment_id: UUID
    store_id: UUID
    amount_yen: int = Field(examples=[1200])
    coin_yen: int = Field(examples=[1000])
    """The part that was paid in bought coin; campaigns grant for this part only."""
    cashback_yen: int = Field(examples=[50])
    """What campaigns granted to the shop for the whole payment, before any refund."""
    cashbacks: list[CashbackAnswer]
    terminal: str = Field(examples=["TILL-1"])
    """Which till's code was scanned; empty where the code names none."""
    bill_id: UUID | None = Field(examples=[None])
    """The bill that was paid, where the code asked for an amount."""
    reference: str = Field(examples=[""])
    """The shop's own name for that bill."""
    paid_at: datetime = Field(examples=["2026-11-22T12:34:56.789+09:00"])
    business_date: date
    state: PaymentState
    refunded_yen: int = Field(examples=[0])
    seq: int = Field(examples=[4711])
    """Its number in the journal of the region, and its id in the feed."""


class StoreRefund(Answer):
    """A refund as the shop that gave it sees it."""

    kind: Literal["refund"] = "refund"
    refund_id: UUID
    payment_id: UUID
    store_id: UUID
    amount_yen: int = Field(examples=[500])
    refunded_yen: int = Field(examples=[500])
    """What was given back of the payment so far, this refund included."""
    cashback_taken_yen: int = Field(examples=[20])
    """The cashback that went back, or is owed, since less of the payment remains."""
    reason: str = Field(examples=["returned goods"])
    refunded_at: datetime = Field(examples=["2026-11-22T13:00:00.000+09:00"])
    business_date: date
    seq: int = Field(examples=[4712])


class StoreVoid(Answer):
    """A void as the shop that made it sees it: the whole payment went back."""

    kind: Literal["void"] = "void"
    void_id: UUID
    payment_id: UUID
    store_id: UUID
    amount_yen: int = Field(examples=[1200])
    cashback_taken_yen: int = Field(examples=[50])
    reason: str = Field(examples=["typed the wrong amount"])
    voided_at: datetime = Field(examples=["2026-11-22T12:36:00.000+09:00"])
    business_date: date
    seq: int = Field(examples=[4713])


Sale = Annotated[StorePayment | StoreRefund | StoreVoid, Field(discriminator="kind")]


class StoreSales(Page[Sale]):
    """A page of what happened in a store; `kind` tells which of the three an item is."""


class StorePaymentDetail(StorePayment):
    """A payment with what was given back of it, oldest first."""

    refunds: list[StoreRefund | StoreVoid]


def sale(region: Region, entry: Entry | Event, given: GivenBack | None = None) -> Sale:
    """The answer for any of the three kinds; `given` is what went back of a payment so far."""
    if entry.kind == Refund.kind:
        return refund(region, entry)
    if entry.kind == Void.kind:
        return void(region, entry)
    return payment(region, entry, given or GivenBack())


def payment(region: Region, entry: Entry | Event, given: GivenBack) -> StorePayment:
    """A payment, and how it stands after what was given back."""
    assert entry.kind == Pay.kind, entry.kind
    cashbacks = [_cashback(kept) for kept in entry.facts["grants"]]
    return StorePayment(
        payment_id=entry.entry_id,
        store_id=_known(entry.other_id),
        amount_yen=entry.amount,
        coin_yen=sum(part["amount"] for part in entry.facts["paid_with"] if part["kind"] == "coin"),
        cashback_yen=sum(cashback.cashback_yen for cashback in cashbacks),
        cashbacks=cashbacks,
        terminal=entry.facts.get("terminal", ""),
        bill_id=entry.facts.get("bill_id"),
        reference=entry.facts.get("reference", ""),
        paid_at=in_zone(entry.at, region),
        business_date=entry.business_date,
        state=payment_state(entry.amount, given),
        refunded_yen=given.refunded_yen,
        seq=entry.seq,
    )


def refund(region: Region, entry: Entry | Event) -> StoreRefund:
    """A refund, from its entry alone."""
    assert entry.kind == Refund.kind, entry.kind
    return StoreRefund(
        refund_id=entry.entry_id,
        payment_id=_known(entry.refers_to),
        store_id=_known(entry.other_id),
        amount_yen=entry.amount,
        refunded_yen=entry.facts["refunded_yen"],
        cashback_taken_yen=_cashback_taken(entry.facts),
        reason=entry.facts["reason"],
        refunded_at=in_zone(entry.at, region),
        business_date=entry.business_date,
        seq=entry.seq,
    )


def void(region: Region, entry: Entry | Event) -> StoreVoid:
    """A void, from its entry alone."""
    assert entry.kind == Void.kind, entry.kind
    return StoreVoid(
        void_id=entry.entry_id,
        payment_id=_known(entry.refers_to),
        store_id=_known(entry.other_id),
        amount_yen=entry.amount,
        cashback_taken_yen=_cashback_taken(entry.facts),
        reason=entry.facts["reason"],
        voided_at=in_zone(entry.at, region),
        business_date=entry.business_date,
        seq=entry.seq,
    )


def _cashback(kept: Facts) -> CashbackAnswer:
    """The shop's side of a grant."""
    grant = grant_from_facts(kept)
    return CashbackAnswer(
        campaign_id=grant.campaign_id,
        campaign_name=kept["name"],
        cashback_yen=grant.cashback_yen,
        reasons=[in_words(reason) for reason in grant.reasons if _is_for_the_shop(grant, reason)],
    )


def _is_for_the_shop(grant: Grant, reason: Reason) -> bool:
    """Why a campaign did not apply is told where it says nothing about the customer."""
    if reason.code.startswith("cashback-"):
        return True
    return not grant.is_eligible and reason.code not in ABOUT_THE_PERSON


def _cashback_taken(facts: Facts) -> int:
    return sum(taken["cashback_yen"] for taken in facts["clawed_back"])


def given_back_by(later: Sequence[Entry]) -> GivenBack:
    """What the refunds and the void of a payment come to."""
    return GivenBack(
        refunded_yen=sum(back.amount for back in later),
        is_voided=any(back.kind == Void.kind for back in later),
    )


def payment_state(amount_yen: int, given: GivenBack) -> PaymentState:
    """What became of a payment of which so much was given back."""
    if given.is_voided:
        return "voided"
    if given.refunded_yen == 0:
        return "paid"
    return "refunded" if given.refunded_yen == amount_yen else "partly_refunded"


def _known(name: UUID | None) -> UUID:
    assert name is not None, "a sale has a store, and what gives back has a payment"
    return name
