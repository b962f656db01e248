"""What a campaign has counted so far, in memory: as the ledger's counters, by the same meters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from campaigns.conditions import day_number
from campaigns.decide import Grant
from campaigns.facts import Headroom
from campaigns.meters import Meter
from campaigns.near_end import FUNDED, LAST_DAY
from campaigns.rules import LiveCampaign
from simulations.parties import Person, Shop

Key = int | tuple[int, int]
"""Whose counter: a person's number, or with that of a shop; ALL for everybody's."""
ALL: Final = -1


@dataclass(slots=True)
class Counter:
    """One meter in its present period. Days only go forward, so what was before is not kept."""

    meter: Meter
    period: date | None = None
    used: dict[Key, int] = field(default_factory=dict)
    full: set[Key] = field(default_factory=set)
    """Whoever had used up the cap at the end of a period that is over."""

    def copy(self) -> "Counter":
        """The same figures, counted apart from now on."""
        return Counter(self.meter, self.period, dict(self.used), set(self.full))

    def period_of(self, day: date) -> date | None:
        """The period that a payment of that day is counted in; None is the whole campaign."""
        assert self.meter.period in {"day", "month", "campaign"}
        if self.meter.period == "campaign":
            return None
        return day if self.meter.period == "day" else day.replace(day=1)

    def turn(self, day: date) -> None:
        """Begin anew where a new period begins."""
        period = self.period_of(day)
        if period != self.period:
            self.full |= self.at_cap()
            self.used.clear()
            self.period = period

    def key(self, person: Person, shop: Shop) -> Key:
        """Whose counter a payment moves."""
        if self.meter.is_of_all:
            return ALL
        return (person.number, shop.number) if self.meter.is_per_merchant else person.number

    def at_cap(self) -> set[Key]:
        """Whoever has used up the cap in this period."""
        cap = self.meter.cap
        return set() if cap is None else {key for key, used in self.used.items() if used >= cap}


@dataclass(slots=True, eq=False)
class Accounts:
    """What a simulation keeps of one campaign: its budget and its counters."""

    campaign: LiveCampaign
    budget_yen: int
    funded_yen: int = 0
    """What funders promised and did not get back."""
    due_yen: int = 0
    """Taken back and not collected yet."""
    last_day: date | None = None
    """Announced, before the campaign's own."""
    counters: tuple[Counter, ...] = ()

    def __post_init__(self) -> None:
        if not self.counters:
            self.counters = tuple(map(Counter, self.campaign.rules.meters))

    def copy(self, budget_yen: int) -> "Accounts":
        """The same campaign as it stands, with another budget."""
        return Accounts(
            self.campaign, budget_yen, self.funded_yen, self.due_yen, self.last_day,
            tuple(each.copy() for each in self.counters),
        )  # fmt: skip

    def become(self, campaign: LiveCampaign) -> None:
        """Go by other terms from now on; what was counted by a meter of the same name stays."""
        kept = {counter.meter.name: counter for counter in self.counters}
        self.counters = tuple(
            Counter(meter, was.period, was.used, was.full)
            if (was := kept.get(meter.name)) is not None
            else Counter(meter)
            for meter in campaign.rules.meters
        )
        self.campaign = campaign

    def turn(self, day: date) -> None:
        """Begin the periods that begin on this day."""
        for counter in self.counters:
            counter.turn(day)

    def headroom(self, person: Person, shop: Shop) -> Headroom:
        """As `read_headroom` and `with_end` of campaigns read it from the books."""
        left: dict[str, int] = {}
        seen: dict[str, int] = {}
        for counter in self.counters:
            meter = counter.meter
            if meter.is_of_all:
                key: Key = ALL
            else:
                key = (person.number, shop.number) if meter.is_per_merchant else person.number
            used = counter.used.get(key, 0)
            if meter.cap is None:
                seen[meter.name] = used
            else:
                left[meter.name] = meter.cap - used if used < meter.cap else 0
        end = self.campaign.rules.end
        if end is not None and end.down_at_bp is not None:
            seen[FUNDED] = self.funded_yen
        elif end is not None and self.last_day is not None:
            seen[LAST_DAY] = day_number(self.last_day)
        return Headroom(self.budget_yen, left, seen)

    def count(self, counted: Iterable[tuple[Meter, int]], person: Person, shop: Shop) -> None:
        """Move the counters of a payment that was made today."""
        amounts = {meter.name: amount for meter, amount in counted}
        for counter in self.counters:
            amount = amounts.get(counter.meter.name)
            if amount:
                key = counter.key(person, shop)
                counter.used[key] = counter.used.get(key, 0) + amount

    def uncount(
        self, less: Iterable[tuple[Meter, int]], person: Person, shop: Shop, paid_on: date
    ) -> None:
        """Open counters again, in the payment's own period; one that is over is not kept."""
        amounts = {meter.name: amount for meter, amount in less}
        for counter in self.counters:
            amount = amounts.get(counter.meter.name)
            if amount and counter.period_of(paid_on) == counter.period:
                key = counter.key(person, shop)
                counter.used[key] = max(0, counter.used.get(key, 0) - amount)


@dataclass(slots=True)
class Followed:
    """A payment that is going to be refunded, as it was decided."""

    person: Person
    shop: Shop
    paid_on: date
    amount_yen: int
    coin_yen: int
    grants: list[Grant]
    campaigns: list[LiveCampaign]
    """Of each grant, under the terms that it was decided by."""
    refunded_yen: int = 0
