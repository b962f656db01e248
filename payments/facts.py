"""What campaigns may know of a payment or top-up: from the books, and nothing that names people."""

from datetime import datetime, time
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.facts import PaymentFacts
from ledger.books import Books, Holder
from payments.first_payment import has_paid
from payments.lots import Part, coin_part
from residents.person import is_verified, known_of, tier_on

PAYER: Final = "payer"
"""Fact of a payment, and of what gives it back, where a shop paid: campaigns were not asked."""
SHOP_QR: Final = "shop_qr"
"""The resident reads the shop's code: the one way in which a payment is made today."""


def facts_of(
    books: Books, person_id: UUID, merchant: Holder, amount_yen: int, parts: list[Part]
) -> PaymentFacts:
    """The facts of a payment that this person is about to make at this merchant."""
    facts = facts_of_shop(books, merchant)
    facts.amount_yen, facts.coin_yen = amount_yen, coin_part(parts)
    facts.mode = SHOP_QR
    facts.is_first_payment = not has_paid(books, person_id)
    _add_moment_and_person(facts, books, person_id)
    return facts


def facts_of_top_up(books: Books, person_id: UUID, amount_yen: int) -> PaymentFacts:
    """The facts of a top-up that goes to this person now: all of it is coin, and at no shop."""
    facts = PaymentFacts(amount_yen, amount_yen, books.today, merchant_class=None)
    _add_moment_and_person(facts, books, person_id)
    return facts


def facts_of_shop(books: Books, merchant: Holder) -> PaymentFacts:
    """What is known of a shop alone, before anybody pays: for what looks at nothing else."""
    known = merchant.facts
    return PaymentFacts(
        amount_yen=0,
        coin_yen=0,
        business_date=books.today,
        merchant_class=known.get("merchant_class"),
        merchant_id=merchant.holder_id,
        category=known.get("category"),
        shop_area=known.get("area"),
        street=known.get("street"),
    )


def _add_moment_and_person(facts: PaymentFacts, books: Books, person_id: UUID) -> None:
    known, today = known_of(books, person_id), books.today
    facts.clock = _minute_of(books.now, books.zone)
    facts.tier = tier_on(known, today)
    facts.person_area = known["area"]
    facts.is_person_area_verified = is_verified(known, "area", today)
    facts.age_band = known["age_band"]
    facts.is_age_band_verified = is_verified(known, "age_band", today)


@lru_cache(maxsize=64)
def _minute_of(now: datetime, zone: ZoneInfo) -> time:
    """On the clocks of the town: found once for all commands of a batch."""
    return now.astimezone(zone).time().replace(second=0, microsecond=0)
