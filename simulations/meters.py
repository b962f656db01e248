"""What a campaign has counted so far, in memory: as the ledger's counters, by the same meters."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from campaigns.conditions import day_number
from campaigns.decide import Grant
from campaigns.facts import Headroom, PaymentFacts
from campaigns.grant import amounts_counted
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
    _by_name: dict[str, Counter] = field(default_factory=dict)
    _caps: list[tuple[dict[Key, int], str, int]] = field(default_factory=list)
    """Of the caps of a person: what each has used, the meter's name, and the cap."""
    _others: list[Counter] = field(default_factory=list)
    _points: list[dict[Key, int]] = field(default_factory=list)
    """Of the caps of a person that count points, what each has used."""
    _rest: dict[str, Counter] = field(default_factory=dict)
    """What else is counted, by the meters' names."""

    def __post_init__(self) -> None:
        self._keep(self.counters or tuple(map(Counter, self.campaign.rules.meters)))

    def _keep(self, counters: tuple[Counter, ...]) -> None:
        """Most counters are caps of a person: these are read in one go."""
        self.counters = counters
        self._by_name = {counter.meter.name: counter for counter in counters}
        self._caps, self._others, self._points, self._rest = [], [], [], {}
        for counter in counters:
            meter = counter.meter
            is_of_person = not (meter.is_of_all or meter.is_per_merchant)
            if is_of_person and meter.cap is not None:
                self._caps.append((counter.used, meter.name, meter.cap))
            else:
                self._others.append(counter)
            if is_of_person and meter.unit == "points":
                self._points.append(counter.used)
            else:
                self._rest[meter.name] = counter

    def copy(self, budget_yen: int) -> "Accounts":
        """The same campaign as it stands, with another budget."""
        return Accounts(
            self.campaign, budget_yen, self.funded_yen, self.due_yen, self.last_day,
            tuple(each.copy() for each in self.counters),
        )  # fmt: skip

    def become(self, campaign: LiveCampaign) -> None:
        """Go by other terms from now on; what was counted by a meter of the same name stays."""
        kept = self._by_name
        self.campaign = campaign
        self._keep(
            tuple(
                Counter(meter, was.period, was.used, was.full)
                if (was := kept.get(meter.name)) is not None
                else Counter(meter)
                for meter in campaign.rules.meters
            )
        )

    def turn(self, day: date) -> None:
        """Begin the periods that begin on this day."""
        for counter in self.counters:
            counter.turn(day)

    def headroom(self, person: Person, shop: Shop) -> Headroom:
        """As `read_headroom` and `with_end` of campaigns read it from the books."""
        number = person.number
        left = {
            name: cap - used if (used := counts.get(number, 0)) < cap else 0
            for counts, name, cap in self._caps
        }
        seen: dict[str, int] = {}
        for counter in self._others:
            meter = counter.meter
            used = counter.used.get(counter.key(person, shop), 0)
            if meter.cap is None:
                seen[meter.name] = used
            else:
                left[meter.name] = max(0, meter.cap - used)
        end = self.campaign.rules.end
        if end is not None and end.down_at_bp is not None:
            seen[FUNDED] = self.funded_yen
        elif end is not None and self.last_day is not None:
            seen[LAST_DAY] = day_number(self.last_day)
        return Headroom(self.budget_yen, left, seen)

    def count(self, grant: Grant, facts: PaymentFacts, person: Person, shop: Shop) -> None:
        """Move the counters of a payment that is made today."""
        points, number = grant.rebate_points, person.number
        if points:
            for counts in self._points:
                counts[number] = counts.get(number, 0) + points
        if self._rest:
            for meter, amount in amounts_counted(self.campaign, grant, facts):
                counter = self._rest.get(meter.name)
                if counter is not None:
                    key = counter.key(person, shop)
                    counter.used[key] = counter.used.get(key, 0) + amount

    def uncount(
        self, less: Iterable[tuple[Meter, int]], person: Person, shop: Shop, paid_on: date
    ) -> None:
        """Open counters again, in the payment's own period; one that is over is not kept."""
        for meter, amount in less:
            counter = self._by_name.get(meter.name)  # other terms may count less
            if counter is not None and counter.period_of(paid_on) == counter.period:
                key = counter.key(person, shop)
                counter.used[key] = max(0, counter.used.get(key, 0) - amount)


@dataclass(slots=True)
class Followed:
    """A payment that is going to be refunded, or its points rejected, as it was decided."""

    person: Person
    shop: Shop
    paid_on: date
    amount_yen: int
    coin_yen: int
    grants: list[Grant]
    campaigns: list[LiveCampaign]
    """Of each grant, under the terms that it was decided by."""
    refunded_yen: int = 0
    taken: dict[UUID, int] = field(default_factory=dict)
    """By campaign, points that refunds took back."""
    rejected: dict[UUID, int] = field(default_factory=dict)
    """By campaign, points that went back to the budget after a check: no refund takes these."""

    def copy(self) -> "Followed":
        """The same, which goes its own way from here on."""
        return replace(self, taken=dict(self.taken), rejected=dict(self.rejected))
