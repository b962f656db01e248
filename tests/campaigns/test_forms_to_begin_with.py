"""The forms that docs/CAMPAIGNS.md offers: each fits, and grants what was reckoned by hand."""

import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from campaigns.facts import Headroom, PaymentFacts
from campaigns.funders import Money, borne_by
from campaigns.rules import LiveCampaign
from campaigns.terms import parse, terms_hash
from tests.campaigns.deciding import decide, decide_all

PAGE = Path(__file__).parents[2] / "docs" / "CAMPAIGNS.md"
FORMS = {form.stem: parse(form.read_bytes()) for form in PAGE.parent.glob("campaigns/*.json")}
BOUGHT = PaymentFacts(
    amount_yen=4000,
    coin_yen=4000,
    business_date=date(2026, 11, 18),  # a Wednesday
    merchant_class="street_member",
    clock=time(9, 30),
    merchant_id=UUID(int=5),
    category="food",
    shop_area="kitazawa",
    street="しもきた商店街",
    mode="shop_qr",
    tier="verified_resident",
    person_area="kitazawa",
    is_person_area_verified=True,
    age_band="30-44",
    is_age_band_verified=True,
    is_first_payment=True,
)


def live(name: str, number: int = 1) -> LiveCampaign:
    return LiveCampaign(UUID(int=number), terms_hash(FORMS[name]), FORMS[name])


def untouched(campaign: LiveCampaign, **seen: int) -> Headroom:
    meters = campaign.rules.meters
    left = {meter.name: meter.cap for meter in meters if meter.cap is not None}
    tallies = {meter.name: 0 for meter in meters if meter.cap is None}
    return Headroom(10**7, left, tallies | seen)


@pytest.mark.parametrize(
    ("name", "facts", "seen", "points", "cashback_yen"),
    [
        ("thirty-and-five", {}, {}, 1200, 200),
        ("thirty-and-five", {"merchant_class": "convenience"}, {}, 400, 0),
        ("thirty-and-five", {"merchant_class": "large"}, {}, 0, 0),
        ("thirty-and-five", {"amount_yen": 20_000, "coin_yen": 20_000}, {}, 3000, 1000),
        ("by-class-of-shop", {}, {}, 800, 0),
        ("by-class-of-shop", {"merchant_class": "small"}, {}, 600, 0),
        ("by-class-of-shop", {"merchant_class": "convenience"}, {}, 400, 0),
        ("by-class-of-shop", {"amount_yen": 30_000, "coin_yen": 30_000}, {}, 5000, 0),
        ("twenty-then-one", {}, {}, 800, 0),
        ("twenty-then-one", {}, {"month_spend": 18_000}, 400 + 20, 0),
        ("twenty-then-one", {}, {"month_spend": 90_000}, 40, 0),
        ("twenty-after-a-close", {}, {}, 800, 0),
        ("twenty-after-a-close", {"merchant_class": "large"}, {}, 200, 0),
        ("residents-eight", {}, {}, 320, 0),
        ("residents-eight", {"tier": "verified_visitor"}, {}, 0, 0),
        ("others-four", {"tier": "unverified"}, {}, 160, 0),
        ("stamp-rally", {}, {"stamps": 3}, 0, 0),
        ("stamp-rally", {}, {"stamps": 4}, 500, 0),
        ("stamp-rally", {"category": "books"}, {"stamps": 4}, 0, 0),
        ("quiet-mornings", {}, {}, 400, 0),
        ("quiet-mornings", {"clock": time(10)}, {}, 0, 0),
        ("quiet-mornings", {"business_date": date(2026, 11, 21)}, {}, 0, 0),
        ("first-visit", {}, {}, 400, 0),
        ("first-visit", {"amount_yen": 2999, "coin_yen": 2999}, {}, 200, 0),
        ("first-visit", {}, {"visits": 1}, 0, 0),
        ("welcome", {}, {}, 500, 0),
        ("welcome", {"amount_yen": 999, "coin_yen": 999}, {}, 0, 0),
        ("welcome", {"is_first_payment": False}, {}, 0, 0),
        ("welcome", {"is_first_payment": None}, {}, 0, 0),
        ("street-evenings", {"clock": time(23, 59)}, {}, 800, 120),
        ("street-evenings", {"clock": time(17, 59)}, {}, 0, 0),
        ("street-evenings", {"clock": time(18), "street": None}, {}, 0, 0),
        (
            "street-evenings",
            {"clock": time(18), "amount_yen": 6000, "coin_yen": 6000},
            {},
            1000,
            180,
        ),
        ("spent-in-the-street", {}, {}, 1000, 0),
        ("spent-in-the-street", {"merchant_class": "convenience"}, {}, 400, 0),
        ("spent-in-the-street", {"amount_yen": 9000, "coin_yen": 8001}, {}, 2000, 0),
        ("borne-by-three", {}, {}, 800, 0),
        ("borne-by-three", {"merchant_class": "small"}, {}, 600, 0),
        ("mid-next-month", {"merchant_class": "large"}, {}, 400, 0),
        ("mid-next-month", {"amount_yen": 20_000, "coin_yen": 20_000}, {}, 1000, 0),
        ("parents-of-kitazawa", {}, {}, 600, 0),
        ("parents-of-kitazawa", {"age_band": "65-74"}, {}, 0, 0),
        ("parents-of-kitazawa", {"is_age_band_verified": False}, {}, 0, 0),
        ("thirty-then-ten", {}, {"funded": 49_999_999}, 1200, 0),  # 10,000,000 are left
        ("thirty-then-ten", {}, {"funded": 50_000_000}, 400, 0),
        ("thirty-then-ten", {"merchant_class": "convenience"}, {"funded": 50_000_000}, 0, 0),
        ("a-week-of-notice", {}, {}, 800, 0),
        ("a-week-of-notice", {}, {"last_day": 20261118}, 800, 0),
        ("a-week-of-notice", {}, {"last_day": 20261117}, 0, 0),
        ("ten-on-top-ups", {}, {}, 400, 0),
        ("ten-on-top-ups", {"amount_yen": 999, "coin_yen": 999}, {}, 0, 0),
        ("ten-on-top-ups", {"amount_yen": 30_000, "coin_yen": 30_000}, {}, 2000, 0),
        ("half-from-a-pot", {}, {}, 2000, 0),
        ("half-from-a-pot", {"amount_yen": 20_000, "coin_yen": 20_000}, {}, 5000, 0),
        ("half-from-a-pot", {"tier": "unverified"}, {}, 0, 0),
    ],
)
def test_a_form_grants_what_was_reckoned_by_hand(
    name: str, facts: dict[str, Any], seen: dict[str, int], points: int, cashback_yen: int
) -> None:
    campaign, bought = live(name), replace(BOUGHT, **facts)
    if campaign.rules.is_of_top_ups:
        bought = replace(bought, merchant_class=None, merchant_id=None, mode=None)
    grant = decide(campaign, bought, untouched(campaign, **seen), room=bought.coin_yen)
    assert (grant.rebate_points, grant.cashback_yen) == (points, cashback_yen), grant.reasons


