"""The parts of a campaign's form: what each refuses, by the name of its field."""

from typing import Any

import pytest

from campaigns.terms import canonical_json, parse, terms_hash
from tests.campaigns.examples import SETAGAYA, terms
from tests.campaigns.test_terms import refused_fields

RATES = {"street_member": 1, "small": 1, "convenience": 1, "large": 1}
FALLING = [{"from_yen": 1000, "gives": 200}, {"from_yen": 2000, "gives": 100}]
OVERLAPPING = [{"from_yen": 1000, "gives": 200}, {"from_yen": 1000, "gives": 300}]
DOWN = {"at_used_bp": 8000, "rebate": {"rates_bp": RATES | {"large": 0}}}
END = {"at_used_bp": 8000, "notice_days": 7}
TIER = {"above_yen": 0, "rate_bp": 1}


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"when": {"from_time": "09:30"}}, "when.until_time"),
        ({"when": {"until_time": "09:30"}}, "when.until_time"),
        ({"when": {"from_time": "09:30", "until_time": "09:30"}}, "when.until_time"),
        ({"when": {"from_time": "22:00", "until_time": "02:00"}}, "when.until_time"),
        ({"when": {"from_time": "9:30", "until_time": "10:00"}}, "when.from_time"),
        ({"when": {"from_time": "09:30:00", "until_time": "10:00"}}, "when.from_time"),
        ({"when": {"from_time": "24:00", "until_time": "24:00"}}, "when.from_time"),
        ({"when": {"from_time": "09:30", "until_time": "24:01"}}, "when.until_time"),
        ({"where": {"streets": [""]}}, "where.streets.0"),
        ({"when": {"weekdays": ["monday"]}}, "when.weekdays.0"),
        ({"when": {"weekdays": []}}, "when.weekdays"),
        ({"when": {"weekdays": ["mon", "mon"]}}, "when.weekdays"),
        ({"when": {"hours": 3}}, "when.hours"),
        ({"where": {"classes": ["kiosk"]}}, "where.classes.0"),
        ({"where": {"only_merchants": ["not an id"]}}, "where.only_merchants.0"),
        ({"where": {"areas": [" kitazawa"]}}, "where.areas.0"),
        ({"where": {"areas": ["a"] * 1001}}, "where.areas"),
        ({"usable_where": {}}, "usable_where"),
        ({"usable_where": {"streets": None}}, "usable_where"),
        ({"usable_where": {"classes": ["kiosk"]}}, "usable_where.classes.0"),
        ({"usable_where": {"shops": ["a"]}}, "usable_where.shops"),
        ({"rebate": None, "usable_where": {"streets": ["a"]}}, "usable_where"),
        ({"who": {"proof": "guessed"}}, "who.proof"),
        ({"who": {"tiers": ["verified"]}}, "who.tiers.0"),
        ({"who": {"first_payment": "today"}}, "who.first_payment"),
        ({"payment_modes": ["cash"]}, "payment_modes.0"),
        ({"every_nth_payment": 1}, "every_nth_payment"),
        ({"together": {"how": "worst"}}, "together.how"),
        ({"together": {"how": "best", "group": None}}, "together.group"),
        ({"together": {"how": "exclusive"}}, "together.group"),
        ({"together": {"how": "stacking", "group": "autumn"}}, "together.group"),
        ({"together": {"how": "stacking", "most_of_coin_bp": 10_001}}, "together.most_of_coin_bp"),
        ({"rebate": {}}, "rebate"),
        ({"rebate": {"rates_bp": RATES, "fixed": RATES}}, "rebate"),
        ({"rebate": {"steps": []}}, "rebate.steps"),
        ({"rebate": {"steps": FALLING}}, "rebate.steps"),
        ({"rebate": {"steps": OVERLAPPING}}, "rebate.steps"),
        ({"rebate": {"tiers": [TIER | {"above_yen": 1}]}}, "rebate.tiers"),
        ({"rebate": {"tiers": [TIER, TIER]}}, "rebate.tiers"),
        ({"rebate": {"tiers": [TIER | {"rate_bp": 0.5}]}}, "rebate.tiers.0.rate_bp"),
        ({"cashback": {"month_tiers": [TIER]}}, "cashback.month_tiers"),
        ({"rebate": None, "cashback": None}, "cashback"),
        ({"caps": {"per_payment_points": 1, "per_person_day_times": 0}},
         "caps.per_person_day_times"),
        ({"claw_back_from_funder": False}, "claw_back_from_funder"),
        ({"claw_back_from_funder": 1}, "claw_back_from_funder"),
        ({"claw_back_from_funder": "true"}, "claw_back_from_funder"),
        ({"near_end": {}}, "near_end"),
        ({"near_end": {"step_down": DOWN, "scheduled_end": END}}, "near_end"),
        ({"near_end": {"step_down": {"at_used_bp": 8000}}}, "near_end.step_down.cashback"),
        ({"near_end": {"step_down": DOWN | {"at_used_bp": 0}}}, "near_end.step_down.at_used_bp"),
        ({"near_end": {"step_down": DOWN | {"at_used_bp": 10_000}}},
         "near_end.step_down.at_used_bp"),
        ({"near_end": {"step_down": DOWN | {"at_used_bp": 0.8}}}, "near_end.step_down.at_used_bp"),
        ({"near_end": {"step_down": DOWN | {"rebate": {"rates_bp": RATES | {"large": 1.5}}}}},
         "near_end.step_down.rebate.rates_bp.large"),
        ({"near_end": {"scheduled_end": END | {"notice_days": 0}}},
         "near_end.scheduled_end.notice_days"),
        ({"near_end": {"scheduled_end": END | {"notice_days": 91}}},
         "near_end.scheduled_end.notice_days"),
        ({"near_end": {"scheduled_end": {"notice_days": 7}}}, "near_end.scheduled_end.at_used_bp"),
        ({"near_end": {"soft_stop": END}}, "near_end.soft_stop"),
    ],
)  # fmt: skip
def test_a_part_that_does_not_fit_is_refused_by_its_field(part: dict[str, Any], field: str) -> None:
    assert field in refused_fields(SETAGAYA | part)


def test_what_is_left_out_and_what_is_null_is_the_same_form() -> None:
    said = terms(when=None, who=None, together=None, every_nth_payment=None)
    assert terms_hash(said) == terms_hash(terms())
    assert b"null" not in canonical_json(said)


def test_a_list_has_no_order_and_a_clock_is_written_as_it_was_read() -> None:
    one = terms(
        when={"weekdays": ["wed", "mon"], "from_time": "09:30", "until_time": "10:00"},
        where={"areas": ["kinuta", "kitazawa"]},
    )
    other = terms(
        where={"areas": ["kitazawa", "kinuta"]},
        when={"until_time": "10:00", "from_time": "09:30", "weekdays": ["mon", "wed"]},
    )
    assert terms_hash(one) == terms_hash(other)
    assert b'"from_time":"09:30"' in canonical_json(one)
    assert parse(canonical_json(one)) == one


def test_hours_may_last_until_midnight() -> None:
    evening = terms(when={"from_time": "20:00", "until_time": "24:00"})
    assert b'"until_time":"24:00"' in canonical_json(evening)
    assert parse(canonical_json(evening)) == evening
    all_day = terms(when={"from_time": "00:00", "until_time": "24:00"})
    assert terms_hash(all_day) != terms_hash(evening)
