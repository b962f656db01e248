"""Cells come from the lists alone, and those of too few businesses go where the plan says."""

from datetime import date
from uuid import UUID

import pytest
from pydantic import ValidationError

from insights.cells import AGE_BANDS, Shop, category, keys_of, merge, place
from insights.plan import StatisticsPlan
from tests.insights.statistics_builder import lists_of

MONDAY = date(2026, 11, 30)
LISTS = lists_of(MONDAY)


def shops(*where: tuple[str, str, str], is_open: bool = True) -> frozenset[Shop]:
    """One business in each of these areas, districts and categories."""
    return frozenset(Shop(UUID(int=n), *each, is_open) for n, each in enumerate(where))


FOOD, BOOKS = ("north", "station", "food"), ("north", "station", "books")


def test_keys_come_from_the_lists_and_the_rest_stands_in_each():
    assert keys_of("district", LISTS) == (("station",), ("harbour",), ("other",))
    assert len(keys_of("area_category", LISTS)) == 9
    assert keys_of("area_age_band", LISTS)[:2] == (("north", "0-17"), ("north", "18-29"))
    assert len(keys_of("area_age_band", LISTS)) == 3 * len(AGE_BANDS) == 21
    assert len(keys_of("hour_weekday", LISTS)) == 168


@pytest.mark.parametrize(
    ("area", "district", "found"),
    [
        ("north", None, ("north", "other")),
        ("north", "station", ("north", "station")),
        ("south", "station", ("north", "station")),
        ("harbour", None, ("south", "harbour")),
        ("moon", None, ("other", "other")),
        ("moon", "harbour", ("south", "harbour")),
        ("north", "moon", ("north", "other")),
    ],
)
def test_a_district_decides_and_what_no_list_has_is_the_rest(area, district, found):
    assert place(LISTS, area, district) == found


def test_a_category_that_no_list_has_is_the_rest():
    assert (category(LISTS, "food"), category(LISTS, "bread")) == ("food", "other")


def test_a_cell_of_two_businesses_is_counted_in_the_rest_of_its_area():
    cells = merge("area_category", LISTS, shops(FOOD, FOOD, FOOD, BOOKS, BOOKS))
    assert cells.keys[0] == ("north", "food")
    assert cells.merged["north", "books"] == ("other", "other")
    assert cells.withheld == {("other", "other")}, "and there are too few there, too"


def test_a_merged_cell_stays_where_it_found_enough():
    lists = lists_of(MONDAY, merges={"categories": {"books": "food"}})
    cells = merge("area_category", lists, shops(FOOD, BOOKS, BOOKS))
    assert cells.merged["north", "books"] == ("north", "food")
    assert ("north", "food") in cells.keys
    assert ("north", "food") not in cells.withheld


def test_a_business_of_two_stores_is_one():
    twice = frozenset({Shop(UUID(int=1), *FOOD, True), Shop(UUID(int=2), *FOOD, True)})
    again = twice | {Shop(UUID(int=1), "north", "other", "food", True)}
    assert ("north", "food") in merge("area_category", LISTS, again).merged
    third = again | {Shop(UUID(int=3), *FOOD, True)}
    assert ("north", "food") not in merge("area_category", LISTS, third).merged


def test_closed_shops_are_no_business():
    assert ("station",) in merge("district", LISTS, shops(FOOD, FOOD, FOOD, is_open=False)).merged
    assert ("station",) not in merge("district", LISTS, shops(FOOD, FOOD, FOOD)).merged


def test_age_bands_of_an_area_are_merged_together():
    cells = merge("area_age_band", LISTS, shops(FOOD, FOOD, FOOD))
    assert {keys for keys in cells.keys if keys[0] == "north"} == {
        ("north", band) for band in AGE_BANDS
    }
    assert cells.merged["south", "75+"] == ("other", "75+")


def test_hours_are_of_the_whole_town_and_never_merged():
    assert not merge("hour_weekday", LISTS, shops()).merged


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"first_week": "2026-12-01"}, "not_a_monday"),
        ({"first_week": "9999-12-27"}, "too_late"),
        ({"areas": []}, "too_short"),
        ({"merges": {"categories": {"food": "books", "books": "food"}}}, "merge_turns"),
        ({"merges": {"areas": {"north": "moon"}}}, "merge_unknown"),
        ({"merges": {"districts": {"moon": "station"}}}, "merge_unknown"),
        ({"categories": [{"code": "other", "names": {"ja": "他", "en": "o"}}]}, "code_of_the_rest"),
        ({"categories": [{"code": "a", "names": {"ja": "他", "en": "o"}}] * 2}, "same_code"),
        ({"districts": [{"code": "d", "names": {"ja": "d", "en": "d"}, "area": "x"}]},
         "area_unknown"),
        ({"districts": [{"code": "south", "names": {"ja": "d", "en": "d"}, "area": "north"}]},
         "same_code"),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_malformed(change, why):
    with pytest.raises(ValidationError) as refused:
        lists_of(MONDAY, **change)
    assert {error["type"] for error in refused.value.errors()} == {why}


def test_a_plan_reads_back_as_it_was_written():
    outline = {
        "type": "Polygon",
        "coordinates": [[[139.5, 35.5], [140, 35], [140, 36], [139.5, 35.5]]],
    }
    named = {"code": "north", "names": {"ja": "北", "en": "North"}, "geometry": outline}
    lists = lists_of(MONDAY, areas=[named], districts=[])
    again = StatisticsPlan.model_validate_json(lists.document())
    assert (again, again.digest, again.document()) == (lists, lists.digest, lists.document())
