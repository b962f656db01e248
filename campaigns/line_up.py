"""The live campaigns of a region, made ready: in order, and which of them are asked at a shop."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import time
from itertools import chain
from operator import attrgetter
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from campaigns.ask import of_the_person, of_the_place
from campaigns.conditions import Check
from campaigns.facts import PaymentFacts
from campaigns.reasons import Reason
from campaigns.rules import LiveCampaign
from core.ids import NIL

MOST_PLACES: Final = 4_000
"""Shops at one time of one day that a line-up remembers; then it begins anew."""
MOST_PEOPLE: Final = 20_000
"""The same of kinds of people at those places, all together."""
MOST_AWAY_TOLD: Final = 3
"""Of those that a shop has nothing to do with, so many are remembered with the reason."""

Unit = tuple[LiveCampaign, ...]
"""Campaigns of one group, of which one grants; a campaign alone is a group."""


Kept = dict[str, Any]
"""Facts by their names in `PaymentFacts`. What is None was asked for, and is not known."""


class Refused(NamedTuple):
    """A campaign that does not apply, and the first reason why."""

    campaign: LiveCampaign
    reason: Reason


class _Granted(Protocol):
    @property
    def campaign_id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What the campaigns of a place say of one kind of person."""

    units: tuple[Unit, ...]
    """Those whose conditions about the person are met, too: their amounts are looked at."""
    refused: tuple[Refused, ...]
    """The others, in the order in which they are served."""


@dataclass(frozen=True, slots=True)
class Here:
    """Which campaigns are asked about a payment at one shop at one time of a day."""

    units: tuple[Unit, ...]
    """Those whose conditions about day, hour, shop and way of paying are met."""
    away: tuple[Refused, ...]
    """The first of the others; `LineUp.away` has all of them."""
    asked_of_person: tuple[str, ...]
    """The facts about the person that they ask for."""
    people: dict[tuple[object, ...], Asked] = field(default_factory=dict, repr=False, compare=False)
    """What they say of people, by those facts in that order; `LineUp.asked` fills it."""


class LineUp:
    """Live campaigns in the order in which they are served.

    What does not depend on the person is looked at once for all payments at a shop, until the day
    or one of the campaigns' hours changes; the rest once for all people of whom the same is known.
    It is remembered, so build it once and keep it: what it answers depends on campaigns and facts
    alone.
    """

    def __init__(self, campaigns: Iterable[LiveCampaign]) -> None:
        self.ordered: tuple[LiveCampaign, ...] = tuple(
            sorted(campaigns, key=attrgetter("rules.order"))
        )
        self._units = tuple(_units(self.ordered))
        self.served: tuple[LiveCampaign, ...] = tuple(chain.from_iterable(self._units))
        """In the order in which they take from the ceiling: a group stands where its first does."""
        self._places = {each.campaign_id: place for place, each in enumerate(self.served)}
        self.asked_of_place = of_the_place(each.rules.asked for each in self.ordered)
        """The facts about shop and way of paying that any of them asks for."""
        self._hours = sorted(set(_hours(self.ordered)))
        self._named = frozenset(named_shops(self.ordered))
        self._here: dict[object, Here] = {}
        self._people = 0

    def place(self, grant: _Granted) -> int:
        """When its campaign is served; grants of a payment are kept in this order."""
        return self._places[grant.campaign_id]

    def here(self, facts: PaymentFacts) -> Here:
        """Which are asked about this payment, by day, hour, shop and way of paying."""
        place = (
            facts.business_date,
            None if facts.clock is None else bisect_right(self._hours, facts.clock),
            self._as_named(facts.merchant_id),
            facts.merchant_class,
            facts.category,
            facts.shop_area,
            facts.street,
            facts.mode,
        )
        found = self._here.get(place)
        if found is None:
            if len(self._here) >= MOST_PLACES:
                self._here.clear()
                self._people = 0
            found = self._here[place] = self._look(facts)
        return found

    def _as_named(self, merchant_id: UUID | None) -> UUID | None:
        """Shops that no campaign names are one, but for one that is not known: that is its own."""
        return merchant_id if merchant_id is None or merchant_id in self._named else NIL

    def asked(self, here: Here, facts: PaymentFacts) -> Asked:
        """Which of those are asked about the amount, by what they want to know of the person."""
        person = tuple([getattr(facts, name) for name in here.asked_of_person])
        found = here.people.get(person)
        if found is None:
            if self._people >= MOST_PEOPLE:
                self._here.clear()
                self._people = 0
            self._people += 1
            found = here.people[person] = _sort_out(here.units, facts)
        return found

    def kept_of(self, facts: PaymentFacts) -> tuple[Kept, Kept]:
        """What is kept of a payment to decide it again: of the place, and of the person.

        Of the person only what those ask for that are asked here: of the others the place says why
        not. So whoever pays where nobody asks for ages leaves no age behind.
        """
        here = self.here(facts)
        return (
            {name: getattr(facts, name) for name in self.asked_of_place},
            {name: getattr(facts, name) for name in here.asked_of_person},
        )

    def away(self, facts: PaymentFacts) -> Iterator[Refused]:
        """Those that have nothing to do with this shop at this time, each with the reason."""
        for campaign in self.ordered:
            why_not = first_obstacle(campaign.rules.checks_of_place, facts)
            if why_not is not None:
                yield Refused(campaign, why_not)

    def _look(self, facts: PaymentFacts) -> Here:
        away = tuple(self.away(facts))
        units = _without(self._units, away)
        there = (each.rules.asked for unit in units for each in unit)
        return Here(units, away[:MOST_AWAY_TOLD], of_the_person(there))


def _sort_out(units: Iterable[Unit], facts: PaymentFacts) -> Asked:
    refused = [
        Refused(campaign, why_not)
        for unit in units
        for campaign in unit
        if (why_not := first_obstacle(campaign.rules.checks_of_person, facts)) is not None
    ]
    return Asked(_without(units, refused), tuple(refused))


def _without(units: Iterable[Unit], refused: Iterable[Refused]) -> tuple[Unit, ...]:
    gone = {each.campaign.campaign_id for each in refused}
    left = (
        tuple(campaign for campaign in unit if campaign.campaign_id not in gone) for unit in units
    )
    return tuple(filter(None, left))


def first_obstacle(checks: Sequence[Check], facts: PaymentFacts) -> Reason | None:
    """What the first check says that is not met."""
    for check in checks:
        why_not = check(facts)
        if why_not is not None:
            return why_not
    return None


def _units(ordered: Sequence[LiveCampaign]) -> Iterable[Unit]:
    """Each group stands where its first campaign does."""
    units: dict[object, list[LiveCampaign]] = {}
    for campaign in ordered:
        group = campaign.rules.group
        units.setdefault(campaign.campaign_id if group is None else group, []).append(campaign)
    return map(tuple, units.values())


def _hours(campaigns: Iterable[LiveCampaign]) -> Iterator[time]:
    for campaign in campaigns:
        when = campaign.terms.when
        if when is not None:
            yield from filter(None, (when.from_time, when.until_time))


def named_shops(campaigns: Iterable[LiveCampaign]) -> Iterator[UUID]:
    """Those that some campaign takes in or leaves out by their ids; it tells no others apart."""
    for campaign in campaigns:
        where = campaign.terms.where
        if where is not None:
            yield from (*(where.only_merchants or ()), *(where.except_merchants or ()))
