"""The form of a bonus on top-ups: what it refuses, by path; and no word of it is of payments."""

from typing import Any

import pytest

from campaigns.explain import SENTENCES, explain
from campaigns.reasons import Reason
from campaigns.rules import LiveCampaign
from campaigns.sentences_of_bonuses import BONUSES
from campaigns.terms import Terms, canonical_json, parse, terms_hash
from tests.campaigns.examples import CAMPAIGN, SETAGAYA
from tests.campaigns.test_terms import refused_fields

CAPS = {"per_payment_points": 3000}
FORM = {name: SETAGAYA[name] for name in ("form_version", "name", "starts_on", "ends_on")} | {
    "bonus": {"rate_bp": 1000},
    "caps": CAPS,
}
OF_PAYMENTS = {
    *("month-tiers-applied", "shop-only", "cut-by-merchant-cap", "not-first-here"),
    *("stamp-collected", "no-coin-part", "cut-to-original"),
    *("fact-missing-time", "not-first-ever", "fact-missing-first-payment"),
}
"""Never the reason of what a top-up earned."""
RATES = {"rates_bp": {"street_member": 1, "small": 1, "convenience": 1, "large": 1}}
TIER = {"above_yen": 0, "rate_bp": 1}


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"rebate": RATES}, "rebate"),
        ({"cashback": RATES}, "cashback"),
        ({"where": {"classes": ["small"]}}, "where"),
        ({"where": {}}, "where"),
        ({"payment_modes": ["shop_qr"]}, "payment_modes"),
        ({"every_nth_payment": 5}, "every_nth_payment"),
        ({"who": {"first_payment": "at_merchant"}}, "who.first_payment"),
        ({"caps": CAPS | {"per_person_merchant_points": 1}}, "caps.per_person_merchant_points"),
        ({"caps": CAPS | {"cashback_per_payment_yen": 1}}, "caps.cashback_per_payment_yen"),
        ({"near_end": {"step_down": {"at_used_bp": 1, "rebate": RATES}}}, "near_end.step_down"),
        ({"bonus": {}}, "bonus"),
        ({"bonus": {"rate_bp": 1, "fixed_points": 1}}, "bonus"),
        ({"bonus": {"rounding": "floor"}}, "bonus"),
        ({"bonus": {"rate_bp": 0}}, "bonus.rate_bp"),
        ({"bonus": {"rate_bp": 10_001}}, "bonus.rate_bp"),
        ({"bonus": {"rate_bp": 10.0}}, "bonus.rate_bp"),
        ({"bonus": {"fixed_points": 0}}, "bonus.fixed_points"),
        ({"bonus": {"rate_bp": 1, "on": "whole"}}, "bonus.on"),
        ({"bonus": RATES}, "bonus.rates_bp"),
        ({"bonus": {"month_tiers": [TIER]}}, "bonus.month_tiers"),
        ({"bonus": {"tiers": [TIER, TIER]}}, "bonus.tiers"),
        ({"bonus": {"steps": [{"from_yen": 1, "gives": 2}, {"from_yen": 2, "gives": 1}]}},
         "bonus.steps"),
        ({"bonus": None}, "cashback"),
    ],
)  # fmt: skip
def test_what_says_nothing_about_a_top_up_is_refused_by_its_path(part: dict[str, Any], field: str):
    assert refused_fields(FORM | part) == {field}


def test_a_bonus_is_written_and_read_and_leaves_no_trace_in_other_forms():
    terms = Terms.model_validate(FORM)
    assert parse(canonical_json(terms)) == terms
    assert b'"bonus":{"rate_bp":1000,"rounding":"floor"}' in canonical_json(terms)
    assert b"bonus" not in canonical_json(Terms.model_validate(SETAGAYA))
    assert LiveCampaign(CAMPAIGN, terms_hash(terms), terms).rules.is_of_top_ups


def test_no_word_about_a_top_up_is_of_a_payment():
    for code, sentence in SENTENCES.items():
        if code.startswith(("cashback-", "mode-", "fact-missing-mode")) or code in OF_PAYMENTS:
            continue
        said = BONUSES.get(code, sentence)
        assert "支払" not in said.ja, code
        assert "payment" not in said.en, code
        assert "はらった" not in said.ja_easy, code
    assert (
        explain(Reason("rate-applied", 1000), "top_up")["en"]
        != explain(Reason("rate-applied", 1000))["en"]
    )
