"""Whom a campaign reaches, by public facts, and what a report makes of it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from api.evidence_page import evidence_page
from campaigns.ran import Ran, Spent
from campaigns.terms import terms_hash
from insights.evidence import (
    Known,
    campaigns_beside,
    evidence_of,
    reach_in,
    since_of,
    write_evidence,
)
from insights.reach import Reach, Trader
from insights.released import Figure
from insights.shop_counts import months_until, per_mille_of_spend
from tests.insights.statistics_builder import lists_of
from tests.insights.synthetic_cube import AREAS, CATEGORIES, KEYS, released, truth, week_of
from tests.terms_builder import terms_of

FIRST, LAST = week_of(13), week_of(17) - timedelta(days=1)
ONE = UUID(int=7)


def trader(area: str, category: str, merchant_class: str = "small", **more: Any) -> Trader:
    fields = {"merchant_id": uuid4(), "street": None, "cell": (area, category)}
    return Trader(area=area, category=category, merchant_class=merchant_class, **fields | more)


TRADERS = [trader(*keys) for keys in KEYS for _ in range(4)]
MIXED = [
    *(trader("kita", "food", "street_member", street="ichibangai") for _ in range(3)),
    trader("kita", "food", "small", merchant_id=ONE),
    *(trader("kita", "retail", "large") for _ in range(3)),
    *(trader("kita", "service", name) for name in ("small", "large")),
]


def ran(**terms: Any) -> Ran:
    form = terms_of(FIRST, **{"starts_on": FIRST, "ends_on": LAST, **terms})
    spent = Spent(LAST, 4_000_000, 3_000_000, 5_000_000)
    return Ran(uuid4(), form, terms_hash(form), FIRST, LAST, False, False, spent)


def sides(reach: Reach) -> list[str]:
    """The second keys of the reached cells, the others and those between."""
    return [
        " ".join(keys[1] for keys in sorted(side))
        for side in (reach.reached, reach.others, reach.between)
    ]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, ["food retail service", "", ""]),
        ({"rebate_bp": {"large": 100}, "cashback_bp": 0}, ["retail", "food", "service"]),
        ({"where": {"classes": ("street_member",)}}, ["food", "retail service", ""]),
        ({"where": {"streets": ("ichibangai",)}}, ["food", "retail service", ""]),
        ({"where": {"only_merchants": (ONE,)}}, ["", "retail service", "food"]),
        ({"where": {"except_merchants": (ONE,)}}, ["food retail service", "", ""]),
        ({"where": {"categories": ("food",)}}, ["food", "retail service", ""]),
    ],
)
def test_a_cell_is_reached_by_most_of_its_businesses(terms: dict[str, Any], expected: list[str]):
    told = {keys for keys in KEYS if keys[0] == "kita"} | {("empty", "food")}
    found = reach_in(ran(**terms), MIXED, told)
    assert found.table == "area_category"
    assert sides(found) == expected, "a cell without shops is on no side"


def test_age_bands_are_compared_where_all_shops_are_reached():
    told = [("kita", "18-29"), ("kita", "30-44"), ("kita", "unknown")]
    young = {"who": {"age_bands": ("18-29",)}}
    found = reach_in(ran(**young), MIXED, told)
    assert found.table == "area_age_band"
    assert sides(found) == ["18-29", "30-44 unknown", ""]
    both = reach_in(ran(**young, where={"categories": ("food",)}), MIXED, told)
    assert both.table == "area_category"


def known(terms: dict[str, Any], *others: Ran, percent: int = 15) -> Known:
    """A report's parts: the cells of the north were raised by so many percent."""
    rng = np.random.default_rng(11)
    factor: dict[tuple[str, ...], float] = {
        keys: 1 + percent / 100 for keys in KEYS if keys[0] == "kita"
    }
    releases = released(rng, truth(rng, factor, range(13, 17), weeks=20)[1])
    campaign = ran(**{"where": {"areas": ("kita",)}, **terms})
    lists = lists_of(
        week_of(0),
        areas=[{"code": code, "names": {"ja": code, "en": code}} for code in AREAS],
        categories=[{"code": code, "names": {"ja": code, "en": code}} for code in CATEGORIES],
        districts=[],
    )
    reach = reach_in(campaign, TRADERS, KEYS)
    beside = campaigns_beside(campaign, others, releases)
    return Known("setagaya", campaign, beside, TRADERS, lists, releases, reach)


