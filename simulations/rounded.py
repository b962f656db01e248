"""The same result for roles that see no person: rounded, and without what stands on few."""

from collections.abc import Sequence
from typing import Any, Final

from simulations.result import Json

FEWEST_PEOPLE: Final = 50
"""What rests on fewer people is left out."""
FEWEST_SHOPS: Final = 5
"""And so are cells of fewer shops."""
_AMOUNTS: Final = (
    *("payments", "payments_granted", "people_served", "people_granted", "people_unknown"),
    *(
        "rebate_points",
        "cashback_yen",
        "taken_points",
        "taken_cashback_yen",
        "cost_yen",
        "demand_yen",
    ),
    "budget_left_yen",
)
_ASKED: Final = ("form_hash", "from_day", "to_day", "multiplier_bp", "budget_yen")
_PEOPLE_STEP: Final = 50


def rounded_result(exact: Json) -> Json:
    """Amounts to two digits, people to whole fifties; no days, no largest value, no small cells.

    This keeps figures from being read as exact. It is no guarantee: whoever asks again and again
    may come closer to a true figure (docs/SIMULATION.md).
    """
    asked = {name: exact[name] for name in _ASKED}
    # A form may fit many shops of which one alone sells anything: so those that gave are counted.
    few = {
        "too_few_people": _people_behind(exact) < FEWEST_PEOPLE,
        "too_few_shops": sum(cell["shops"] for cell in exact["by_class"]) < FEWEST_SHOPS,
    }
    if any(few.values()):
        return {**asked, "is_rounded": True, **few}
    told: Json = {
        **asked,
        "is_rounded": True,
        **few,
        **{name: two_digits(exact[name]) for name in _AMOUNTS},
        "ends_on": exact["ends_on"],
        "interval": _interval(exact["interval"]),
        "at_cap": [
            {"cap": each["cap"], "people": each["people"] // _PEOPLE_STEP * _PEOPLE_STEP}
            for each in exact["at_cap"]
        ],
        "by_class": _cells(exact["by_class"]),
        "by_area": _cells(exact["by_area"]),
        "per_person": _per_person(exact),
    }
    return told


def _people_behind(exact: Json) -> int:
    """On how many people the figures rest: where anybody got points, on those who have some."""
    behind: int = exact["people_granted" if exact["rebate_points"] else "people_served"]
    return behind


def two_digits(amount: int | None) -> int | None:
    """The amount rounded to its two leading digits: 12,345 is 12,000."""
    if amount is None:
        return None
    step = 10 ** max(0, len(str(abs(amount))) - 2)
    rounded: int = (abs(amount) + step // 2) // step * step
    return rounded if amount >= 0 else -rounded


def _cells(cells: Sequence[Json]) -> list[Json]:
    """Cells of enough shops. Where only one is left out another one is too: the sum would tell."""
    kept = [cell for cell in cells if cell["shops"] >= FEWEST_SHOPS]
    if len(cells) - len(kept) == 1 and kept:
        kept.remove(min(kept, key=lambda cell: (cell["shops"], cell["cost_yen"])))
    return [
        {
            **{name: text for name, text in cell.items() if isinstance(text, str)},
            "cost_yen": two_digits(cell["cost_yen"]),
            "share_bp": (cell["share_bp"] + 50) // 100 * 100,
        }
        for cell in kept
    ]


def _interval(interval: Json | None) -> Json | None:
    if interval is None:
        return None
    amounts = {name: two_digits(interval[name]) for name in ("low_yen", "high_yen")}
    return {**interval, **amounts}


def _per_person(exact: Json) -> dict[str, Any]:
    """No percentile that fewer than `FEWEST_PEOPLE` people are above, and never the largest."""
    many = exact["people_granted"]
    told = {}
    for name, points in (exact["per_person"] or {}).items():
        if name == "average_points":
            told[name] = two_digits(points)
        elif name.startswith("p"):
            percent = int(name[1:].removesuffix("_points"))
            if many * min(percent, 100 - percent) // 100 >= FEWEST_PEOPLE:
                told[name] = two_digits(points)
    return told
