"""What a decision may know: facts of the payment, and what caps and budget had left."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final
from uuid import UUID

WHOLE_BP = 10_000
"""A whole in basis points."""


@dataclass(slots=True)
class PaymentFacts:
    """A payment as campaigns see it. None is a fact that is not known: nobody gets by on that.

    Not frozen, since one is made for each payment: that would take it five times as long. Whoever
    decides reads it only.
    """

    amount_yen: int
    coin_yen: int
    """The part that is paid in bought coin."""
    business_date: date
    """A day of the region's zone."""
    merchant_class: str | None
    clock: time | None = None
    """On the clocks of the town."""
    merchant_id: UUID | None = None
    category: str | None = None
    shop_area: str | None = None
    street: str | None = None
    """The shopping street that the merchant is of."""
    mode: str | None = None
    tier: str | None = None
    """How far it is known who the person is, on that day."""
    person_area: str | None = None
    is_person_area_verified: bool = False
    age_band: str | None = None
    is_age_band_verified: bool = False
    is_first_payment: bool | None = None
    """Whether the person has never paid before, in any wallet of the region."""


OF_THE_ENTRY: Final = (
    *("amount_yen", "coin_yen", "business_date", "merchant_class", "clock", "merchant_id"),
)
"""Facts that a payment's entry always tells: the store names the merchant, its time the clock."""
OF_THE_PLACE: Final = ("category", "shop_area", "street", "mode")
"""Facts that are nobody's in person: an entry keeps those that a live campaign asks for."""
OF_THE_PERSON: Final = (
    *("tier", "person_area", "is_person_area_verified", "age_band", "is_age_band_verified"),
    "is_first_payment",
)
"""Facts about who pays: those that a campaign asks for stand apart, `ledger/commit_facts.py`."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """What was left as it was read; a decision is computed again from this and the facts."""

    budget_yen: int
    left: Mapping[str, int] = field(default_factory=dict)
    """By the name of a cap, what it still allows: points or times."""
    seen: Mapping[str, int] = field(default_factory=dict)
    """By the name of a tally, how far it had come: yen or payments. Where a form looks at its end,
    also what was `funded` in yen, and an announced `last_day` as YYYYMMDD."""
