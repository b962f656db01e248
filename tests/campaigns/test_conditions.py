"""For whom, where and when: each condition, and that a fact which is missing never satisfies it."""

from dataclasses import fields, replace
from datetime import date, time
from typing import Any
from uuid import UUID

import pytest

from campaigns import form
from campaigns.decide import Grant
from campaigns.effects import ClassAmounts, ClassRates
from campaigns.facts import PaymentFacts
from residents import person
from tests.campaigns.deciding import decide
from tests.campaigns.examples import PLENTY, flat, head, live, payment

MERCHANT, OTHER = UUID(int=7), UUID(int=8)
A_WEDNESDAY = date(2025, 7, 16)
KNOWN = replace(
    payment(1000, business_date=A_WEDNESDAY),
    clock=time(12, 30),
    merchant_id=MERCHANT,
    category="food",
    shop_area="kitazawa",
    street="ichibangai",
    mode="shop_qr",
    tier="verified_resident",
    person_area="kitazawa",
    is_person_area_verified=True,
    age_band="30-44",
    is_age_band_verified=True,
    is_first_payment=True,
)
AREA: dict[str, Any] = {"who": {"areas": ["kitazawa", "tamagawa"]}}
AGE: dict[str, Any] = {"who": {"age_bands": ["18-29", "30-44"]}}


def grant_of(facts: PaymentFacts, **terms: Any) -> Grant:
    return decide(flat(1, 3000, **terms), facts, head(10**6), room=facts.coin_yen)


def first(facts: PaymentFacts, **terms: Any) -> tuple[str, int | None]:
    code, number = grant_of(facts, **terms).reasons[0]
    return code, number


@pytest.mark.parametrize(
    ("terms", "met", "other", "code"),
    [
        ({"when": {"weekdays": ["wed", "sun"]}}, {}, {"business_date": date(2025, 7, 17)},
         "not-this-weekday"),
        ({"when": {"from_time": "11:00", "until_time": "14:00"}}, {"clock": time(11)},
         {"clock": time(14)}, "outside-hours"),
        ({"where": {"classes": ["small"]}}, {}, {"merchant_class": "large"}, "class-not-eligible"),
        ({"where": {"categories": ["food"]}}, {}, {"category": "books"}, "category-not-eligible"),
        ({"where": {"areas": ["kitazawa"]}}, {}, {"shop_area": "kinuta"},
         "shop-area-not-eligible"),
        ({"where": {"streets": ["ichibangai"]}}, {}, {"street": "suzuran"}, "street-not-eligible"),
        ({"who": {"first_payment": "ever"}}, {}, {"is_first_payment": False}, "not-first-ever"),
        ({"when": {"from_time": "11:00", "until_time": "24:00"}},
         {"clock": time(23, 59, 59, 999_999)}, {"clock": time(0)}, "outside-hours"),
        ({"where": {"only_merchants": [str(MERCHANT)]}}, {}, {"merchant_id": OTHER},
         "merchant-not-eligible"),
        ({"where": {"except_merchants": [str(OTHER)]}}, {}, {"merchant_id": OTHER},
         "merchant-not-eligible"),
        ({"payment_modes": ["shop_qr"]}, {}, {"mode": "card"}, "mode-not-eligible"),
        ({"who": {"tiers": ["verified_resident"]}}, {}, {"tier": "unverified"},
         "tier-not-eligible"),
        (AREA, {}, {"person_area": "kinuta"}, "person-area-not-eligible"),
        (AREA, {}, {"is_person_area_verified": False}, "person-area-not-verified"),
        (AGE, {}, {"age_band": "75+"}, "age-band-not-eligible"),
        (AGE, {}, {"is_age_band_verified": False}, "age-band-not-verified"),
    ],
)  # fmt: skip
def test_a_condition_is_met_or_named(
    terms: dict[str, Any], met: dict[str, Any], other: dict[str, Any], code: str
) -> None:
    assert grant_of(replace(KNOWN, **met), **terms).rebate_points == 300
    refused = grant_of(replace(KNOWN, **(met | other)), **terms)
    assert (refused.spent_yen, refused.reasons[0].code) == (0, code)
    assert len(refused.reasons) == 1


def test_the_last_minute_of_the_hours_counts_and_the_next_one_does_not() -> None:
    hours = {"when": {"from_time": "09:05", "until_time": "21:30"}}
    assert grant_of(replace(KNOWN, clock=time(21, 29)), **hours).rebate_points == 300
    assert first(replace(KNOWN, clock=time(9, 4)), **hours) == ("outside-hours", 9052130)


