"""The areas and categories of the plan of statistics: their codes, and names in three languages."""

from typing import Literal

from insights.names import name_of
from insights.plan import StatisticsPlan
from insights.plans import Plan
from notifications.kinds import LANGUAGES, Language


def area_codes(plan: Plan | None) -> set[str]:
    """Those that can be said; none where no plan holds."""
    return set() if plan is None else {each.code for each in plan.lists.areas}


def category_codes(plan: Plan | None) -> set[str]:
    """The same of categories."""
    return set() if plan is None else {each.code for each in plan.lists.categories}


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
