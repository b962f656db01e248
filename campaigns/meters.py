"""What a campaign counts: caps, which allow so much, and tallies, which only count."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import md5
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from campaigns.facts import Headroom
from campaigns.form import Amount, Form
from campaigns.reasons import (
    CUT_BY_CAMPAIGN_CAP,
    CUT_BY_DAY_BUDGET,
    CUT_BY_DAY_CAP,
    CUT_BY_MERCHANT_CAP,
    CUT_BY_MONTH_CAP,
    DAY_TIMES_USED,
    TIMES_USED,
)
from ledger.books import ENDLESS, LARGEST_YEN, Books, CounterKey

Times = Annotated[int, Field(ge=1, le=10_000)]
Unit = Literal["points", "times", "spent", "payments", "budget"]
"""Points granted; payments that got points; yen that rates looked at; payments that applied; yen
out of the budget, for the person and the shop."""


class Caps(Form):
    """The most that is granted: points to a person, yen to the merchant; null is no such cap.

    All but the two of one payment count by person, in days and months of the region's zone.
    """

    per_payment_points: Amount
    per_person_day_points: Amount | None = None
    per_person_month_points: Amount | None = None
    per_person_campaign_points: Amount | None = None
    per_person_merchant_points: Amount | None = None
    """For one person at one merchant, over the whole campaign."""
    per_person_day_times: Times | None = None
    """How many payments of a person may get points in a day."""
    per_person_campaign_times: Times | None = None
    cashback_per_payment_yen: Amount | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """One counter that a campaign keeps, of each person or of all together."""

    name: str
    """As headrooms call it."""
    counter: str
    """As the ledger calls it."""
    unit: Unit
    period: Literal["day", "month", "campaign"]
    cap: int | None
    """What it allows; None for a tally."""
    code: str = ""
    """The reason for a cap that cut, or that was used up."""
    is_per_merchant: bool = False
    is_of_all: bool = False
    """One counter for everybody: the campaign is its own subject."""

    @property
    def most(self) -> int:
        """What the ledger allows it to reach."""
        return LARGEST_YEN if self.cap is None else self.cap

    def key(self, person_id: UUID, campaign_id: UUID, merchant_id: UUID, day: date) -> CounterKey:
        """The counter in which a payment of that day is counted."""
        if self.period == "campaign":
            period = ENDLESS
        else:
            period = day if self.period == "day" else day.replace(day=1)
        scope = at_merchant(campaign_id, merchant_id) if self.is_per_merchant else campaign_id
        subject_id = campaign_id if self.is_of_all else person_id
        return CounterKey(subject_id, self.counter, scope, period)


MONTH_SPEND: Final = Meter("month_spend", "spent.month", "spent", "month", None)
STAMPS: Final = Meter("stamps", "stamps", "payments", "campaign", None)
VISITS: Final = Meter("visits", "visits", "payments", "campaign", None, is_per_merchant=True)


def meters_of_caps(caps: Caps) -> Iterator[Meter]:
    """The counters that these caps need, in the order in which they cut."""
    for meter in (
        Meter("day", "rebate.day", "points", "day", caps.per_person_day_points, CUT_BY_DAY_CAP),
        Meter(
            *("month", "rebate.month", "points", "month"),
            *(caps.per_person_month_points, CUT_BY_MONTH_CAP),
        ),
        Meter(
            *("campaign", "rebate.campaign", "points", "campaign"),
            *(caps.per_person_campaign_points, CUT_BY_CAMPAIGN_CAP),
        ),
        Meter(
            *("merchant", "rebate.merchant", "points", "campaign"),
            *(caps.per_person_merchant_points, CUT_BY_MERCHANT_CAP),
            is_per_merchant=True,
        ),
        Meter("day_times", "times.day", "times", "day", caps.per_person_day_times, DAY_TIMES_USED),
        Meter(
            *("campaign_times", "times.campaign", "times", "campaign"),
            *(caps.per_person_campaign_times, TIMES_USED),
        ),
    ):
        if meter.cap is not None:
            yield meter


def meter_of_day_budget(budget_per_day_yen: int) -> Meter:
    """What all grants of a day may take from the budget together."""
    return Meter(
        *("budget_day", "budget.day", "budget", "day"),
        *(budget_per_day_yen, CUT_BY_DAY_BUDGET),
        is_of_all=True,
    )


def at_merchant(campaign_id: UUID, merchant_id: UUID) -> UUID:
    """The scope of a counter of one campaign at one merchant: MD5 of both ids, as PostgreSQL's."""
    both = f"{campaign_id}{merchant_id}".encode()
    return UUID(bytes=md5(both, usedforsecurity=False).digest())


def read_headroom(
    books: Books,
    campaign_id: UUID,
    meters: tuple[Meter, ...],
    person_id: UUID,
    merchant_id: UUID,
    day: date,
) -> Headroom:
    """What the budget and each cap have left for this person, and how far each tally has come."""
    left: dict[str, int] = {}
    seen: dict[str, int] = {}
    for meter in meters:
        used = books.used(meter.key(person_id, campaign_id, merchant_id, day))
        if meter.cap is None:
            seen[meter.name] = used
        else:
            left[meter.name] = max(0, meter.cap - used)
    return Headroom(books.account(campaign_id, "budget").balance, left, seen)
