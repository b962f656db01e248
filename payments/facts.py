"""What campaigns may know of a payment or top-up: from the books, and nothing that names people."""

from datetime import time
from typing import Any, Final
from uuid import UUID

from campaigns.facts import PaymentFacts
from ledger.books import Books, Holder
from payments.first_payment import has_paid
from payments.lots import Part, coin_part
from residents.person import NOBODY, is_verified, tier_on

PAYER: Final = "payer"
"""Fact of a payment, and of what gives it back, where a shop paid: campaigns were not asked."""
SHOP_QR: Final = "shop_qr"
"""The resident reads the shop's code: the one way in which a payment is made today."""


def facts_of(
    books: Books, person_id: UUID, merchant: Holder, amount_yen: int, parts: list[Part]
) -> PaymentFacts:
    """The facts of a payment that this person is about to make at this merchant."""
    return PaymentFacts(
        amount_yen=amount_yen,
        coin_yen=coin_part(parts),
        **_shop(merchant),
        mode=SHOP_QR,
        is_first_payment=not has_paid(books, person_id),
        **_moment_and_person(books, person_id),
    )


def facts_of_top_up(books: Books, person_id: UUID, amount_yen: int) -> PaymentFacts:
    """The facts of a top-up that goes to this person now: all of it is coin, and at no shop."""
    return PaymentFacts(
        amount_yen=amount_yen,
        coin_yen=amount_yen,
        merchant_class=None,
        **_moment_and_person(books, person_id),
    )


def facts_of_shop(books: Books, merchant: Holder) -> PaymentFacts:
    """What is known of a shop alone, before anybody pays: for what looks at nothing else."""
    return PaymentFacts(amount_yen=0, coin_yen=0, business_date=books.today, **_shop(merchant))


def _shop(merchant: Holder) -> dict[str, Any]:
    return {
        "merchant_class": merchant.facts.get("merchant_class"),
        "merchant_id": merchant.holder_id,
        "category": merchant.facts.get("category"),
        "shop_area": merchant.facts.get("area"),
        "street": merchant.facts.get("street"),
    }


def _moment_and_person(books: Books, person_id: UUID) -> dict[str, Any]:
    person = books.holder(person_id, "person")
    known = NOBODY if person is None else person.facts
    today = books.today
    return {
        "business_date": today,
        "clock": _minute_of(books),
        "tier": tier_on(known, today),
        "person_area": known["area"],
        "is_person_area_verified": is_verified(known, "area", today),
        "age_band": known["age_band"],
        "is_age_band_verified": is_verified(known, "age_band", today),
    }


def _minute_of(books: Books) -> time:
    return books.local_time.time().replace(second=0, microsecond=0)
