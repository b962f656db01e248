"""A number of a report: its interval, its unit, its formula, and the tables that it is from."""

from collections.abc import Sequence
from typing import Any, Final

from insights.released import Figure

FORMULAS: Final[dict[str, str]] = {
    "sum": "sum of spend_yen over the cells; 1.96 * sigma_yen * sqrt(cells)",
    "spent_before": "mean over the weeks before of the sum over the cells",
    "spent_during": "mean over the weeks within of the sum over the cells",
    "rise": "mean(within) - mean(before) of the sum over the cells",
    "rise_of_others": "the same of the cells that were not reached",
    "effect": "1000 * (exp(t) - 1), t = mean(d, within) - mean(d, before),"
    " d = ln(sum over reached) - ln(sum over others)",
    "additional": "sum over reached, within, * (1 - exp(-t))",
    "drift_before": "1000 * (exp(slope of d over the weeks before) - 1)",
    "spent": "what the budget paid until `as_of`, rounded as the city is told it",
    "of_a_thousand_additional_yen": "1000 * spent / additional",
}
"""By which each number is computed; an interval is 95 %."""


def number(
    figure: Figure | None,
    unit: str,
    formula: str,
    weeks: Sequence[str],
    cells: Sequence[str],
) -> dict[str, Any] | None:
    """As it stands in the document; None where it is not told.

    `weeks` are spans of the document's `weeks`, which name releases; `cells` are paths of `cells`.
    """
    if figure is None:
        return None
    return {
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "unit": unit,
        "formula": formula,
        "weeks": list(weeks),
        "cells": list(cells),
    }


def cost_of_a_thousand(spent: Figure | None, additional: Figure | None) -> Figure | None:
    """What ¥1,000 more spent in town cost, in yen; None unless more was surely spent."""
    if spent is None or additional is None or additional.low <= 0:
        return None
    return Figure(
        1_000 * spent.value // additional.value,
        1_000 * spent.low // additional.high,
        -(-1_000 * spent.high // additional.low),
    )
