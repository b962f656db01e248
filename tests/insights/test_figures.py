"""Figures of a dashboard: sums of what was told, compared where both weeks were told."""

from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Any

import numpy as np
import pytest
from defusedxml.ElementTree import fromstring

from insights.chart import Chart, Series, draw_bars, draw_lines
from insights.figures import Question, answer
from insights.maps import feature_collection
from insights.names import name_of
from insights.plan import StatisticsPlan
from insights.released import Figure, Released
from tests.insights.statistics_builder import lists_of
from tests.insights.synthetic_cube import AREAS, CATEGORIES, KEYS, SIGMA_YEN, released, week_of

SHY = (2, ("kita", "food"))


@pytest.fixture(scope="module")
def tables() -> list[Released]:
    """Four weeks of ¥1,000,000 in each cell, ¥100,000 more each week; one cell is not told."""
    rng = np.random.default_rng(1)
    yen = 1e6 + 1e5 * np.arange(4)[:, None] + np.zeros(len(KEYS))
    return released(rng, yen, suppressed=frozenset({SHY}))


def asked(**more: Any) -> Question:
    usual: dict[str, Any] = {
        "table": "area_category",
        "by": "area",
        "first_week": week_of(2),
        "weeks": 2,
    }
    return Question(**usual | more)


def test_a_sum_is_of_what_was_told_and_its_interval_grows_with_the_root(tables: list[Released]):
    found = answer(asked(), tables)
    assert [line.key for line in found.lines] == list(AREAS)
    kita, minami, _ = found.lines
    assert (kita.now.cells, kita.now.suppressed) == (5, 1)
    assert (minami.now.cells, minami.now.suppressed) == (6, 0)
    by_hand = sum(
        cell.amounts_yen["spend_yen"].value
        for table in tables[2:]
        for cell in table.cells
        if cell.keys[0] == "minami" and cell.amounts_yen
    )
    spend = minami.now.spend
    assert spend is not None
    assert spend.value == by_hand
    assert spend.high - spend.value == spend.value - spend.low == ceil(1.96 * SIGMA_YEN * 6**0.5)
    assert (found.total.now.cells, found.total.now.suppressed) == (17, 1)


def test_only_cells_that_were_told_in_both_weeks_are_compared(tables: list[Released]):
    kita, minami, _ = answer(asked(), tables).lines
    assert (kita.base.cells, kita.unpaired) == (5, 1)
    assert (minami.base.cells, minami.unpaired) == (6, 0)
    after = answer(asked(first_week=week_of(3), weeks=1), tables).lines[0]
    assert (after.base.cells, after.change.cells, after.unpaired) == (2, 4, 1)
    change = minami.change.spend
    assert change is not None
    assert change.low <= 6 * 200_000 <= change.high
    assert change.high - change.value == ceil(1.96 * SIGMA_YEN * 12**0.5)


def test_filters_weeks_and_missing_releases(tables: list[Released]):
    found = answer(asked(by="week", only={"category": "food"}), tables)
    assert [line.key for line in found.lines] == [str(week_of(2)), str(week_of(3))]
    assert found.lines[0].now.suppressed == 1
    found = answer(asked(by="category", only={"area": "kita"}), tables[:3])
    assert [line.key for line in found.lines] == list(CATEGORIES)
    assert (found.released_weeks, found.lines[1].now.cells) == (1, 1)
    assert found.lines[1].unpaired == 1, "the second week before has nothing beside it"
    nothing = answer(asked(first_week=week_of(9)), tables)
    assert (nothing.lines, nothing.total.now.spend) == ([], None)


@pytest.mark.parametrize(
    ("question", "fits"),
    [
        (asked(), True),
        (asked(by="age_band"), False),
        (asked(only={"district": "x"}), False),
        (asked(table="district", by="district"), True),
        (asked(table="area_age_band", by="age_band", only={"area": "kita"}), True),
    ],
)
def test_a_table_tells_its_own_columns(question: Question, fits: bool):
    assert question.is_of_its_table() is fits


