"""What is kept of a payment's grants once a part of it was refunded, and what is due back."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from campaigns.decide import Grant
from campaigns.due_back import DueBack, due_back, kept_of
from campaigns.facts import PaymentFacts
from campaigns.find_terms import Key
from campaigns.record import grant_from_facts
from campaigns.rules import LiveCampaign
from ledger.books import Entry
from payments.lots import COIN, returned

Versions = Mapping[Key, LiveCampaign]
"""Campaigns under the terms that granted."""


def kept_grants(payment: Entry, versions: Versions, refunded_yen: int) -> Sequence[Grant]:
    """The grants of a payment or top-up that stand when so many yen of it were refunded."""
    paid, remains = (what_remains(payment, yen) for yen in (0, refunded_yen))
    return kept_of(*_granted(payment, versions), paid, remains)


def grants_due_back(
    payment: Entry, versions: Versions, refunded: tuple[int, int]
) -> Iterator[DueBack]:
    """What is due back of each grant of a payment or top-up, in the order of its grants.

    `refunded` is how many yen of it were refunded before, and how many are by now.
    """
    paid, was, remains = (what_remains(payment, yen) for yen in (0, *refunded))
    return due_back(*_granted(payment, versions), paid, was, remains)


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


def _granted(
    payment: Entry, versions: Versions
) -> tuple[Sequence[Grant], Mapping[UUID, LiveCampaign]]:
    originals = [grant_from_facts(facts) for facts in payment.facts.get("grants", ())]
    return originals, {
        grant.campaign_id: versions[grant.campaign_id, grant.hash] for grant in originals
    }
