"""Add sales up: by day, store and cut, and by who came. Pure; the same for tables and for today."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from merchants.sale import Customers, Cut, Figures, Grain, Sale

GRAINS: Final[tuple[Grain, ...]] = ("day", "week", "month")


class DayKey(NamedTuple):
    """What a row of `merchants.sales_day` is about."""

    merchant_id: UUID
    cut: Cut
    day: date
    store_id: UUID
    part: str


class PeriodKey(NamedTuple):
    """What a row of `merchants.sales_customers` is about."""

    scope_id: UUID
    grain: Grain
    begins_on: date


Visitors = Mapping[tuple[UUID, UUID], date]
"""The last day on which a person paid, by scope (merchant or store) and person."""


@dataclass(slots=True)
class Rolled:
    """By how much the tables change; of visitors, how they are now."""

    days: defaultdict[DayKey, Figures] = field(default_factory=lambda: defaultdict(Figures))
    customers: defaultdict[PeriodKey, Customers] = field(
        default_factory=lambda: defaultdict(Customers)
    )
    visitors: dict[tuple[UUID, UUID], date] = field(default_factory=dict)


def fold(sales: Iterable[Sale], before: Visitors) -> Rolled:
    """What these sales add, in the order in which they were made, to people who came `before`."""
    rolled = Rolled()
    for sale in sales:
        for cut, part, cashback_yen in _cuts(sale):
            key = DayKey(sale.merchant_id, cut, sale.day, sale.store_id, part)
            rolled.days[key].count(sale, cashback_yen)
        if sale.kind == "payment":
            for scope_id in (sale.merchant_id, sale.store_id):
                _visit(rolled, before, scope_id, sale)
    return rolled


def begin_of(grain: Grain, day: date) -> date:
    """The first day of the day, of the ISO week (a Monday), or of the month."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def _cuts(sale: Sale) -> Iterator[tuple[Cut, str, int]]:
    """Which rows a sale counts in, and how much of its cashback with it."""
    cashback_yen = sum(yen for _, yen in sale.cashbacks)
    yield "all", "", cashback_yen
    yield "hour", f"{sale.hour:02d}", cashback_yen
    yield "terminal", sale.terminal, cashback_yen
    if sale.kind != "payment":
        yield "clerk", sale.clerk, cashback_yen
    for campaign_id, yen in sale.cashbacks:
        yield "campaign", str(campaign_id), yen


def _visit(rolled: Rolled, before: Visitors, scope_id: UUID, sale: Sale) -> None:
    """Count a person once in each period: business dates never go back, so the last one tells."""
    known = (scope_id, sale.person_id)
    last = rolled.visitors.get(known) or before.get(known)
    if last == sale.day:
        return
    assert last is None or last < sale.day, "business dates never go back"
    rolled.visitors[known] = sale.day
    for grain in GRAINS:
        begins_on = begin_of(grain, sale.day)
        if last is None or last < begins_on:
            came = rolled.customers[PeriodKey(scope_id, grain, begins_on)]
            came.customers += 1
            came.new_customers += last is None
