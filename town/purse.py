"""One wallet by the town's own arithmetic: coin, points, what is owed, what the campaign grants.

Written apart from the system that it checks: a few lines, no shared code, no budget (the budget is
chosen so that it lasts the day, see terms.py).
"""

from dataclasses import dataclass, field

from town import terms


@dataclass(slots=True)
class Sale:
    """One payment as it stands: what was paid with what, and what is still granted for it."""

    coin_yen: int
    points: int
    rebated: bool
    headroom_points: int
    rebate_points: int
    cashback_yen: int
    refunded_yen: int = 0

    @property
    def remaining_yen(self) -> int:
        """What can still be refunded."""
        return self.coin_yen + self.points - self.refunded_yen


@dataclass(slots=True)
class Purse:
    """A wallet's value; every method keeps all of it at zero or more.

    `owed_yen` is owed to the issuer for a reversed top-up, `owed_points` to the campaign's budget
    for points that were spent before they were clawed back.
    """

    coin_yen: int = 0
    points: int = 0
    owed_yen: int = 0
    owed_points: int = 0
    granted_points: int = 0
    sales: dict[int, Sale] = field(default_factory=dict)

    def top_up(self, amount_yen: int) -> None:
        """Paid value comes in."""
        self.coin_yen += amount_yen

    def reverse(self, amount_yen: int) -> None:
        """A top-up is taken back: the coin that is there, the rest is owed."""
        taken_yen = min(self.coin_yen, amount_yen)
        self.coin_yen -= taken_yen
        self.owed_yen += amount_yen - taken_yen

    def pay(self, number: int, amount_yen: int, *, rebated: bool) -> Sale:
        """Pay with points first, then coin; the campaign grants on the coin part."""
        points = min(self.points, amount_yen)
        coin_yen = amount_yen - points
        assert coin_yen <= self.coin_yen, "the plan pays only what is there"
        self.points -= points
        self.coin_yen -= coin_yen
        headroom_points = terms.CAP_PERSON_MONTH_POINTS - self.granted_points
        sale = Sale(
            coin_yen=coin_yen,
            points=points,
            rebated=rebated,
            headroom_points=headroom_points,
            rebate_points=_rebate(coin_yen, headroom_points, rebated=rebated),
            cashback_yen=_cashback(coin_yen, rebated=rebated),
        )
        self.sales[number] = sale
        self._grant(sale.rebate_points)
        return sale

    def refund(self, number: int, amount_yen: int) -> Sale:
        """Give back in reverse order of use (coin, then points) and take back what was granted.

        Points that come back of a payment that the campaign granted for settle what is owed to it.
        """
        sale = self.sales[number]
        assert 0 < amount_yen <= sale.remaining_yen, "the plan refunds only what was paid"
        coin_before_yen = max(0, sale.coin_yen - sale.refunded_yen)
        sale.refunded_yen += amount_yen
        coin_left_yen = max(0, sale.coin_yen - sale.refunded_yen)
        self.coin_yen += coin_before_yen - coin_left_yen
        returned = amount_yen - (coin_before_yen - coin_left_yen)
        settled = min(self.owed_points, returned) if sale.rebated else 0
        self.owed_points -= settled
        self.points += returned - settled
        kept_points = _rebate(coin_left_yen, sale.headroom_points, rebated=sale.rebated)
        self._claw_back(sale.rebate_points - min(sale.rebate_points, kept_points))
        sale.rebate_points = min(sale.rebate_points, kept_points)
        sale.cashback_yen = _cashback(coin_left_yen, rebated=sale.rebated)
        return sale

    def _grant(self, points: int) -> None:
        self.granted_points += points
        to_budget = min(self.owed_points, points)
        to_issuer = min(self.owed_yen, points - to_budget)
        self.owed_points -= to_budget
        self.owed_yen -= to_issuer
        self.points += points - to_budget - to_issuer

    def _claw_back(self, points: int) -> None:
        self.granted_points -= points
        taken = min(self.points, points)
        self.points -= taken
        self.owed_points += points - taken


def _rebate(coin_yen: int, headroom_points: int, *, rebated: bool) -> int:
    if not rebated:
        return 0
    return min(
        coin_yen * terms.REBATE_BP // 10_000,
        terms.CAP_PAYMENT_POINTS,
        headroom_points,
    )


def _cashback(coin_yen: int, *, rebated: bool) -> int:
    return coin_yen * terms.CASHBACK_BP // 10_000 if rebated else 0
