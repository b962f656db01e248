"""What a form would come to by released tables alone: for roles that see no person. Pure.

Nothing but public figures goes in: weekly tables that are noisy already, and the directory of
shops. It costs nothing of the privacy budget, and the difference of two estimates tells no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from math import isqrt
from typing import Final

from campaigns.conditions import checks_of_merchants
from campaigns.effects import Share, share_of
from campaigns.facts import WHOLE_BP, PaymentFacts
from campaigns.terms import Terms, terms_hash
from insights.reach import Trader
from insights.released import Cell, Figure, Released
from simulations.asked import Asked
from simulations.result import Json

_TYPICAL_YEN: Final = (1_000, 3_000, 10_000)
"""Payments by which effects are compared: how large those were that were made is in no table."""
_REST: Final = "other"
_UNTOLD: Final = (
    *("when", "payment_modes", "minimum_amount_yen", "every_nth_payment", "budget_per_day_yen"),
    *("near_end", "together"),
)
"""Of these the tables tell nothing, and the estimate takes no notice."""
_DEFAULTS: Final = {name: Terms.model_fields[name].default for name in _UNTOLD}
_UNTOLD_OF_PEOPLE: Final = ("tiers", "areas", "first_payment")


@dataclass(frozen=True, slots=True)
class _Rates:
    """What a yen of spending earns, in ten-thousandths."""

    low: int
    value: int
    high: int


def estimate_of(asked: Asked, tables: Iterable[Released], traders: Sequence[Trader]) -> Json:
    """Yen with intervals; null where no table of these days tells of what the form reaches.

    Each shop of a cell is taken to sell as much as the others; from `low` to `high` is what the
    noise leaves open, and which shops of a cell sold it.
    """
    within = [
        each
        for each in tables
        if asked.from_day <= each.first_day and each.last_day <= asked.to_day
    ]
    weeks = sorted(
        (each for each in within if each.table == "area_category"), key=lambda one: one.first_day
    )
    ages = [each for each in within if each.table == "area_age_band"]
    told = _of_question(asked, len(weeks))
    every = [(trader, _rates(asked.terms, trader)) for trader in traders]
    share_bp = _share_of_ages(asked.terms, ages)
    cells = [
        (week.first_day, cell, rates[cell.keys])
        for week in weeks
        for rates in [_rates_of_cells(week, every)]
        for cell in week.cells
        if rates[cell.keys].high > 0
    ]
    reached = [
        (day, cell.keys, _spend(cell), rate) for day, cell, rate in cells if not cell.is_suppressed
    ]
    told["suppressed_cells"] = len(cells) - len(reached)
    if not weeks or (cells and not reached) or share_bp is None:
        return told
    share_bp = share_bp * asked.multiplier_bp // WHOLE_BP
    areas = sorted({keys[0] for _, keys, _, _ in reached})
    cost = _cost([(spend, rate) for *_, spend, rate in reached], share_bp)
    return told | {
        "spend_yen": _json(_spent([spend for *_, spend, _ in reached], share_bp)),
        "cost_yen": _json(cost),
        "by_area": [
            {
                "area": area,
                "cost_yen": _json(
                    _cost([(spend, rate) for _, keys, spend, rate in reached if keys[0] == area],
                          share_bp)
                ),
            }
            for area in areas
        ],
        **_budget(asked.budget_yen, [(day, spend, rate) for day, _, spend, rate in reached],
                  share_bp),
    }  # fmt: skip


def _of_question(asked: Asked, weeks: int) -> Json:
    """What was asked and of how many weeks it can be told; no figure yet."""
    days = (asked.to_day - asked.from_day).days + 1
    return {
        "is_estimate": True,
        "form_hash": terms_hash(asked.terms).hex(),
        "from_day": asked.from_day.isoformat(),
        "to_day": asked.to_day.isoformat(),
        "multiplier_bp": asked.multiplier_bp,
        "budget_yen": asked.budget_yen,
        "weeks": weeks,
        "days_without_tables": days - 7 * weeks,
        "not_considered": _not_considered(asked.terms),
        **dict.fromkeys(("spend_yen", "cost_yen", "budget_left_yen", "ends_in_week_of")),
        "by_area": [],
        "suppressed_cells": 0,
    }


def _not_considered(terms: Terms) -> list[str]:
    """The fields of the form that the tables tell nothing of; all of them make it cost less."""
    said = [name for name in _UNTOLD if getattr(terms, name) != _DEFAULTS[name]]
    who = terms.who
    said += [f"who.{name}" for name in _UNTOLD_OF_PEOPLE if who and getattr(who, name) is not None]
    caps = terms.caps.model_dump(exclude_none=True)
    return said + [f"caps.{name}" for name in caps if name.startswith("per_person")]


def _rates_of_cells(
    week: Released, every: Sequence[tuple[Trader, _Rates]]
) -> dict[tuple[str, ...], _Rates]:
    """What a yen earns in each cell of a week, by the shops whose sales are counted there."""
    within: dict[tuple[str, ...], list[_Rates]] = {cell.keys: [] for cell in week.cells}
    into = dict(week.merged)
    for trader, rates in every:
        keys = _keys_of(trader, within.keys() | into.keys())
        if keys is not None:
            within[into.get(keys, keys)].append(rates)
    return {cell: _mean(found or [rates for _, rates in every]) for cell, found in within.items()}


def _keys_of(trader: Trader, known: AbstractSet[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Its area and category by the lists of a table, or the rest where they have it not."""
    area, trade = trader.cell
    ways = ((area, trade), (area, _REST), (_REST, trade), (_REST, _REST))
    return next((way for way in ways if way in known), None)


