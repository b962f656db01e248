"""Who pays and where, as a simulation keeps them: numbered, so that what is counted is small."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from campaigns.facts import PaymentFacts
from ledger.books import Facts
from payments.facts import SHOP_QR
from payments.first_payment import ENOUGH
from residents.person import is_verified, tier_on

Known = tuple[str | None, str | None, bool, str | None, bool]
"""Tier, area and whether it is verified, age band and whether it is: as `PaymentFacts` has them."""

UNKNOWN: Known = (None, None, False, None, False)
"""Nobody can tell any more: such a person gets nothing where a form asks who it is."""


@dataclass(slots=True)
class Shop:
    """A merchant, as campaigns saw it."""

    number: int
    merchant_id: UUID
    merchant_class: str | None
    category: str | None
    area: str | None
    street: str | None = None
    """The shopping street that it is of at that time."""
    _day: date | None = None
    _at_hand: PaymentFacts | None = None

    def move(self, street: str | None) -> None:
        """From now on it is of this street."""
        self.street, self._at_hand = street, None

    def at_hand(self, day: date) -> PaymentFacts:
        """What is the same for all payments here on this day; the rest is to be filled in.

        One object, filled in from payment to payment. Nothing keeps it: what a decision returns has
        figures and codes.
        """
        facts = self._at_hand
        if facts is None or self._day is not day:
            self._day = day
            facts = self._at_hand = PaymentFacts(
                amount_yen=0,
                coin_yen=0,
                business_date=day,
                merchant_class=self.merchant_class,
                merchant_id=self.merchant_id,
                category=self.category,
                shop_area=self.area,
                street=self.street,
                mode=SHOP_QR,
            )
        return facts


@dataclass(slots=True)
class Person:
    """Whoever holds wallets; `facts` are those of the person's holder, None where unknown."""

    number: int
    facts: Facts | None
    paid: int = 0
    """How often the person has paid so far, in any wallet: 0, 1, or 2 for more than once."""
    is_erased: bool = field(init=False)
    """Whether what was known of the person is known no more."""
    _day: date | None = None
    _known: Known = UNKNOWN

    def __post_init__(self) -> None:
        self.become(self.facts)

    def become(self, facts: Facts | None) -> None:
        """From now on this is known of the person."""
        self.facts, self._day = facts, None
        self.is_erased = facts is None or "" in (facts["area"], facts["age_band"])

    def pay(self) -> None:
        """One payment more."""
        if self.paid < ENOUGH:
            self.paid += 1

    def unpay(self) -> None:
        """The one payment that was made was given back whole: the next one is the first again."""
        self.paid -= self.paid == 1

    def known_on(self, day: date) -> Known:
        """What campaigns may know on that day; a verification ends with its last day."""
        if self._day is not day:
            self._day, self._known = day, known_of(self.facts, day)
        return self._known


def known_of(facts: Facts | None, day: date) -> Known:
    """What `payments.facts.facts_of` tells campaigns of a person with these facts.

    Text that was erased from the journal is unknown.
    """
    if facts is None:
        return UNKNOWN
    return (
        tier_on(facts, day),
        facts["area"] or None,
        is_verified(facts, "area", day),
        facts["age_band"] or None,
        is_verified(facts, "age_band", day),
    )
