"""Whom a segment by payments concerns is whom its released cells counted, merged or not."""

from dataclasses import replace
from datetime import date
from itertools import product
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Problem
from insights.cells import AGE_BANDS, Shop, keys_of, merge
from insights.released import Cell, Figure, Released, TableName
from notifications.cells import counted_by, is_counted
from notifications.kinds import LANGUAGES
from notifications.render import TEXT_TOO_LONG, VARIABLES, filled, values_of
from notifications.segment import Paid
from notifications.size import hash_of
from notifications.texts import MOST_BODY, MOST_TITLE, Texts, Wording
from notifications.week import Week
from tests.insights.statistics_builder import lists_of

MONDAY = date(2026, 11, 30)
LISTS = lists_of(MONDAY)
AREAS, CATEGORIES = ("north", "south", "other"), ("food", "books", "other")
SEGMENTS = [
    Paid(by="payments", area=area, category=category)
    for area, category in product((None, *AREAS), (None, *CATEGORIES))
    if area or category
]
DISTRICTS = {"north": "station", "south": "harbour", "other": "other"}
PLACES = list(product(AREAS, CATEGORIES))
SHOPS = st.frozensets(
    st.builds(
        lambda number, where: Shop(UUID(int=number), where[0], DISTRICTS[where[0]], where[1], True),
        st.integers(1, 5),
        st.sampled_from(PLACES),
    ),
    max_size=40,
)


def released(table: TableName, shops: frozenset[Shop]) -> Released:
    cells = merge(table, LISTS, shops)
    told = tuple(Cell(keys, None, None) for keys in cells.keys)
    merged = tuple(cells.merged.items())
    return Released(table, 1, MONDAY, MONDAY, 1, 1, 1, told, b"", merged)


def week_of(shops: frozenset[Shop]) -> Week:
    both = (released("area_category", shops), released("area_age_band", shops))
    return Week(MONDAY, *both, LISTS)


@given(SHOPS)
@settings(max_examples=60, deadline=None)
def test_the_matcher_agrees_with_the_cells_that_count_a_shop(shops: frozenset[Shop]):
    week = week_of(shops)
    hashes: dict[frozenset[tuple[str, str]], bytes] = {}
    for segment in SEGMENTS:
        counted = counted_by(segment, week)
        cells, told = (
            merge(counted.table.table, LISTS, shops),
            {each.keys for each in counted.cells},
        )
        chosen = set()
        for area, category in PLACES:
            is_in = is_counted(counted, week, area, DISTRICTS[area], category)
            second = AGE_BANDS if counted.table.table == "area_age_band" else (category,)
            found = {cells.keys[cells.place_of((area, each))] for each in second}
            assert found <= told if is_in else not found & told, (segment, area, category)
            chosen |= {(area, category)} if is_in else set()
        named = hash_of(counted.identity)
        assert hashes.setdefault(frozenset(chosen), named) == named, segment
    assert len(set(hashes.values())) == len(hashes), "others are other segments"
    assert len(keys_of("area_category", LISTS)) == len(PLACES)


def test_where_most_was_spent_has_a_name():
    def told(**spend: int) -> Week:
        cells = tuple(
            Cell(("north", code), Figure(100, 50, 150), {"spend_yen": Figure(yen, yen, yen)})
            for code, yen in spend.items()
        )
        week = week_of(frozenset())
        return replace(week, area_category=replace(week.area_category, cells=cells))

    segment = Paid(by="payments", area="north")
    values = values_of(segment, told(food=20_000, books=30_000, other=90_000))
    assert {each["top_category"] for each in values.values()} == {"books", "Books"}
    assert values["ja"]["spend_yen"] == "140,000"
    assert "top_category" not in values_of(segment, told(other=90_000))["en"]


@given(
    st.lists(st.sampled_from([*(f"{{{each}}}" for each in VARIABLES), "word"]), max_size=40),
    st.text("a{}", max_size=60),
)
@settings(max_examples=60, deadline=None)
def test_words_that_are_filled_in_are_never_too_long(parts: list[str], value: str):
    text = "".join(parts)[:MOST_TITLE].rpartition("}")
    title = (text[0] + text[1]) or "word"
    wording = Wording(title=title, body="".join(parts) or "word")
    texts = Texts(ja=wording, ja_plain=wording, en=wording)
    values = {language: dict.fromkeys(VARIABLES, value) for language in LANGUAGES}
    try:
        made = filled(texts, values)
    except Problem as refused:
        if refused.type != TEXT_TOO_LONG:
            raise
        return
    for words in made.values():
        assert len(words.title) <= MOST_TITLE
        assert len(words.body) <= MOST_BODY
