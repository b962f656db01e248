"""The town's plan of statistics: its eight quarters as districts of three areas, all its trades."""

from datetime import date, timedelta
from typing import Final

from town import words
from town.shops import CATEGORIES

_AREAS: Final = {
    "chuo": ("中央", "Centre", ("駅前", "桜通り", "新開")),
    "yamate": ("山手", "Uptown", ("北町", "坂上", "寺町")),
    "kawabe": ("川手", "Riverside", ("南台", "川辺")),
}
"""By code: what it is called, and which quarters lie in it."""

CODES: Final = tuple(_AREAS)

assert sorted(name for *_, names in _AREAS.values() for name in names) == sorted(words.AREAS)


def plan(day: date) -> dict[str, object]:
    """The lists, from the week after `day` on; the quarters' names are their codes."""
    first_week = day + timedelta(days=7 - day.weekday())
    return {
        "first_week": first_week.isoformat(),
        "areas": [
            {"code": code, "names": {"ja": ja, "en": en}} for code, (ja, en, _) in _AREAS.items()
        ],
        "districts": [
            {"code": name, "names": {"ja": name, "en": name}, "area": code}
            for code, (_, _, names) in _AREAS.items()
            for name in names
        ],
        "categories": [
            {"code": each.code, "names": {"ja": each.ending, "en": each.code.replace("_", " ")}}
            for each in CATEGORIES
        ],
    }
