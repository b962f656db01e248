"""What an alert says: as CAP 1.2, and to whoever reads it on the radio."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from core.legible import is_legible
from insights.plan import Area, Names
from ledger.regions import Region
from notifications.alert import Reading
from notifications.cap import Reference, cap_of
from notifications.radio import MOST_READ, radio_text, read_number, with_readings
from tests.notifications.alerts_builder import TEXTS, alert_of, made_alert
from tests.notifications.cap_rules import NS, faults

NOW = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
REGION = Region(1, "setagaya", "世田谷区", ZoneInfo("Asia/Tokyo"))
KITA = Area(code="kita", names=Names(ja="北", ja_plain="きた", en="North"))


def words_of(xml: str, name: str) -> list[str | None]:
    return [each.text for each in fromstring(xml.encode()).iter(NS + name)]


def test_an_alert_and_its_update_are_cap():
    xml = cap_of(REGION, UUID(int=7), made_alert(NOW), NOW, [])
    assert faults(xml) == []
    assert words_of(xml, "headline") == [TEXTS[each]["title"] for each in ("ja", "ja_plain", "en")]
    assert words_of(xml, "description")[2] == TEXTS["en"]["body"], "escaped, and read again"
    assert words_of(xml, "sent") == ["2026-11-20T21:34:56+09:00"]
    assert words_of(xml, "areaDesc") == ["世田谷区"] * 3
    more: dict[str, Any] = {"message_type": "Update", "earlier": str(UUID(int=7))}
    made = made_alert(NOW, **more, areas=["kita"], onset=NOW.isoformat())
    xml = cap_of(REGION, UUID(int=8), made, NOW, [KITA], [Reference(UUID(int=7), NOW)])
    assert faults(xml) == []
    assert words_of(xml, "areaDesc") == ["北", "きた", "North"]
    [told] = words_of(xml, "references")
    assert told == f"meguri@setagaya,setagaya-{UUID(int=7)},2026-11-20T21:34:56+09:00"
    utc = Region(1, "x", "x", ZoneInfo("UTC"))
    assert words_of(cap_of(utc, UUID(int=7), made_alert(NOW), NOW, []), "sent") == [
        "2026-11-20T12:34:56-00:00"
    ]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<scope>Public</scope>", ""),
        ("<status>Actual</status>", "<status>Real</status>"),
        ("+09:00", "Z"),
        ("<urgency>Immediate</urgency><severity>Severe</severity>",
         "<severity>Severe</severity><urgency>Immediate</urgency>"),
        ("<msgType>Alert</msgType>", "<msgType>Update</msgType>"),
        ("<scope>", "<more>x</more><scope>"),
        (":cap:1.2", ":cap:1.1"),
    ],
)  # fmt: skip
def test_the_rules_see_what_is_no_cap(right: str, wrong: str):
    xml = cap_of(REGION, UUID(int=7), made_alert(NOW), NOW, [])
    assert faults(xml.replace(right, wrong, 1)) != []


_TEXT = st.text(st.characters().filter(is_legible), min_size=1, max_size=30).filter(
    lambda told: told.strip() == told
)


@given(_TEXT, _TEXT)
def test_every_text_that_can_be_typed_is_cap_and_comes_back(title: str, body: str):
    words = {"title": title, "body": body}
    made = made_alert(NOW, texts=dict.fromkeys(TEXTS, words))
    xml = cap_of(REGION, UUID(int=7), made, NOW, [])
    assert faults(xml) == []
    assert words_of(xml, "description") == [body] * 3
    assert title in radio_text(REGION, made, NOW, []) or any(each.isdigit() for each in title)


@pytest.mark.parametrize(
    "more",
    [
        {"message_type": "Update"},
        {"earlier": str(UUID(int=7))},
        {"status": "Test"},
        {"areas": ["a", "a"]},
        {"onset": (NOW + timedelta(hours=6)).isoformat()},
        {"expires": "2026-11-20T18:00:00"},
        {"texts": {each: TEXTS[each] for each in ("ja", "en")}},
        {"readings": [{"word": "北沢", "kana": "kitazawa"}]},
        {"readings": [{"word": "北沢", "kana": "きた"}] * 2},
        {"more": 1},
    ],
)
def test_what_is_no_alert_is_refused(more: dict[str, Any]):
    with pytest.raises(ValueError, match="validation error"):
        made_alert(NOW, **more)
    assert alert_of(NOW) != alert_of(NOW, **more)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "ぜろ"),
        (10, "じゅう"),
        (300, "さんびゃく"),
        (616, "ろっぴゃくじゅうろく"),
        (1_000, "せん"),
        (3_808, "さんぜんはっぴゃくはち"),
        (10_000, "いちまん"),
        (180_000, "じゅうはちまん"),
        (100_000_001, "いちおくいち"),
    ],
)
def test_a_number_is_read(number: int, told: str):
    assert read_number(number) == told


@given(st.integers(0, MOST_READ - 1), st.integers(0, MOST_READ - 1))
def test_two_numbers_are_never_read_alike(one: int, other: int):
    assert (read_number(one) == read_number(other)) == (one == other)


def test_the_announcer_gets_readings_and_is_told_what_not_to_read():
    made = made_alert(NOW)
    told = radio_text(REGION, made, NOW, [])
    assert "北沢（きたざわ）で30（さんじゅう）ミリの雨。" in told
    assert "対象は、世田谷区全域です。" in told
    assert "未承認" not in told
    assert "未承認" in radio_text(REGION, made, None, ["北"])
    assert "対象は、北です。" in radio_text(REGION, made, None, ["北"])
    exercise = radio_text(REGION, made_alert(NOW, status="Exercise"), NOW, [])
    assert exercise.startswith("【訓練】")
    assert exercise.endswith("これは訓練です。\n")
    for text, reading in (
        ("03-5432", "03-5432（ぜろさんのごよんさんに）"),
        ("1,200円", "1,200（せんにひゃく）円"),
        ("3.5度", "3.5（さんてんご）度"),
        ("０７", "０７（ぜろなな）"),
        ("9" * 13, "9" * 13 + "（" + "きゅう" * 13 + "）"),
    ):
        assert with_readings(text, []) == reading
    later = radio_text(
        REGION, made_alert(NOW, onset=(NOW + timedelta(hours=1)).isoformat()), NOW, []
    )
    assert "（じゅういちがつはつかにじゅうにじさんじゅうよんぷん）から11月21日3時34分（" in later


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4月1日", "しがつついたち"),
        ("2026年9月20日", "にせんにじゅうろくねんくがつはつか"),
        ("7月14日", "しちがつじゅうよっか"),
        ("9時", "くじ"),
        ("14時5分", "じゅうよじごふん"),
        ("０時", "れいじ"),
        ("24時間", "にじゅうよじかん"),
        ("18:00", "じゅうはちじ"),
        ("7:30", "しちじさんじゅっぷん"),
        ("4人", "よにん"),
        ("2人", "ふたり"),
        ("1,200人", "せんにひゃくにん"),
        ("3分", "さんぷん"),
        ("100分", "ひゃっぷん"),
        ("19日", "じゅうくにち"),
        ("110番", "ひゃくとおばん"),
    ],
)
def test_dates_times_and_people_are_read_as_they_are_spoken(text: str, told: str):
    assert with_readings(f"から{text}まで", []) == f"から{text}（{told}）まで"


def test_a_day_is_no_first_of_a_month_and_a_fraction_no_minute():
    assert with_readings("1日3回", []) == "1日（いちにち）3（さん）回"
    assert with_readings("3分の1", []) == "3（さん）分の1（いち）"
    assert with_readings("3.5時間", []) == "3.5（さんてんご）時間"
    own = Reading(word="9時", kana="きゅうじ")
    assert with_readings("9時", [own]) == "9時（きゅうじ）"
