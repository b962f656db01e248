"""An alert of an upstream means one thing in three languages, or is refused by name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Problem
from insights.plan import Area, Names
from ledger.regions import Region
from notifications.alert import Alert
from notifications.cap import Reference, cap_of
from notifications.read_cap import read_cap
from notifications.understand_cap import Followed, refuse_untaken, understand
from notifications.upstream import Upstream
from tests.for_each import wrong
from tests.notifications.alerts_builder import made_alert
from tests.notifications.cap_rules import faults
from tests.notifications.hostile_cap import FIRST, NOW, PLAIN, TAKEN, swapped
from tests.notifications.upstream_builder import (
    CANCELLED,
    KEY,
    OTHER_KEY,
    QUAKE,
    RAIN,
    cap_xml,
    info_of,
    instant,
    made_upstream,
    upstream_of,
)
from tests.sizes import SCALE

AREAS: Final = ("north", "south")


def understood(
    content: bytes, of: Upstream | None = None, followed: Followed | None = None
) -> Alert:
    cap = read_cap(content)
    refuse_untaken(cap, NOW)
    return understand(cap, of or made_upstream(), AREAS, NOW, followed)[1]


EARLIER: Final = Followed(UUID(int=7), made_alert(NOW, areas=["north"]), "大雨警報")
HOUR: Final = timedelta(hours=1)
RULES: Final[dict[str, tuple[bytes, str]]] = {
    "a restricted one": (
        swapped(("<scope>Public</scope>", "<scope>Restricted</scope><restriction>x</restriction>")),
        "cap-scope-not-public",
    ),
    "a private one": (
        swapped(("<scope>Public</scope>", "<scope>Private</scope><addresses>x</addresses>")),
        "cap-scope-not-public",
    ),
    "an acknowledgement": (cap_xml(NOW, msgType="Ack"), "cap-type-not-taken"),
    "an error": (cap_xml(NOW, msgType="Error"), "cap-type-not-taken"),
    "a draft": (cap_xml(NOW, status="Draft"), "cap-type-not-taken"),
    "one of tomorrow": (cap_xml(NOW, sent=instant(NOW + HOUR)), "cap-sent-wrong"),
    "one of last month": (cap_xml(NOW, sent=instant(NOW - 700 * HOUR)), "cap-sent-wrong"),
    "one that is over": (cap_xml(NOW, info_of(NOW, expires=instant(NOW))), "cap-expired"),
    "one without an end that is over by its kind": (
        cap_xml(NOW, info_of(NOW, expires=""), sent=instant(NOW - 25 * HOUR)), "cap-expired",
    ),
    "one of a month": (
        cap_xml(NOW, info_of(NOW, expires=instant(NOW + 700 * HOUR))), "alert-times",
    ),
    "one that begins at its end": (
        cap_xml(NOW, info_of(NOW, onset=instant(NOW + 6 * HOUR))), "cap-instant-wrong",
    ),
    "English alone": (cap_xml(NOW, info_of(NOW, "en")), "cap-language-missing"),
    "no language, which is English": (cap_xml(NOW, info_of(NOW, None)), "cap-language-missing"),
    "Japanese in other letters": (cap_xml(NOW, info_of(NOW, "ja-Latn")), "cap-language-missing"),
    "no words at all": (
        PLAIN[: PLAIN.index(b"<info>")] + b"</alert>", "cap-language-missing",
    ),
    "Japanese twice": (cap_xml(NOW, info_of(NOW), info_of(NOW, "ja")), "cap-languages-differ"),
    "languages of two severities": (
        cap_xml(NOW, info_of(NOW), info_of(NOW, "en", severity="Minor")), "cap-languages-differ",
    ),
    "languages of two places": (
        cap_xml(NOW, info_of(NOW), info_of(NOW, "en", geocode="town=n")), "cap-languages-differ",
    ),
    "an event of nobody": (cap_xml(NOW, info_of(NOW, event="花火")), "cap-event-unknown"),
    "an event whose code is asked for": (
        cap_xml(NOW, info_of(NOW, event="地震")), "cap-event-unknown",
    ),
    "a place of others": (
        cap_xml(NOW, info_of(NOW, geocode="JISX0402=13113")), "cap-place-unknown",
    ),
    "no place": (cap_xml(NOW, info_of(NOW, geocode="")), "cap-place-unknown"),
    "a long text": (cap_xml(NOW, info_of(NOW, description="あ" * 2_001)), "cap-text-wrong"),
    "a text of a font's own": (cap_xml(NOW, info_of(NOW, description="\ue000")), "cap-text-wrong"),
    "a text turned round": (cap_xml(NOW, info_of(NOW, headline="a\u202eb")), "cap-text-wrong"),
    "a long event under a long headline": (
        cap_xml(NOW, info_of(NOW, headline="あ" * 81, event="い" * 81, eventCode="jma:quake=551")),
        "cap-text-wrong",
    ),
}  # fmt: skip


def is_ruled_out(name: str) -> None:
    content, slug = RULES[name]
    with pytest.raises(Problem) as refused:
        understood(content)
    assert refused.value.type.slug == slug
    assert refused.value.type.status in {409, 422}


def test_what_is_cap_and_not_for_residents_is_refused_by_name():
    assert wrong(RULES, is_ruled_out) == []


def test_whatever_way_it_is_written_it_means_the_same():
    titles = {name: understood(content).texts.ja.title for name, (content, _) in TAKEN.items()}
    assert titles == {name: headline for name, (_, headline) in TAKEN.items()}


def test_japanese_alone_gets_the_words_that_two_people_registered():
    made = understood(PLAIN)
    assert (made.texts.ja.title, made.texts.ja.body) == ("大雨警報", "川に近づかない。")
    assert made.texts.ja_plain.model_dump() == RAIN["alert"]["ja_plain"]
    assert made.texts.en.model_dump() == RAIN["alert"]["en"]
    assert (made.areas, made.expires, made.severity) == ([], NOW + 6 * HOUR, "Severe")
    english = info_of(NOW, "en-US", event="Rain", headline="Heavy rain", description="Stay in.")
    chinese = info_of(NOW, "zh-CN", severity="Minor", headline="大雨")
    made = understood(cap_xml(NOW, info_of(NOW), english, chinese))
    assert (made.texts.en.title, made.texts.en.body) == ("Heavy rain", "Stay in.")
    assert made.texts.ja_plain.model_dump() == RAIN["alert"]["ja_plain"]


def test_a_kind_with_a_code_is_known_by_it_and_holds_as_long_as_was_registered():
    quake = {"event": "強い揺れ", "eventCode": "jma:quake=551", "expires": "", "headline": ""}
    made = understood(cap_xml(NOW, info_of(NOW, **quake, instruction="机の下へ。")))
    assert made.texts.ja.title == "強い揺れ"
    assert made.texts.ja.body == "川に近づかない。\n机の下へ。"
    assert made.expires == NOW + HOUR
    long = {"headline": "あ" * 81, "description": ""}
    made = understood(cap_xml(NOW, info_of(NOW, **long)))
    assert (made.texts.ja.title, made.texts.ja.body) == ("大雨警報", "あ" * 81)
    made = understood(cap_xml(NOW, info_of(NOW, description="")))
    assert made.texts.ja.body == "大雨警報", "who says nothing more says it again"


@pytest.mark.parametrize(
    ("geocode", "areas"),
    [
        ("town=n", ["north"]),
        ("town=s town=n town=s", ["south", "north"]),
        ("town=n JISX0402=13113", ["north"]),
        ("town=n JISX0402=13112", []),
    ],
)
def test_places_of_others_are_left_away_and_the_whole_region_is_more_than_a_part(
    geocode: str, areas: list[str]
):
    assert understood(cap_xml(NOW, info_of(NOW, geocode=geocode))).areas == areas
    cap = read_cap(cap_xml(NOW, info_of(NOW, geocode=geocode)))
    assert understand(cap, made_upstream(), ("other",), NOW, None)[1].areas == [], "no such plan"


def test_a_cancel_needs_no_words_and_says_those_that_were_registered():
    bare = cap_xml(NOW, msgType="Cancel", references=FIRST)
    bare = bare[: bare.index(b"<info>")] + b"</alert>"
    made = understood(bare, followed=EARLIER)
    assert made.texts.model_dump() == CANCELLED
    assert (made.message_type, made.earlier) == ("Cancel", EARLIER.alert_id)
    assert (made.areas, made.expires) == (EARLIER.alert.areas, EARLIER.alert.expires)
    anew = understand(read_cap(bare), made_upstream(), ("other",), NOW, EARLIER)[1]
    assert anew.areas == [], "a plan without that area is in force since"
    told = cap_xml(NOW, info_of(NOW, event="解除", headline="解除です"), msgType="Cancel",
                   references=FIRST)  # fmt: skip
    made = understood(told, followed=EARLIER)
    assert (made.texts.ja.title, made.texts.en.model_dump()) == ("解除です", CANCELLED["en"])
    other = made_upstream(events=[QUAKE])
    for content in (bare, told):
        with pytest.raises(Problem, match="cap-event-unknown"):
            understood(content, other, EARLIER)
    foreign = cap_xml(NOW, info_of(NOW, "en"), msgType="Cancel", references=FIRST)
    with pytest.raises(Problem, match="cap-language-missing"):
        understood(foreign, followed=EARLIER)


REGION: Final = Region(1, "setagaya", "世田谷区", ZoneInfo("Asia/Tokyo"))
_CHARACTERS = st.characters(
    exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"),
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
_TEXT = st.text(_CHARACTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
_LINES = st.lists(_TEXT, min_size=1, max_size=4).map("\n".join)
_KANA = st.text(st.sampled_from("あいうえおんー・"), min_size=1, max_size=8)
_WORDS = st.fixed_dictionaries({"title": _TEXT, "body": _LINES})
_AREAS = [Area(code=code, names=Names(ja=code, en=code)) for code in AREAS]


@settings(max_examples=25 * SCALE, deadline=None)
@given(
    texts=st.fixed_dictionaries({"ja": _WORDS, "ja_plain": _WORDS, "en": _WORDS}),
    readings=st.dictionaries(_TEXT, _KANA, max_size=3),
    areas=st.lists(st.sampled_from(AREAS), unique=True),
    kind=st.sampled_from(["Alert", "Update", "Cancel"]),
    status=st.sampled_from(["Actual", "Exercise"]),
    onset=st.none() | st.integers(1, 300),
    minutes=st.integers(301, 20_000),
)
def test_what_goes_out_comes_in_as_the_same_alert(
    texts: Any, readings: dict[str, str], areas: list[str], kind: str, status: str,
    onset: int | None, minutes: int,
):  # fmt: skip
    made = made_alert(
        NOW, texts=texts, areas=areas, status=status, message_type=kind,
        earlier=None if kind == "Alert" else str(EARLIER.alert_id),
        onset=None if onset is None else (NOW + timedelta(minutes=onset)).isoformat(),
        expires=(NOW + timedelta(minutes=minutes)).isoformat(),
        readings=[{"word": word, "kana": kana} for word, kana in readings.items()],
    )  # fmt: skip
    earlier = [] if kind == "Alert" else [Reference(EARLIER.alert_id, NOW)]
    named = [area for code in areas for area in _AREAS if area.code == code]
    xml = cap_of(REGION, UUID(int=8), made, NOW, named, earlier, "upstream@example")
    assert faults(xml) == []
    geocodes = [{"name": "meguri-area", "value": code, "area": code} for code in AREAS]
    ours = made_upstream(
        sender="meguri@setagaya",
        geocodes=[*geocodes, {"name": "meguri-region", "value": "setagaya"}],
        events=[{**RAIN, "event": texts["ja"]["title"]}],
    )
    assert understood(xml.encode(), ours, EARLIER if earlier else None) == made


@pytest.mark.parametrize(
    "more",
    [
        {"sender": "a b"},
        {"sender": "a,b"},
        {"sender": ""},
        {"public_key": "whsec_" + "A" * 43 + "="},
        {"public_key": "whpk_AAAA"},
        {"public_key": "whpk_" + "!" * 44},
        {"geocodes": []},
        {"geocodes": [{"name": "a", "value": "b"}] * 2},
        {"events": []},
        {"events": [RAIN, RAIN]},
        {"events": [QUAKE, {**QUAKE, "event": "余震"}]},
        {"events": [{**RAIN, "hours": 337}]},
        {"events": [{**RAIN, "alert": {"en": RAIN["alert"]["en"]}}]},
        {"secret": "x"},
    ],
)
def test_what_is_no_upstream_is_refused(more: dict[str, Any]):
    with pytest.raises(ValueError, match="validation error"):
        Upstream.model_validate(upstream_of(**more))


def test_only_the_registered_key_has_signed():
    ours = made_upstream()
    assert ours.has_signed(b"x", KEY.sign(b"x"))
    forged: list[Callable[[], bytes]] = [
        lambda: OTHER_KEY.sign(b"x"), lambda: KEY.sign(b"y"), lambda: b"", lambda: bytes(64),
    ]  # fmt: skip
    assert not any(ours.has_signed(b"x", each()) for each in forged)