def test_what_people_say_of_themselves_is_enough_where_the_form_says_so() -> None:
    who = {"areas": ["kitazawa"], "age_bands": ["30-44"], "proof": "declared"}
    said = replace(KNOWN, is_person_area_verified=False, is_age_band_verified=False)
    assert grant_of(said, who=who).rebate_points == 300


PICKY: dict[str, Any] = {
    "when": {"weekdays": ["wed"], "from_time": "11:00", "until_time": "14:00"},
    "where": {
        "classes": ["small"],
        "categories": ["food"],
        "areas": ["kitazawa"],
        "streets": ["ichibangai"],
        "only_merchants": [str(MERCHANT)],
        "except_merchants": [str(OTHER)],
    },
    "who": {
        "tiers": ["verified_resident"],
        "areas": ["kitazawa"],
        "age_bands": ["30-44"],
        "first_payment": "ever",
    },
    "payment_modes": ["shop_qr"],
}
ALWAYS_THERE = {"amount_yen", "coin_yen", "business_date"}


def test_a_payment_that_meets_every_condition_is_granted_for() -> None:
    assert grant_of(KNOWN, **PICKY).rebate_points == 300


@pytest.mark.parametrize(
    "name", [field.name for field in fields(PaymentFacts) if field.name not in ALWAYS_THERE]
)
def test_without_any_one_fact_there_is_a_reason_and_no_grant(name: str) -> None:
    unknown: Any = False if name.endswith("_verified") else None
    refused = grant_of(replace(KNOWN, **{name: unknown}), **PICKY)
    assert refused.spent_yen == 0
    assert not refused.is_eligible
    missing = refused.reasons[0].code
    assert missing.startswith("fact-missing-") or missing.endswith("-not-verified")


def test_the_tiers_and_age_bands_of_the_form_are_those_of_people() -> None:
    assert form.Tier.__args__ == person.Tier.__args__  # type: ignore[attr-defined]
    assert form.AgeBand.__args__ == person.AgeBand.__args__  # type: ignore[attr-defined]


@pytest.mark.parametrize("by_class", [ClassRates, ClassAmounts])
def test_an_effect_names_every_class_of_merchant(by_class: type[form.Form]) -> None:
    assert tuple(by_class.model_fields) == form.MerchantClass.__args__  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("stamps", "reason", "points"),
    [
        (0, ("stamp-collected", 2), 0),
        (1, ("stamp-collected", 1), 0),
        (2, ("rate-applied", 3000), 300),
        (3, ("stamp-collected", 2), 0),
        (5, ("rate-applied", 3000), 300),
    ],
)
def test_each_third_payment_is_granted_for(
    stamps: int, reason: tuple[str, int], points: int
) -> None:
    card = live(every_nth_payment=3)
    grant = decide(card, payment(1000), replace(PLENTY, seen={"stamps": stamps}), room=1000)
    assert (grant.reasons[0], grant.rebate_points) == (reason, points)
    assert (grant.is_stamped, grant.is_eligible) == (points == 0, points > 0)


@pytest.mark.parametrize(
    ("caps", "left", "code", "number"),
    [
        ({"per_person_campaign_times": 3}, {"campaign_times": 0}, "times-used", 3),
        ({"per_person_day_times": 1}, {"day_times": 0}, "day-times-used", 1),
    ],
)
def test_so_many_payments_and_no_more_get_points(
    caps: dict[str, int], left: dict[str, int], code: str, number: int
) -> None:
    campaign = flat(1, 3000, caps={"per_payment_points": 10**6, **caps})
    used_up = decide(campaign, payment(1000), replace(head(10**6), left=left), room=1000)
    assert (used_up.rebate_points, used_up.reasons) == (0, ((code, number),))
    one_left = dict.fromkeys(left, 1)
    granted = decide(campaign, payment(1000), replace(head(10**6), left=one_left), room=1000)
    assert granted.rebate_points == 300


def test_a_cap_for_each_merchant_cuts_like_the_others() -> None:
    campaign = flat(1, 3000, caps={"per_payment_points": 1000, "per_person_merchant_points": 400})
    grant = decide(campaign, payment(1000), replace(head(10**6), left={"merchant": 120}), room=1000)
    assert (grant.rebate_points, grant.reasons[-1]) == (120, ("cut-by-merchant-cap", 120))


def test_the_first_payment_at_a_merchant_is_the_one() -> None:
    campaign = flat(1, 3000, who={"first_payment": "at_merchant"})
    for visits, points in ((0, 300), (1, 0)):
        seen = replace(head(10**6), seen={"visits": visits})
        grant = decide(campaign, payment(1000), seen, room=1000)
        assert grant.rebate_points == points
        assert visits == 0 or grant.reasons == (("not-first-here", None),)
