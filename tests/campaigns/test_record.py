"""Grants written into a ledger entry come back as they were."""

import json

from hypothesis import given

from campaigns.facts import PaymentFacts
from campaigns.record import grant_from_facts, grant_to_facts
from tests.campaigns.deciding import decide, decide_all
from tests.campaigns.examples import PLENTY, live, payment
from tests.campaigns.strategies import CALM, Situation, falling_payments, situations


def test_a_stored_grant_looks_like_this_for_ever() -> None:
    # Entries of every year are read with these keys: add to them, never change them.
    grant = decide(live(), payment(20_000), PLENTY, room=20_000)
    assert grant_to_facts(grant) == {
        "campaign_id": "01960000-0000-7000-8000-000000000001",
        "hash": "380d6f2365176433517ff3c8b61f5fd3cf336841bb02153bf32fbfc2b4fc1cf4",
        "rebate_points": 3000,
        "cashback_yen": 1000,
        "headroom": {"budget": 1_000_000, "day": 5000, "month": 10000, "campaign": 15000},
        "reasons": [
            ["rate-applied", 3000],
            ["cashback-rate-applied", 500],
            ["cut-by-payment-cap", 3000],
        ],
    }


def test_a_reason_without_a_figure_is_one_word() -> None:
    grant = decide(live(), payment(1000, merchant_class=None), PLENTY, room=1000)
    assert grant_to_facts(grant)["reasons"] == [["fact-missing-merchant-class"]]


@CALM
@given(situations(), falling_payments(least=1, most=1))
def test_every_grant_comes_back_through_json(
    situation: Situation, payments: list[PaymentFacts]
) -> None:
    campaigns, headrooms = situation
    for grant in decide_all(campaigns, payments[0], headrooms):
        assert grant_from_facts(json.loads(json.dumps(grant_to_facts(grant)))) == grant
