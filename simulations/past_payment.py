"""A past payment, as a source tells a trial of it."""

from datetime import date, time
from typing import NamedTuple

from campaigns.facts import WHOLE_BP
from simulations.parties import Person, Shop


class PastPayment(NamedTuple):
    """Who paid where, when and how much."""

    payment_id: bytes
    """The id of its entry."""
    person: Person
    shop: Shop
    day: date
    clock: time
    """The minute, on the clocks of the town."""
    amount_yen: int
    coin_yen: int
    is_refunded: bool
    """Some of it will be given back: a trial then remembers what it granted."""

    def larger(self, multiplier_bp: int) -> "PastPayment":
        """The same with other amounts, rounded down."""
        return self._replace(
            amount_yen=self.amount_yen * multiplier_bp // WHOLE_BP,
            coin_yen=self.coin_yen * multiplier_bp // WHOLE_BP,
        )
