"""The cells of a table: their public keys, and which are merged into another. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import product
from typing import Final, get_args
from uuid import UUID

from insights.mechanism import FEWEST_BUSINESSES
from insights.plan import OTHER, StatisticsPlan, codes_of, steps_from
from insights.released import TableName
from residents.person import AgeBand

Keys = tuple[str, ...]
UNKNOWN: Final = "unknown"
"""The age band of whoever did not tell one."""
AGE_BANDS: Final[tuple[str, ...]] = (*get_args(AgeBand), UNKNOWN)


@dataclass(frozen=True, slots=True)
class Shop:
    """Where a store stands by the plan's lists, and whose it is."""

    merchant_id: UUID
    area: str
    district: str
    category: str
    is_open: bool
    """Whether it counts as a registered business."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What is told of a table."""

    keys: tuple[Keys, ...]
    """In the order of the lists."""
    merged: Mapping[Keys, Keys]
    """Keys that are not told, and in which they are counted."""
    withheld: frozenset[Keys]
    """Keys of too few businesses with no other to go into: counted, and suppressed always."""

    def place_of(self, keys: Keys) -> int:
        """The number of the cell in which these keys are counted."""
        return self.keys.index(self.merged.get(keys, keys))


def place(plan: StatisticsPlan, area: str, district: str | None) -> tuple[str, str]:
    """Area and district of what is said to lie in `area`, more closely in `district`.

    A district decides, also where its code stands as the area; what no list has is the rest.
    """
    areas = {each.code for each in plan.areas}
    within = {each.code: each.area for each in plan.districts}
    for said in (district, area):
        if said in within:
            return within[said], said
    return (area if area in areas else OTHER), OTHER


def category(plan: StatisticsPlan, code: str) -> str:
    """The category as the list has it."""
    return code if any(each.code == code for each in plan.categories) else OTHER


def keys_of(table: TableName, plan: StatisticsPlan) -> tuple[Keys, ...]:
    """All keys of a table, by the lists alone."""
    areas = codes_of(plan.areas)
    match table:
        case "area_category":
            return tuple(product(areas, codes_of(plan.categories)))
        case "district":
            return tuple((code,) for code in codes_of(plan.districts))
        case "area_age_band":
            return tuple(product(areas, AGE_BANDS))
        case "hour_weekday":
            return tuple((str(day), f"{hour:02d}") for day in range(1, 8) for hour in range(24))


def merge(table: TableName, plan: StatisticsPlan, shops: AbstractSet[Shop]) -> Cells:
    """The cells that are told: of three registered businesses at least, by the plan's fixed map.

    Those whose way to the rest is longest go first, so that nothing is merged that a merged one
    would have made large enough.
    """
    keys = keys_of(table, plan)
    if table == "hour_weekday":
        return Cells(keys, {}, frozenset())
    businesses: dict[Keys, set[UUID]] = {each: set() for each in keys}
    for shop in shops:
        if shop.is_open:
            for each in _keys_of_shop(table, shop):
                businesses[each].add(shop.merchant_id)
    merged: dict[Keys, Keys] = {}
    for each in sorted(keys, key=lambda one: -len(_way(table, plan, one))):
        way = _way(table, plan, each)
        if len(businesses[each]) < FEWEST_BUSINESSES and way:
            target = next(one for one in way if one not in merged)
            businesses[target] |= businesses.pop(each)
            merged[each] = target
    told = tuple(each for each in keys if each not in merged)
    few = frozenset(one for one in told if len(businesses[one]) < FEWEST_BUSINESSES)
    return Cells(told, {each: _end(each, merged) for each in merged}, few)


def _end(keys: Keys, merged: Mapping[Keys, Keys]) -> Keys:
    while keys in merged:
        keys = merged[keys]
    return keys


def _keys_of_shop(table: TableName, shop: Shop) -> list[Keys]:
    match table:
        case "area_category":
            return [(shop.area, shop.category)]
        case "district":
            return [(shop.district,)]
        case _:
            return [(shop.area, band) for band in AGE_BANDS]


def _way(table: TableName, plan: StatisticsPlan, keys: Keys) -> list[Keys]:
    """Where the keys go, step by step, by the plan; empty for the rest itself.

    A category goes on within its area before the area goes on.
    """
    if table == "district":
        return (
            []
            if keys == (OTHER,)
            else [(code,) for code in steps_from(keys[0], plan.merges.districts)]
        )
    area, second = keys
    steps: list[Keys] = []
    if table == "area_category" and second != OTHER:
        steps += [(area, code) for code in steps_from(second, plan.merges.categories)]
        second = OTHER
    if area != OTHER:
        steps += [(code, second) for code in steps_from(area, plan.merges.areas)]
    return steps
