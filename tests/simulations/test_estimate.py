"""Estimates of a form from released tables: what is added up, how wide it is, what is left out."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from insights.reach import Trader
from insights.released import Cell, Figure, Released, TableName
from simulations.asked import Asked
from simulations.estimate import estimate_of
from tests.terms_builder import terms_of

MONDAY = date(2026, 8, 3)
WEEK = timedelta(days=7)


def table(week: date, spent: dict[tuple[str, ...], int | None], name: TableName) -> Released:
    cells = tuple(
        Cell(keys, None, None)
        if yen is None
        else Cell(keys, Figure(300, 241, 359), {"spend_yen": Figure(yen, yen - 1_000, yen + 1_000)})
        for keys, yen in spent.items()
    )
    return Released(name, 1, week, week + timedelta(days=6), 510, 29_815, 80, cells, b"")


def spending(week: date, **spent: int | None) -> Released:
    """By areas and categories, called area_category."""
    return table(
        week, {tuple(name.split("_")): yen for name, yen in spent.items()}, "area_category"
    )


def trader(number: int, area: str, trade: str, merchant_class: str = "small") -> Trader:
    return Trader(UUID(int=number), merchant_class, trade, area, None, (area, trade))


def asked_of(weeks: int = 2, **given: Any) -> Asked:
    of_question = {name: given.pop(name) for name in ("budget_yen",) if name in given}
    bp = given.pop("multiplier_bp", 10_000)
    terms = terms_of(MONDAY, cashback_bp=0, **given)
    last = MONDAY + weeks * WEEK - timedelta(days=1)
    return Asked(terms=terms, from_day=MONDAY, to_day=last, multiplier_bp=bp, **of_question)


TRADERS = [trader(1, "north", "food"), trader(2, "north", "food"), trader(3, "south", "books")]
TABLES = [
    spending(MONDAY, north_food=100_000, south_books=50_000, south_food=None),
    spending(MONDAY + WEEK, north_food=200_000, south_books=50_000, south_food=10_000),
]


def test_spending_is_added_up_and_noise_by_its_squares():
    told = estimate_of(asked_of(rebate_bp=1000), TABLES, TRADERS)
    # Five cells are told, of which each may be off by 1,000: so 2,236 in all.
    assert told["spend_yen"] == {"value": 410_000, "low": 407_763, "high": 412_236}
    assert told["cost_yen"] == {"value": 41_000, "low": 40_776, "high": 41_223}
    assert (told["weeks"], told["suppressed_cells"], told["not_considered"]) == (2, 1, [])
    assert [(each["area"], each["cost_yen"]["value"]) for each in told["by_area"]] == [
        ("north", 30_000), ("south", 11_000),
    ]  # fmt: skip


def test_of_a_cell_that_a_form_reaches_in_part_the_share_of_its_shops_is_taken():
    told = estimate_of(
        asked_of(rebate_bp=1000, where={"only_merchants": [str(UUID(int=1))]}), TABLES, TRADERS
    )
    # One of two shops of food in the north, and of a cell without shops one of all three.
    half, third = 300_000 // 2 // 10, 10_000 * 333 // 10_000
    assert told["cost_yen"]["value"] == half + third
    assert told["cost_yen"]["low"] == 0, "perhaps the other shop sold all of it"
    assert told["cost_yen"]["high"] > 31_000


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"where": {"areas": ["south"]}}, 50_000 * 2 // 10 + 10_000 * 333 // 10_000),
        ({"multiplier_bp": 20_000}, 82_000),
        ({"who": {"age_bands": ["65-74"], "proof": "declared"}}, 10_250),
        ({"per_payment_points": 100}, 41_000 * 3 * 100 // 1_400),
    ],
)
def test_places_ages_and_caps_of_one_payment_count(given: dict[str, Any], value: int):
    spent: dict[tuple[str, ...], int | None] = {
        ("north", "65-74"): 25_000,
        ("north", "20-29"): 75_000,
    }
    ages = table(MONDAY, spent, "area_age_band")
    told = estimate_of(asked_of(rebate_bp=1000, **given), [*TABLES, ages], TRADERS)
    assert told["cost_yen"]["value"] == pytest.approx(value, rel=0.01)


def test_what_tables_do_not_tell_is_named():
    told = estimate_of(
        asked_of(
            when={"weekdays": ["mon"]}, who={"tiers": ["verified_resident"]}, every_nth_payment=5,
            per_person_month_points=500,
        ),
        TABLES, TRADERS,
    )  # fmt: skip
    assert told["not_considered"] == [
        "when", "every_nth_payment", "who.tiers", "caps.per_person_month_points",
    ]  # fmt: skip


def test_a_budget_ends_in_the_week_in_which_it_is_used():
    told = estimate_of(asked_of(rebate_bp=1000, budget_yen=15_001), TABLES, TRADERS)
    assert (told["budget_left_yen"], told["ends_in_week_of"]) == (0, str(MONDAY + WEEK))
    told = estimate_of(asked_of(rebate_bp=1000, budget_yen=50_000), TABLES, TRADERS)
    assert (told["budget_left_yen"], told["ends_in_week_of"]) == (9_000, None)


def test_without_tables_nothing_is_told():
    told = estimate_of(asked_of(weeks=1), TABLES[1:], TRADERS)
    assert (told["weeks"], told["days_without_tables"], told["cost_yen"]) == (0, 7, None)


def test_where_all_that_a_form_reaches_was_suppressed_nothing_is_told_instead_of_zero():
    hidden = [spending(MONDAY, north_food=None, south_books=50_000)]
    told = estimate_of(asked_of(1, rebate_bp=1000, where={"areas": ["north"]}), hidden, TRADERS)
    assert (told["suppressed_cells"], told["spend_yen"], told["cost_yen"]) == (1, None, None)
    told = estimate_of(asked_of(1, rebate_bp=1000, where={"areas": ["south"]}), hidden, TRADERS)
    assert (told["suppressed_cells"], told["cost_yen"]["value"]) == (0, 5_000)


def test_where_no_table_tells_of_the_ages_that_a_form_is_for_nothing_is_told():
    spent: dict[tuple[str, ...], int | None] = {("north", "65-74"): None, ("north", "20-29"): 7_500}
    ages = table(MONDAY, spent, "area_age_band")
    who = {"age_bands": ["65-74"], "proof": "declared"}
    for tables in (TABLES, [*TABLES, ages]):
        told = estimate_of(asked_of(rebate_bp=1000, who=who), tables, TRADERS)
        assert (told["weeks"], told["cost_yen"]) == (2, None)


def test_a_shop_counts_in_the_cell_into_which_its_own_was_merged():
    week = replace(
        spending(MONDAY, north_food=100_000, other_other=8_000),
        merged=((("north", "books"), ("north", "food")),),
    )
    shops = [trader(1, "north", "food"), trader(2, "north", "books")]
    told = estimate_of(asked_of(1, rebate_bp=1000, where={"categories": ["books"]}), [week], shops)
    assert told["by_area"][0]["area"] == "north"
    assert told["by_area"][0]["cost_yen"]["value"] == 5_000, "one of the two that are in the cell"
