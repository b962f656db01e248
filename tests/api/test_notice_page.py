"""The page of the log says in words whom each notice was for, and lets no text become markup."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from api.notice_page import notices_page
from ledger.regions import Region
from notifications.kinds import LANGUAGES
from notifications.log import Sent
from notifications.messages import Words
from notifications.read_inbox import Item
from notifications.segment import SEGMENT
from notifications.segment_words import segment_words
from notifications.why_words import why_sentence
from tests.html_page import HtmlPage
from tests.insights.statistics_builder import lists_of

SETAGAYA = Region(1, "setagaya", "世田谷", ZoneInfo("Asia/Tokyo"))
LISTS = lists_of(date(2026, 11, 30))
BEGUN = datetime(2026, 12, 1, 20, 30, tzinfo=UTC)
NASTY = Words("<script>alert(1)</script>", 'a & b\n<img src="x">')
SENT = Sent(
    UUID(int=7), "campaign", "見本 <b>", SEGMENT.validate_python({"by": "declared"}),
    {"ja": NASTY, "ja_plain": NASTY, "en": NASTY}, "stopped", BEGUN, BEGUN + timedelta(hours=1),
)  # fmt: skip


def test_a_notice_stands_in_three_languages_and_is_only_text():
    made = notices_page(SETAGAYA, [SENT, replace(SENT, state="done", ended_at=None)], LISTS, "x")
    page = HtmlPage(made.decode())
    assert page.open == []
    assert not {"script", "img", "b"} & page.seen
    said = " ".join(page.texts)
    assert said.count("<script>alert(1)</script>") == 8, "as a heading, and in each language"
    assert said.count("2026-12-02 06:30") == 1, "of one that was stopped, in the region's time"
    assert ("href", "?cursor=x") in page.attributes
    assert "cursor" not in notices_page(SETAGAYA, [], LISTS, None).decode()


@pytest.mark.parametrize(
    ("segment", "ja", "plain", "en"),
    [
        ({"by": "payments", "area": "north", "category": "food"},
         "northの「food」のお店で払った方", "northの 「food」の お店(みせ)で", "“Food”"),
        ({"by": "payments", "category": "books"},
         "「books」のお店で払った方", "「books」", "“Books”"),
        ({"by": "declared", "home_area": "south"},
         "住まいをsouthとした方", "southに", "live in South"),
        ({"by": "declared", "interest": "events"},
         "関心が「催し」の方", "「イベント」", "interested in events"),
        ({"by": "declared", "interest": "food"},
         "関心が「food」の方", "「food」", "interested in Food"),
        ({"by": "declared"}, "受け取ると答えた方", "ほしいと 言(い)った", "those who agreed"),
    ],
)  # fmt: skip
def test_a_segment_is_said_in_words(segment, ja, plain, en):
    made = SEGMENT.validate_python(segment)
    said = segment_words(made, LISTS)
    assert ja in said["ja"]
    assert plain in said["ja_plain"]
    assert en in said["en"]
    unlisted = segment_words(made, None)
    item = Item(
        UUID(int=1), "campaign", BEGUN, None, BEGUN, {}, None, "active", None,
        {"purpose": "-", "segment": segment}, [],
    )  # fmt: skip
    for language in LANGUAGES:
        assert unlisted[language] != ""
        assert said[language] in why_sentence(item, LISTS, language)