def test_residents_get_eight_percent_and_all_others_four() -> None:
    campaigns = [live("residents-eight", 1), live("others-four", 2)]
    headrooms = {campaign.campaign_id: untouched(campaign) for campaign in campaigns}
    for tier, points in (("verified_resident", [320, 0]), ("verified_visitor", [0, 160])):
        grants = decide_all(campaigns, replace(BOUGHT, tier=tier), headrooms)
        assert [grant.rebate_points for grant in grants] == points


@pytest.mark.parametrize(
    ("beside", "merchant_class", "points"),
    [
        ("by-class-of-shop", "street_member", [800, 400]),  # 20 % and 10 % of 4,000
        ("thirty-and-five", "street_member", [1200, 0]),  # 30 % are reached already
        ("by-class-of-shop", "small", [600, 0]),
    ],
)
def test_ten_percent_more_and_thirty_in_total(
    beside: str, merchant_class: str, points: list[int]
) -> None:
    campaigns = [live(beside, 1), live("ten-more-in-the-street", 2)]
    headrooms = {campaign.campaign_id: untouched(campaign) for campaign in campaigns}
    grants = decide_all(campaigns, replace(BOUGHT, merchant_class=merchant_class), headrooms)
    assert [grant.rebate_points for grant in grants] == points


def test_what_three_bear_is_shared_to_the_yen() -> None:
    funders = FORMS["borne-by-three"].funders
    assert funders is not None
    assert list(borne_by(funders, {f.name: Money() for f in funders}, 1001).items()) == [
        ("区", 701),  # 700.7, 200.2 and 100.1: the largest remainder has the yen
        ("商店街連合会", 200),
        ("商工会議所", 100),
    ]


def test_what_the_street_gives_is_spent_in_the_street() -> None:
    shops = live("spent-in-the-street").rules.usable_where
    assert shops is not None
    assert shops.has(BOUGHT)
    assert not shops.has(replace(BOUGHT, merchant_class="small"))
    assert not shops.has(replace(BOUGHT, merchant_class=None))


def test_the_page_offers_every_form() -> None:
    page = PAGE.read_text(encoding="utf-8")
    offered = re.findall(r"\]\(campaigns/([a-z-]+)\.json\)", page)
    assert sorted(offered) == sorted(FORMS)
