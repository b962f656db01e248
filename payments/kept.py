"""What is kept of a payment's grants once a part of it was refunded."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from campaigns.decide import Grant
from campaigns.facts import PaymentFacts
from campaigns.recompute import recompute_all
from campaigns.rules import LiveCampaign
from ledger.books import Entry
from payments.lots import COIN, returned


def kept_grants(
    payment: Entry,
    originals: Sequence[Grant],
    campaigns: Mapping[UUID, LiveCampaign],
    refunded_yen: int,
) -> Sequence[Grant]:
    """The grants that stand when `refunded_yen` of the payment were refunded; all before that.

    `originals` are the grants of the payment itself; `campaigns` are theirs, under their terms.
    """
    if refunded_yen == 0:
        return originals
    paid, remains = (what_remains(payment, yen) for yen in (0, refunded_yen))
    return recompute_all(originals, campaigns, paid, remains)


def what_remains(payment: Entry, refunded_yen: int) -> PaymentFacts:
    """The payment as far as it was not refunded. Only what effects look at: amounts and class.

    A top-up is all coin, and at no shop.
    """
    if "paid_with" not in payment.facts:
        left_yen = payment.amount - refunded_yen
        return PaymentFacts(left_yen, left_yen, payment.business_date, merchant_class=None)
    paid_with = payment.facts["paid_with"]
    gone_back = returned(paid_with, refunded_yen)
    coin_yen = sum(
        part["amount"] - back
        for part, back in zip(paid_with, gone_back, strict=True)
        if part["kind"] == COIN
    )
    return PaymentFacts(
        amount_yen=payment.amount - refunded_yen,
        coin_yen=coin_yen,
        business_date=payment.business_date,
        merchant_class=payment.facts["merchant_class"],
    )
