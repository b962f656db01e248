"""What areas and categories of the plan of statistics are called, in three languages."""

from typing import Literal

from insights.names import name_of
from insights.plan import StatisticsPlan
from notifications.kinds import LANGUAGES, Language


def names_of(
    lists: StatisticsPlan | None, column: Literal["area", "category"], code: str
) -> dict[Language, str]:
    """The code itself where no list has it; in Japanese where plain Japanese has no other word."""
    if lists is None:
        return dict.fromkeys(LANGUAGES, code)
    called = name_of(lists, column, code)
    listed = lists.areas if column == "area" else lists.categories
    plain = next((each.names.ja_plain for each in listed if each.code == code), None)
    return {"ja": called.ja, "ja_plain": plain or called.ja, "en": called.en}