def test_two_runs_give_the_same_bytes_and_names_are_text_alone():
    report = known({"name": '<b>春</b> & "祭"'})
    document = evidence_of(report)
    assert document["is_concluded"]
    assert write_evidence(document) == write_evidence(evidence_of(report))
    page = evidence_page("世田谷 <i>", document)
    assert page == evidence_page("世田谷 <i>", document)
    assert "<b>春" not in page
    assert "世田谷 &lt;i&gt;" in page
    each = document["cost"]["of_a_thousand_additional_yen"]
    additional = document["effects"][0]["numbers"]["additional"]
    assert each["low"] == 1_000 * 3_000_000 // additional["high"]
    assert each["high"] == -(-1_000 * 5_000_000 // additional["low"])
    assert [effect["name"] for effect in document["effects"]][:3] == ["main", "after", "area/kita"]
    assert document["effects"][2]["numbers"]["effect"] == {
        **document["effects"][0]["numbers"]["effect"],
        "cells": ["area/kita/reached", "area/kita/others"],
    }


def test_another_campaign_at_once_lets_nothing_be_concluded():
    other = ran(name="Another")
    document = evidence_of(known({}, other))
    assert [each["code"] for each in document["reasons"]] == ["another-campaign"]
    assert [each["name"] for each in document["other_campaigns"]] == ["Another"]
    assert document["cost"]["of_a_thousand_additional_yen"] is None
    assert "このキャンペーンの効果は結論できません。" in evidence_page("x", document)


def test_another_campaign_after_the_end_lets_nothing_be_concluded_of_the_weeks_after():
    other = replace(ran(name="Later"), first_day=week_of(18), last_day=week_of(30))
    document = evidence_of(known({}, other))
    main, after = document["effects"][:2]
    assert main["is_concluded"], "it compares no week in which the other one ran"
    assert after["name"] == "after"
    assert "another-campaign" in [each["code"] for each in after["reasons"]]
    assert [each["name"] for each in document["other_campaigns"]] == ["Later"]


def test_weeks_of_an_earlier_campaign_are_not_compared_with():
    """It ended seven weeks before: so many weeks are left, and that is enough."""
    earlier = replace(ran(name="Earlier"), first_day=week_of(2), last_day=week_of(6) - timedelta(1))
    report = known({})
    assert since_of(report.ran, [earlier, report.ran]) == week_of(6)
    document = evidence_of(replace(report, since=week_of(6)))
    assert document["weeks"]["before"] == list(range(7, 14))
    assert document["is_concluded"]
    assert f"{week_of(6)}からの週" in evidence_page("x", document)
    assert since_of(report.ran, [report.ran]) is None


def test_where_all_are_reached_only_before_and_after_is_told():
    document = evidence_of(known({"where": None, "who": {"tiers": ("verified_resident",)}}))
    numbers = document["effects"][0]["numbers"]
    assert [each["code"] for each in document["reasons"]] == ["reaches-everybody"]
    assert numbers["rise"] is not None
    assert (numbers["effect"], numbers["additional"], numbers["rise_of_others"]) == (
        None,
        None,
        None,
    )
    assert "people-not-told" in [each["code"] for each in document["notes"]]


def test_what_shops_paid_is_compared_with_a_day_of_spending():
    rng = np.random.default_rng(1)
    tables = released(rng, np.full((4, len(KEYS)), 1e6))  # June 2026 begins with a Monday
    share = per_mille_of_spend(date(2026, 6, 1), 300_000, tables)
    assert share is not None
    assert share == Figure(share.value, share.low, share.high)
    assert share.low <= round(1_000 * (300_000 / 30) / (9e6 / 7)) <= share.high
    assert per_mille_of_spend(date(2026, 7, 1), 300_000, tables) is None
    assert per_mille_of_spend(date(2026, 6, 1), None, tables) is None


def test_a_condition_that_no_table_has_is_told():
    bands = {"who": {"age_bands": ("18-29",)}}
    notes = [each["code"] for each in evidence_of(known(bands))["notes"]]
    assert "people-not-told" in notes, "it is compared by area and category, with all ages in it"


def test_months_go_over_the_year():
    assert months_until(date(2027, 2, 14), 3) == [
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]
