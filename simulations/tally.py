"""What a trial adds up: yen by day, by person and by shop, of the form that is tried."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class Day:
    """One day of a trial; yen of rebates and cashback together."""

    granted_yen: int = 0
    taken_back_yen: int = 0
    """By refunds made on this day, of payments of any day."""

    @property
    def cost_yen(self) -> int:
        """What the day cost; below zero where refunds brought back more."""
        return self.granted_yen - self.taken_back_yen


@dataclass(slots=True)
class Tally:
    """Sums of one trial, and one number for each person and shop that got anything."""

    payments: int = 0
    payments_granted: int = 0
    rebate_points: int = 0
    cashback_yen: int = 0
    taken_points: int = 0
    taken_cashback_yen: int = 0
    days: dict[date, Day] = field(default_factory=dict)
    points_of: dict[int, int] = field(default_factory=dict)
    """By person: points, less what refunds took back."""
    served: set[int] = field(default_factory=set)
    """People for whose payments anything was granted, be it to the shop alone."""
    yen_of: dict[int, int] = field(default_factory=dict)
    """By shop: rebates and cashback for payments there, less what refunds took back."""
    emptied_on: date | None = None
    """The first day on which a payment found nothing in the budget, or left nothing."""
    unknown: set[int] = field(default_factory=set)
    """People of whom nobody knows any more what campaigns may know."""

    def grant(self, today: Day, person: int, shop: int, points: int, cashback_yen: int) -> None:
        """Something was granted for a payment."""
        spent_yen = points + cashback_yen
        self.payments_granted += 1
        self.served.add(person)
        self.rebate_points += points
        self.cashback_yen += cashback_yen
        today.granted_yen += spent_yen
        self.yen_of[shop] = self.yen_of.get(shop, 0) + spent_yen
        if points:
            self.points_of[person] = self.points_of.get(person, 0) + points

    def take_back(self, today: Day, person: int, shop: int, points: int, cashback_yen: int) -> None:
        """A refund took back what would not have been granted for what remains."""
        self.taken_points += points
        self.taken_cashback_yen += cashback_yen
        today.taken_back_yen += points + cashback_yen
        self.yen_of[shop] = self.yen_of.get(shop, 0) - points - cashback_yen
        if points:
            self.points_of[person] = self.points_of.get(person, 0) - points
