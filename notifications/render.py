"""Fill in the words of a template from released tables; what has no value is not sent. Pure."""

import re
from collections.abc import Mapping
from typing import Final, Literal, get_args

from core.errors import Problem, problem
from insights.plan import OTHER, StatisticsPlan
from insights.released import Cell
from notifications.kinds import LANGUAGES, Language
from notifications.messages import Words
from notifications.names import names_of
from notifications.segment import Declared, Paid
from notifications.texts import MOST_BODY, MOST_TITLE, Texts
from notifications.week import Week

Variable = Literal["area", "category", "payers", "spend_yen", "top_category", "week"]
"""`payers` and `spend_yen`: of the area and category in the newest released week, rounded.
`top_category`: of those that have a name, where most was spent in the area. `week`: its days."""
VARIABLES: Final[tuple[Variable, ...]] = get_args(Variable)

VARIABLE_UNKNOWN: Final = problem(
    "notice-variable-unknown", 422, "A text names a variable that there is not."
)
VARIABLE_EMPTY: Final = problem(
    "notice-variable-empty", 409, "A variable has no released value for this segment."
)
TEXT_TOO_LONG: Final = problem(
    "notice-text-too-long", 409, "With its variables filled in, a text is too long."
)
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


def check_variables(texts: Texts) -> None:
    """Refuses notice-variable-unknown, also for a brace that opens or closes nothing."""
    for wording in (texts.ja, texts.ja_plain, texts.en):
        for text in (wording.title, wording.body):
            names = set(_BRACES.findall(text))
            if not names <= set(VARIABLES) or set("{}") & set(_BRACES.sub("", text)):
                raise Problem(VARIABLE_UNKNOWN, variables=tuple(sorted(VARIABLES)))


def filled(
    texts: Texts, values: Mapping[Language, Mapping[Variable, str]]
) -> dict[Language, Words]:
    """The texts with each variable's value.

    Refuses notice-variable-empty, and names it, and notice-text-too-long.
    """
    made: dict[Language, Words] = {}
    for language in LANGUAGES:
        wording = getattr(texts, language)
        made[language] = Words(
            _fill(wording.title, values[language], MOST_TITLE),
            _fill(wording.body, values[language], MOST_BODY),
        )
    return made


def _fill(text: str, values: Mapping[Variable, str], most: int) -> str:
    def value(found: re.Match[str]) -> str:
        for variable in VARIABLES:
            if variable == found[1] and variable in values:
                return values[variable]
        raise Problem(VARIABLE_EMPTY, variable=found[1])

    told = _BRACES.sub(value, text)
    if len(told) > most:
        raise Problem(TEXT_TOO_LONG, most=most)
    return told


def values_of(segment: Declared | Paid, week: Week | None) -> dict[Language, dict[Variable, str]]:
    """What each variable is worth in each language; those without a released value are left out.

    People are counted where each counts once: of an area by age band, of an area and a category in
    one cell. Of a category in all areas `payers` has no value.
    """
    made: dict[Language, dict[Variable, str]] = {language: {} for language in LANGUAGES}
    if week is None:
        return made
    area = segment.home_area if isinstance(segment, Declared) else segment.area
    category = None if isinstance(segment, Declared) else segment.category
    if area is not None:
        _name(made, "area", area, week.lists)
    if category is not None:
        _name(made, "category", category, week.lists)
    _days(made, week)
    told = [
        cell
        for cell in week.area_category.cells
        if not cell.is_suppressed
        and area in (None, cell.keys[0])
        and category in (None, cell.keys[1])
    ]
    bands = [
        cell for cell in week.area_age_band.cells if not cell.is_suppressed and cell.keys[0] == area
    ]
    people = bands if category is None else told if area is not None else []
    for language in LANGUAGES:
        if people:
            made[language]["payers"] = f"{max(0, round(sum(map(_payers, people)), -1)):,}"
        if told:
            made[language]["spend_yen"] = f"{max(0, round(sum(map(_spend, told)), -4)):,}"
    named = [cell for cell in told if cell.keys[1] != OTHER]
    if named and area is not None and category is None:
        _name(made, "top_category", max(named, key=_spend).keys[1], week.lists)
    return made


def _days(made: dict[Language, dict[Variable, str]], week: Week) -> None:
    first, last = week.first_day, week.area_category.last_day
    days = f"{first.month}月{first.day}日から{last.month}月{last.day}日"
    for language in LANGUAGES:
        made[language]["week"] = (
            f"{first.day} {first:%B} to {last.day} {last:%B}" if language == "en" else days
        )


def _name(
    made: dict[Language, dict[Variable, str]], variable: Variable, code: str, lists: StatisticsPlan
) -> None:
    column: Literal["area", "category"] = "area" if variable == "area" else "category"
    for language, name in names_of(lists, column, code).items():
        made[language][variable] = name


def _payers(cell: Cell) -> int:
    return cell.payers.value if cell.payers is not None else 0


def _spend(cell: Cell) -> int:
    return cell.amounts_yen["spend_yen"].value if cell.amounts_yen is not None else 0
