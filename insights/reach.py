"""Which released cells a campaign reaches, by public facts of shops, and which it does not. Pure.

The cube knows areas, categories and age bands; a form may also ask for classes, streets or single
shops. What decides is how many of a cell's registered businesses the form reaches: most of them, or
hardly any. Cells in between are on neither side.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from campaigns.facts import PaymentFacts
from campaigns.rules import LiveCampaign
from insights.released import TableName

Keys = tuple[str, ...]

MOSTLY_PERCENT: Final = 67
"""At least so many of 100 businesses of a cell: it is reached."""
HARDLY_PERCENT: Final = 10
"""At most so many: it is not."""


@dataclass(frozen=True, slots=True)
class Trader:
    """A registered business, as the public directory tells it, in one cell."""

    merchant_id: UUID
    merchant_class: str
    category: str
    area: str
    street: str | None
    cell: Keys
    """Of the table of areas and categories, in which its payments are counted."""

    def facts_of(self, amount_yen: int) -> PaymentFacts:
        """A payment there as campaigns see it, all of it in coin; of who pays nothing is known."""
        return PaymentFacts(
            amount_yen=amount_yen,
            coin_yen=amount_yen,
            business_date=date.min,
            merchant_class=self.merchant_class,
            merchant_id=self.merchant_id,
            category=self.category,
            shop_area=self.area,
            street=self.street,
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """The cells of one table on both sides of a comparison."""

    table: TableName
    reached: frozenset[Keys]
    others: frozenset[Keys]
    between: frozenset[Keys]
    """Of which some businesses are reached: compared with nothing."""
    businesses: int
    """So many are registered in all, and so many of them are reached."""
    reached_businesses: int


def reach_of(campaign: LiveCampaign, traders: Collection[Trader], cells: Iterable[Keys]) -> Reach:
    """Both sides, among these cells of the table that tells them apart.

    A form that asks for age bands, and reaches all shops, is compared by age band.
    """
    is_reached = _reaches(campaign)
    told = frozenset(cells)
    who = campaign.terms.who
    bands = frozenset(who.age_bands) if who is not None and who.age_bands else None
    all_shops = {trader.merchant_id for trader in traders}
    shops = {trader.merchant_id for trader in traders if is_reached(trader)}
    if bands is not None and shops == all_shops:
        by_band: dict[Keys, int | None] = {keys: 100 * (keys[1] in bands) for keys in told}
        return _parted("area_age_band", by_band, all_shops, shops)
    percents = _percents(lambda trader: trader.merchant_id in shops, traders)
    by_cell = {keys: percents.get(keys) for keys in told}
    return _parted("area_category", by_cell, all_shops, shops)


def cells_of_class(merchant_class: str, traders: Iterable[Trader]) -> frozenset[Keys]:
    """The cells of which most businesses are of this class."""
    percents = _percents(lambda trader: trader.merchant_class == merchant_class, traders)
    return frozenset(keys for keys, percent in percents.items() if percent >= MOSTLY_PERCENT)


def _reaches(campaign: LiveCampaign) -> Callable[[Trader], bool]:
    """Whether the form asks nothing of the shop that it is not. Of a bonus, all are reached."""
    checks = () if campaign.terms.bonus is not None else campaign.rules.checks_of_shop

    def is_reached(trader: Trader) -> bool:
        facts = trader.facts_of(1)
        return all(check(facts) is None for check in checks)

    return is_reached


def _percents(is_one: Callable[[Trader], bool], traders: Iterable[Trader]) -> dict[Keys, int]:
    """Of each cell that has businesses, how many of 100 of them are such, rounded down."""
    within: dict[Keys, dict[UUID, bool]] = {}
    for trader in traders:
        within.setdefault(trader.cell, {})[trader.merchant_id] = is_one(trader)
    return {keys: sum(found.values()) * 100 // len(found) for keys, found in within.items()}


def _parted(
    table: TableName,
    percents: dict[Keys, int | None],
    businesses: Collection[UUID],
    reached: Collection[UUID],
) -> Reach:
    """A cell without businesses is on neither side: what is told of it is noise."""
    sides: dict[str, set[Keys]] = {"reached": set(), "others": set(), "between": set()}
    for keys, percent in percents.items():
        if percent is None:
            continue
        if percent >= MOSTLY_PERCENT:
            sides["reached"].add(keys)
        elif percent <= HARDLY_PERCENT:
            sides["others"].add(keys)
        else:
            sides["between"].add(keys)
    return Reach(
        table,
        frozenset(sides["reached"]),
        frozenset(sides["others"]),
        frozenset(sides["between"]),
        len(businesses),
        len(reached),
    )
