"""Where the town's shops are, when they are open, and by which words they are found."""

from random import Random
from typing import Any, Final

from town import words
from town.shops import Shop

Json = dict[str, Any]
Point = tuple[int, int]
"""Latitude and longitude in millionths of a degree."""

STATION: Final[Point] = (35_643_200, 139_669_800)
"""The middle of the town."""

_OF_THE_CENTRE: Final = dict(
    zip(
        words.AREAS,
        (
            (0, 0), (9_000, -1_000), (-8_500, 2_000), (-2_500, 10_500), (6_500, 8_000),
            (1_500, -6_000), (-6_000, -7_500), (8_000, -9_500),
        ),
        strict=True,
    )
)  # fmt: skip
"""How far the middle of each area is from the station."""
_SPREAD: Final = 3_200
"""Millionths of a degree to each side: some 350 metres."""

_Spans = tuple[tuple[str, str], ...]
_ALL_DAY: Final[_Spans] = (("00:00", "24:00"),)
_USUAL: Final[tuple[_Spans, str]] = ((("10:00", "19:00"),), "___X___")
_HOURS: Final[dict[str, tuple[_Spans, str]]] = {
    "bakery": ((("07:00", "18:00"),), "X______"),
    "cafe": ((("08:00", "20:00"),), "____X__"),
    "diner": ((("11:00", "14:30"), ("17:00", "21:00")), "______X"),
    "izakaya": ((("17:00", "01:00"),), "______X"),
    "hair": ((("09:00", "19:00"),), "XX_____"),
    "bath": ((("15:00", "23:30"),), "____X__"),
    "convenience": (_ALL_DAY, "_______"),
    "supermarket": ((("09:00", "22:00"),), "_______"),
    "drugstore": ((("09:00", "22:00"),), "_______"),
    "home_centre": ((("09:00", "20:00"),), "_______"),
}
"""By category: the spans of a day, and an X for each day of the week, Monday first, without any."""
_TAGS: Final = ("テイクアウト", "バリアフリー", "子ども歓迎", "駐輪場", "ポイント掲示")


def details_of(shop: Shop) -> Json:
    """What the shop tells the public of itself; the same for the same shop."""
    rng = Random(f"premises/{shop.number}/{shop.name}")
    latitude, longitude = (
        middle + away + rng.randint(-_SPREAD, _SPREAD)
        for middle, away in zip(STATION, _OF_THE_CENTRE[shop.area], strict=True)
    )
    spans, closed = _HOURS.get(shop.category.code, _USUAL)
    day = [{"opens": opens, "closes": closes} for opens, closes in spans]
    return {
        "address": f"東京都ひので町{shop.area}{rng.randint(1, 6)}-{rng.randint(1, 30)}",
        "area": shop.area,
        "latitude_e6": latitude,
        "longitude_e6": longitude,
        "hours": {"weekly": [[] if mark == "X" else day for mark in closed]},
        "tags": rng.sample(_TAGS, rng.randint(0, 2)),
    }
