"""What the page about privacy says is plain where it says so, and its figures are computed."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from api import privacy_words, privacy_words_plain
from api.privacy_page import privacy_page
from api.ruby import with_readings
from insights.mechanism import MECHANISMS, WEEKLY
from insights.package_columns import Said
from insights.privacy_statement import make_statement
from insights.read_spending import Paid, Spending, Year
from ledger.regions import Region
from tests.html_page import HtmlPage

SETAGAYA = Region(1, "setagaya", "世田谷", ZoneInfo("Asia/Tokyo"))
FIRST = date(2026, 9, 7)
KANJI = re.compile(r"[\u3400-\u9fff]")
READ = re.compile(r"《([^《》|]+)\|([ぁ-ん]+)》")
LINES = [
    line
    for part in (
        privacy_words_plain.PLAIN,
        privacy_words_plain.GUESS,
        privacy_words_plain.LEFT,
        privacy_words_plain.NOT,
        privacy_words_plain.NOTICES,
    )
    for paragraph in part
    for line in paragraph
]


def spending(weeks: int, cap: int = 520_000_000) -> Spending:
    """Books with so many released weeks in them."""
    paid: list[Paid] = []
    for week in range(weeks):
        day = FIRST + timedelta(7 * week)
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(8)
        for table in WEEKLY:
            number, cost = len(paid) + 1, MECHANISMS[table].cost
            last = day + timedelta(6)
            paid.append(Paid(number, table, day, last, UUID(int=1), cost, bytes(32), bytes(32), at))
    used = sum(each.cost for each in paid)
    return Spending((Year(FIRST, cap, used),) if paid else (), tuple(reversed(paid)))


@pytest.mark.parametrize("line", LINES)
def test_plain_japanese_has_a_reading_for_each_character_and_is_short(line: str):
    assert not KANJI.search(READ.sub("", line)), "somebody may not be able to read it"
    assert len(READ.sub(r"\1", line)) <= 40
    shown = with_readings(line)
    assert "《" not in shown
    assert shown.count("<ruby>") == len(READ.findall(line))


def texts(found: Any) -> list[str]:
    """All words in a constant."""
    if isinstance(found, Said):
        return [found.ja, found.en]
    if isinstance(found, dict):
        return [text for each in found.values() for text in texts(each)]
    if isinstance(found, str):
        return [found]
    return [text for each in found for text in texts(each)] if isinstance(found, tuple) else []


def test_no_figure_is_typed():
    """But how often a coin is right, and how many businesses a cell needs."""
    for module in (privacy_words, privacy_words_plain):
        for name, found in vars(module).items():
            if name.isupper():
                for text in texts(found):
                    assert set(re.findall(r"[\d.]*\d", text)) <= {"50", "100", "3", "1", "2"}, text


def test_figures_follow_from_the_books():
    for books, told in (
        (spending(1), ("52.7回", "53《", "あと 98%")),
        (spending(52, cap=468_000_000), ("52.7回", "あと 0%")),
        (spending(1, cap=1_000_000_000), ("76.1回", "76.1 times")),
    ):
        page = privacy_page(SETAGAYA, make_statement(books)).decode()
        for text in told:
            assert with_readings(text).split("《")[0] in page, text
    dearer = spending(2)
    releases = (replace(dearer.releases[0], cost=100_000_000), *dearer.releases[1:])
    statement = make_statement(replace(dearer, releases=releases))
    assert statement.week.cost == 106_750_000, "of the dearest week"


def test_the_page_is_well_formed_however_much_was_released_and_whatever_a_region_is_called():
    hostile = replace(SETAGAYA, name="<b>\"'&{week}")
    for weeks in (0, 3):
        page = HtmlPage(privacy_page(hostile, make_statement(spending(weeks))).decode())
        assert page.open == []
        assert "<b>\"'&{week} 地域通貨の統計とプライバシー" in page.texts