def test_a_map_has_each_place_of_the_plan_with_and_without_figures(tables: list[Released]):
    ring = [[139.6, 35.6], [139.7, 35.6], [139.7, 35.7], [139.6, 35.6]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    areas = [
        {"code": "kita", "names": {"ja": "北", "en": "North"}, "geometry": shape},
        {"code": "nowhere", "names": {"ja": "無", "en": "None"}},
    ]
    lists = lists_of(week_of(0), areas=areas, districts=[])
    lines = {line.key: line for line in answer(asked(), tables).lines}
    one, two = feature_collection(lists.areas, lines)["features"]
    assert one["geometry"]["coordinates"] == [ring]
    assert one["properties"]["spend_yen_low"] < one["properties"]["spend_yen"]
    assert one["properties"]["suppressed"] == 1
    assert (two["geometry"], two["properties"]["spend_yen"]) == (None, None)


def test_keys_are_named_in_both_languages():
    lists: StatisticsPlan = lists_of(week_of(0))
    assert name_of(lists, "age_band", "18-29") == ("18〜29歳", "18 to 29")
    assert name_of(lists, "age_band", "unknown").ja == "年齢不明"
    assert name_of(lists, "area", "other").ja == "その他・不明"
    assert name_of(lists, "category", "of-an-older-plan").en == "of-an-older-plan"
    assert name_of(lists, "district", "harbour").en == "Harbour"


def drawing(draw: Callable[[Chart], str], **more: Any) -> str:
    figures = [Figure(1_500_000, 1_000_000, 2_000_000), None, Figure(-30, -90, 40)]
    chart = Chart(
        "<題名> & 期間",
        "説明。",
        "円",
        ["北", "南 & <東>", "西"],
        [Series("支払額", figures)],
        **more,
    )
    return draw(chart)


@pytest.mark.parametrize("draw", [draw_bars, draw_lines])
def test_a_chart_is_whole_readable_aloud_and_the_same_twice(draw):
    text = drawing(draw)
    assert text == drawing(draw)
    root = fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    told = root.find(f"{space}desc")
    assert told is not None
    assert told.text is not None
    assert "北: 1,500,000(1,000,000〜2,000,000)" in told.text
    assert "南 & <東>: 非公表" in told.text
    title, about = root.attrib["aria-labelledby"].split()
    assert {each.get("id") for each in root.iter()} >= {title, about}
    assert root.attrib["role"] == "img"
    names = {each.tag.removeprefix(space) for each in root.iter()}
    assert names <= {"svg", "title", "desc", "rect", "text", "path", "circle", "g"}
    assert all(
        value.lstrip("-").isdigit()
        for each in root.iter(f"{space}rect")
        for name, value in each.items()
        if name in {"x", "y", "width", "height"}
    )
    sizes = [int(each.get("font-size", "15")) for each in root.iter(f"{space}text")]
    assert min(sizes) >= 14


def test_a_line_is_broken_where_nothing_is_told():
    assert drawing(draw_lines, shaded=(0, 1)).count('fill="#eee"') == 1
    [line] = [each for each in fromstring(drawing(draw_lines)).iter() if each.get("fill") == "none"]
    assert line.attrib["d"].count("M") == 2


def test_many_weeks_and_large_sums_stay_on_the_sheet():
    weeks = [str(week_of(0) + timedelta(days=7 * n)) for n in range(53)]
    figures = [Figure(10**10 + n, 10**10 - 10**6, 10**10 + 10**6) for n in range(53)]
    root = fromstring(
        draw_lines(Chart("題", "", "円", weeks, [Series("一", figures), Series("二", figures)]))
    )
    across = [int(each.attrib["cx"]) for each in root.iter() if "cx" in each.attrib]
    assert len(across) == 53 + 1
    assert 0 < min(across) <= max(across) < 960
