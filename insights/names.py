"""What the keys of cells are called, in Japanese and in English."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from insights.cells import AGE_BANDS
from insights.plan import OTHER, Area, Category, District, StatisticsPlan, codes_of
from insights.released import TableName

Column = Literal["area", "category", "age_band", "district"]

COLUMNS: Final[dict[TableName, tuple[Column, ...]]] = {
    "area_category": ("area", "category"),
    "district": ("district",),
    "area_age_band": ("area", "age_band"),
}
"""What the keys of each weekly table are, in their order."""
COLUMN_NAMES: Final[dict[Column, str]] = {
    "area": "地域",
    "category": "業種",
    "age_band": "年齢層",
    "district": "地区",
}


class Called(NamedTuple):
    """One thing in both languages."""

    ja: str
    en: str


_OTHER: Final = Called("その他・不明", "Other or unknown")
_BANDS: Final = {
    "0-17": Called("17歳以下", "17 or younger"),
    "75+": Called("75歳以上", "75 or older"),
    "unknown": Called("年齢不明", "Age unknown"),
}


def name_of(lists: StatisticsPlan, column: Column, code: str) -> Called:
    """The name of a code of that list; the code itself where an older plan had it."""
    if column == "age_band":
        first, _, last = code.partition("-")
        return _BANDS.get(code, Called(f"{first}〜{last}歳", f"{first} to {last}"))
    if code == OTHER:
        return _OTHER
    for each in _listed(lists, column):
        if each.code == code:
            return Called(each.names.ja, each.names.en)
    return Called(code, code)


def keys_of(lists: StatisticsPlan, column: Column) -> list[str]:
    """All that may stand in that column, the rest last."""
    if column == "age_band":
        return list(AGE_BANDS)
    return codes_of(_listed(lists, column))


def _listed(
    lists: StatisticsPlan, column: Literal["area", "category", "district"]
) -> Sequence[Area | Category | District]:
    match column:
        case "area":
            return lists.areas
        case "category":
            return lists.categories
        case "district":
            return lists.districts


def name_of_keys(lists: StatisticsPlan, table: TableName, keys: tuple[str, ...]) -> Called:
    """What a cell is called, all of its keys."""
    parts = [
        name_of(lists, column, code) for column, code in zip(COLUMNS[table], keys, strict=True)
    ]
    return Called("・".join(part.ja for part in parts), ", ".join(part.en for part in parts))