def _rates(terms: Terms, trader: Trader) -> _Rates:
    """From the least to the most that a typical payment there earns, before caps of a person."""
    payments = [trader.facts_of(yen) for yen in _TYPICAL_YEN]
    if any(check(payments[0]) is not None for check in checks_of_merchants(terms.where)):
        return _Rates(0, 0, 0)
    caps = (terms.caps.per_payment_points, terms.caps.cashback_per_payment_yen)
    given = [0] * len(payments)
    for share, cap in zip(map(share_of, (terms.rebate, terms.cashback)), caps, strict=True):
        if share is not None:
            given = [so_far + _earned(share, cap, payment)
                     for so_far, payment in zip(given, payments, strict=True)]  # fmt: skip
    each = [yen * WHOLE_BP // of for yen, of in zip(given, _TYPICAL_YEN, strict=True)]
    return _Rates(min(each), sum(given) * WHOLE_BP // sum(_TYPICAL_YEN), max(each))


def _earned(share: Share, cap: int | None, payment: PaymentFacts) -> int:
    earned = share.earns(payment, 0).amount
    return earned if cap is None else min(cap, earned)


def _mean(rates: Sequence[_Rates]) -> _Rates:
    if not rates:
        return _Rates(0, 0, 0)
    value = sum(each.value for each in rates) // len(rates)
    return _Rates(min(each.low for each in rates), value, max(each.high for each in rates))


def _share_of_ages(terms: Terms, ages: Sequence[Released]) -> int | None:
    """Which part of the spending was of people of these age bands, in ten-thousandths; None where
    no cell of theirs was told."""
    bands = terms.who.age_bands if terms.who else None
    if bands is None:
        return WHOLE_BP
    told = [cell for table in ages for cell in table.cells if not cell.is_suppressed]
    whole = sum(max(0, _spend(cell).value) for cell in told)
    theirs = [max(0, _spend(cell).value) for cell in told if cell.keys[1] in bands]
    if not theirs:
        return None
    return sum(theirs) * WHOLE_BP // whole if whole else 0


def _spend(cell: Cell) -> Figure:
    assert cell.amounts_yen is not None, "it is told"
    return cell.amounts_yen["spend_yen"]


def _spent(spends: Sequence[Figure], share_bp: int) -> Figure:
    return _cost([(spend, _Rates(WHOLE_BP, WHOLE_BP, WHOLE_BP)) for spend in spends], share_bp)


def _cost(parts: Sequence[tuple[Figure, _Rates]], share_bp: int) -> Figure:
    """The noise of cells is independent: half the width of a sum is the root of their squares."""
    sums = {
        name: sum(max(0, spend.value) * getattr(rate, name) for spend, rate in parts)
        for name in ("low", "value", "high")
    }
    widths = {
        name: isqrt(sum(((spend.high - spend.value) * getattr(rate, name)) ** 2
                        for spend, rate in parts))
        for name in ("low", "high")
    }  # fmt: skip
    whole = WHOLE_BP * WHOLE_BP
    return Figure(
        value=sums["value"] * share_bp // whole,
        low=max(0, sums["low"] - widths["low"]) * share_bp // whole,
        high=(sums["high"] + widths["high"]) * share_bp // whole,
    )


def _budget(
    budget_yen: int | None, parts: Sequence[tuple[date, Figure, _Rates]], share_bp: int
) -> Mapping[str, int | str | None]:
    """What would be left, and the Monday of the week in which nothing would."""
    if budget_yen is None:
        return {"budget_left_yen": None, "ends_in_week_of": None}
    left_yen = budget_yen
    for day in sorted({day for day, _, _ in parts}):
        left_yen -= _cost([(spend, rate) for of, spend, rate in parts if of == day], share_bp).value
        if left_yen <= 0:
            return {"budget_left_yen": 0, "ends_in_week_of": day.isoformat()}
    return {"budget_left_yen": left_yen, "ends_in_week_of": None}


def _json(figure: Figure) -> Json:
    return {"value": figure.value, "low": figure.low, "high": figure.high}
