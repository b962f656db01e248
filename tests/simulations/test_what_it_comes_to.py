"""What a trial comes to: demand, multiplier, interval; the command on a made-up town."""

from datetime import date, time
from random import Random
from uuid import UUID

import orjson
import pytest
from typer.testing import CliRunner

from campaigns.rules import LiveCampaign
from campaigns.terms import terms_hash
from cli.main import app
from cli.multiplier import multiplier_bp
from residents.person import NOBODY
from simulations.asked import Asked
from simulations.parties import Person, Shop, known_of
from simulations.past_payment import PastPayment
from simulations.result import percentile, result_of
from simulations.run import begin
from simulations.spread import spread_of
from simulations.trial import Trial
from tests.terms_builder import terms_of

MONDAY = date(2026, 8, 3)
SUNDAY = date(2026, 8, 16)
FORM = "docs/campaigns/thirty-and-five.json"


def trial_of(asked: Asked) -> Trial:
    tried = LiveCampaign(UUID(int=1), terms_hash(asked.terms), asked.terms)
    trial = begin(asked, tried)
    trial.let_live([tried])
    return trial


def asked_of(**said: object) -> Asked:
    terms = terms_of(MONDAY, per_person_day_points=500)
    return Asked(terms=terms, from_day=MONDAY, to_day=SUNDAY, **said)  # type: ignore[arg-type]


SHOPS = [Shop(n, UUID(int=n + 9), "small", "food", f"area {n % 2}") for n in range(10)]


def pay(trial: Trial, number: int, person: Person, yen: int, day: date) -> bytes:
    payment_id = number.to_bytes(16, "big")
    shop = SHOPS[number % 10]
    trial.pay(PastPayment(payment_id, person, shop, day, time(12), yen, yen, is_refunded=True))
    return payment_id


def test_a_budget_ends_and_demand_goes_on_as_if_it_had_not():
    trial = trial_of(asked_of(budget_yen=1_000))
    people = [Person(n, NOBODY) for n in range(5)]
    paid = [pay(trial, n, person, 1_000, MONDAY) for n, person in enumerate(people)]
    result = result_of(asked_of(budget_yen=1_000), trial, SHOPS)
    # 350 yen each: two whole grants, 300 for the third, nothing after that.
    assert (result["cost_yen"], result["demand_yen"]) == (1_000, 5 * 350)
    assert (result["ends_on"], result["budget_left_yen"]) == ("2026-08-03", 0)
    trial.give_back(paid[0], MONDAY, 1_000, {})
    pay(trial, 7, people[4], 1_000, MONDAY)
    result = result_of(asked_of(budget_yen=1_000), trial, SHOPS)
    assert (result["cost_yen"], result["taken_points"], result["budget_left_yen"]) == (
        1_000,
        300,
        0,
    )
    assert result["demand_yen"] == 5 * 350 - 350 + 200 + 50  # the fifth person's cap of the day


def test_payments_are_as_much_larger_as_is_said_and_refunds_too():
    trial = trial_of(asked_of(multiplier_bp=12_000))
    payment_id = pay(trial, 1, Person(0, NOBODY), 1_001, MONDAY)
    assert trial.tally.rebate_points == 360  # of 1,201 yen
    trial.give_back(payment_id, MONDAY, 1_001, {})
    assert trial.tally.taken_points == 360
    assert result_of(asked_of(multiplier_bp=12_000), trial, SHOPS)["cost_yen"] == 0


def test_an_erased_fact_is_unknown_and_counted():
    facts = {**NOBODY, "area": "", "is_area_verified": True, "tier": "verified_resident",
             "tier_until": "9999-12-31"}  # fmt: skip
    assert known_of(facts, MONDAY)[1] is None
    trial = trial_of(asked_of())
    pay(trial, 1, Person(0, facts), 1_000, MONDAY)
    pay(trial, 2, Person(1, NOBODY), 1_000, MONDAY)
    assert result_of(asked_of(), trial, SHOPS)["people_unknown"] == 1


def test_an_interval_is_of_whole_weeks_and_holds_the_figure():
    days = [1_000 + 50 * (n % 7) for n in range(56)]
    even = spread_of(MONDAY, days, None)
    assert even is not None
    assert even.low_yen == even.high_yen == sum(days), "each week is the same"
    chance = Random(5)
    drawn = [chance.randrange(500, 1_500) for _ in range(56)]
    spread = spread_of(MONDAY, drawn, 30_000)
    assert spread is not None
    assert spread.low_yen == spread.high_yen == 30_000
    assert spread.earliest_on is not None
    assert spread.latest_on is not None
    so_far = [sum(drawn[: n + 1]) for n in range(56)]
    ends = next(n for n, yen in enumerate(so_far) if yen >= 30_000)
    assert (
        spread.earliest_on.toordinal() <= MONDAY.toordinal() + ends <= spread.latest_on.toordinal()
    )
    assert spread == spread_of(MONDAY, drawn, 30_000)
    assert spread_of(MONDAY, drawn[:13], None) is None


def test_of_percentiles():
    ordered = list(range(1, 101))
    assert [percentile(ordered, each) for each in (10, 50, 99)] == [10, 50, 99]
    assert percentile([7], 99) == 7


def test_the_command_tries_a_form_on_a_town_that_never_was():
    told = [
        "simulate",
        FORM,
        "--from",
        "2026-08-03",
        "--to",
        "2026-08-16",
        "--town",
        "60",
        "--json",
    ]
    first, second = (CliRunner().invoke(app, told) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout, "the same seed, the same past"
    result = orjson.loads(first.stdout)
    assert (result["payments"], result["budget_yen"], len(result["days"])) == (14 * 30, None, 14)
    assert result["cost_yen"] == sum(
        each["granted_yen"] - each["taken_back_yen"] for each in result["days"]
    )
    words = CliRunner().invoke(app, [*told[:-1], "--budget", "10000", "--multiplier", "1.5"])
    assert "budget: ¥10,000; ends on 2026-08-0" in words.stdout


@pytest.mark.parametrize(
    ("text", "bp"), [("1", 10_000), ("1.25", 12_500), ("0.5", 5_000), ("2.0001", 20_001)]
)
def test_a_multiplier_is_read_without_floats(text: str, bp: int):
    assert multiplier_bp(text) == bp


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--multiplier", "many"], "a multiplier is a number"),
        (["--multiplier", "9"], "multiplier_bp"),
        (["--budget", "0"], "budget_yen"),
        (["--to", "2026-08-01"], "must not be before from_day"),
    ],
)
def test_the_command_refuses_what_is_malformed(more: list[str], said: str):
    told = ["simulate", FORM, "--from", "2026-08-03", "--to", "2026-08-16", "--town", "60", *more]
    refused = CliRunner().invoke(app, told)
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.replace("│", " ").split())
