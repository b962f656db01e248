"""The town's shops, made from a seed: class, category, area, name, how often they are visited."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final, Literal

from town import words

MerchantClass = Literal["street_member", "small", "convenience", "large"]

CLASS_SHARES: Final[dict[MerchantClass, int]] = {
    "street_member": 46,
    "small": 38,
    "convenience": 9,
    "large": 7,
}
"""Shops of each class in a hundred: a town whose shopping streets are its centre."""


@dataclass(frozen=True, slots=True)
class Category:
    """What a shop sells, what is typically paid there, in which classes such shops exist."""

    code: str
    ending: str
    median_yen: int
    classes: frozenset[MerchantClass]


_STREET: Final = frozenset[MerchantClass]({"street_member", "small"})

CATEGORIES: Final = (
    Category("bakery", "ベーカリー", 780, _STREET),
    Category("greengrocer", "青果店", 1_150, _STREET),
    Category("butcher", "精肉店", 1_500, _STREET),
    Category("fishmonger", "鮮魚店", 1_650, _STREET),
    Category("cafe", "喫茶室", 900, _STREET),
    Category("diner", "食堂", 1_180, _STREET),
    Category("izakaya", "酒場", 3_900, _STREET),
    Category("sweets", "菓子舗", 1_300, _STREET),
    Category("florist", "生花店", 2_100, _STREET),
    Category("books", "書店", 1_600, _STREET),
    Category("pharmacy", "薬局", 1_750, _STREET),
    Category("hair", "理容室", 4_200, _STREET),
    Category("clothes", "洋品店", 4_600, _STREET),
    Category("laundry", "クリーニング", 1_450, _STREET),
    Category("bath", "湯", 550, _STREET),
    Category("tools", "金物店", 2_200, _STREET),
    Category("convenience", "マート", 640, frozenset({"convenience"})),
    Category("supermarket", "ストア", 2_600, frozenset({"large"})),
    Category("drugstore", "ドラッグ", 2_000, frozenset({"large"})),
    Category("home_centre", "ホームセンター", 3_400, frozenset({"large"})),
)


@dataclass(frozen=True, slots=True)
class Shop:
    """One merchant with its one store; `number` counts from 0, `weight` is its share of visits."""

    number: int
    name: str
    merchant_class: MerchantClass
    category: Category
    area: str
    weight: int


def make_shops(count: int, seed: int) -> tuple[Shop, ...]:
    """Make `count` shops (at least 1). The same count and seed make the same shops."""
    assert count >= 1, count
    rng = Random(f"shops/{seed}/{count}")
    classes = _classes(count, rng)
    ranks = list(range(1, count + 1))
    rng.shuffle(ranks)
    taken: set[str] = set()
    return tuple(
        _shop(number, merchant_class, rank, taken, rng)
        for number, (merchant_class, rank) in enumerate(zip(classes, ranks, strict=True))
    )


def _classes(count: int, rng: Random) -> list[MerchantClass]:
    """Fill the shares by largest remainder: no class is lost to chance; then mix them."""
    whole = {name: count * share // 100 for name, share in CLASS_SHARES.items()}
    by_remainder = sorted(CLASS_SHARES, key=lambda name: -(count * CLASS_SHARES[name] % 100))
    for name in by_remainder[: count - sum(whole.values())]:
        whole[name] += 1
    classes = [name for name, shops in whole.items() for _ in range(shops)]
    rng.shuffle(classes)
    return classes


def _shop(
    number: int, merchant_class: MerchantClass, rank: int, taken: set[str], rng: Random
) -> Shop:
    category = rng.choice([c for c in CATEGORIES if merchant_class in c.classes])
    area = rng.choice(words.AREAS)
    return Shop(
        number=number,
        name=_name(category, area, taken, rng),
        merchant_class=merchant_class,
        category=category,
        area=area,
        weight=_zipf(rank),
    )


def _name(category: Category, area: str, taken: set[str], rng: Random) -> str:
    if category.classes == _STREET:
        name = rng.choice(words.FAMILIES + words.NATURE) + category.ending
    else:
        name = f"{rng.choice(words.CHAINS)}{category.ending} {area}店"
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}{number}号店"
        number += 1
    taken.add(unique)
    return unique


def _zipf(rank: int) -> int:
    """The shop of rank k is visited in proportion to 1/(k + 3): Zipf with a flattened top.

    The flattening keeps the busiest of 300 shops near 4 % of a day's payments.
    """
    return 1_000_000 // (rank + 3)


@dataclass(frozen=True, slots=True)
class Streets:
    """The shops ready to be drawn: all of the town, or those of one area."""

    shops: tuple[Shop, ...]
    town: tuple[int, ...]
    areas: dict[str, tuple[tuple[Shop, ...], tuple[int, ...]]]

    def draw(self, rng: Random, area: str | None) -> Shop:
        """Draw one shop by weight, from `area` when it has any shop, else from the whole town."""
        shops, cumulative = self.areas.get(area or "", (self.shops, self.town))
        return rng.choices(shops, cum_weights=cumulative)[0]


def lay_out(shops: Sequence[Shop]) -> Streets:
    """Sum the weights once, so that drawing a shop is a bisection."""
    areas = {}
    for area in words.AREAS:
        here = tuple(shop for shop in shops if shop.area == area)
        if here:
            areas[area] = (here, tuple(accumulate(shop.weight for shop in here)))
    return Streets(tuple(shops), tuple(accumulate(shop.weight for shop in shops)), areas)
