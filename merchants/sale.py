"""A sale as figures need it, and the figures that many of them come to."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Final, Literal
from uuid import UUID

Cut = Literal["all", "hour", "terminal", "clerk", "campaign"]
Grain = Literal["day", "week", "month"]

KINDS: Final = ("payment", "refund", "void")
"""The kinds of entries that sales are made of."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A payment, or what gave one back, on the day and in the hour on which it was made."""

    day: date
    hour: int
    """Of the region's zone, 0 to 23."""
    kind: str
    merchant_id: UUID
    store_id: UUID
    person_id: UUID
    """Who paid, or got it back."""
    amount_yen: int
    terminal: str
    """Of the payment: a refund counts where its payment was taken. Empty where nothing names it."""
    clerk: str
    """Who gave back; empty for a payment, which a resident makes at a code: no clerk is known."""
    cashbacks: tuple[tuple[UUID, int], ...]
    """By campaign, what was granted to the shop, or taken back from it; none is 0."""


@dataclass(slots=True)
class Figures:
    """Counts and yen, as many as there are columns; what was given back is not taken off."""

    payments: int = 0
    paid_yen: int = 0
    refunds: int = 0
    refunded_yen: int = 0
    voids: int = 0
    voided_yen: int = 0
    cashback_yen: int = 0
    """Granted by campaigns for the payments, before any refund."""
    cashback_taken_yen: int = 0
    """Taken back, or owed, since payments were given back."""

    @property
    def net_yen(self) -> int:
        """What was paid, less what was given back; under 0 where more came back than was paid."""
        return self.paid_yen - self.refunded_yen - self.voided_yen

    @property
    def average_yen(self) -> int | None:
        """Of a payment, rounded down to whole yen; None where there was none."""
        return self.paid_yen // self.payments if self.payments else None

    def add(self, other: "Figures") -> None:
        """Count the other's too."""
        for name in MEASURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def count(self, sale: Sale, cashback_yen: int) -> None:
        """Count one sale, with so much of its cashback."""
        if sale.kind == "payment":
            self.payments += 1
            self.paid_yen += sale.amount_yen
            self.cashback_yen += cashback_yen
            return
        self.cashback_taken_yen += cashback_yen
        if sale.kind == "refund":
            self.refunds += 1
            self.refunded_yen += sale.amount_yen
        else:
            self.voids += 1
            self.voided_yen += sale.amount_yen


MEASURES: Final = tuple(field.name for field in fields(Figures))
"""In the order of the columns."""


@dataclass(slots=True)
class Customers:
    """How many people paid, and for how many of them it was the first time here."""

    customers: int = 0
    new_customers: int = 0

    @property
    def returning(self) -> int:
        """Those who had paid here before."""
        return self.customers - self.new_customers

    def add(self, other: "Customers") -> None:
        """Count the other's too; right where nobody can be in both."""
        self.customers += other.customers
        self.new_customers += other.new_customers
