"""What campaigns ask for is known beforehand, so it is kept; what is missing never grants."""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from random import Random
from typing import Any
from uuid import UUID

from campaigns.facts import (
    OF_THE_ENTRY,
    OF_THE_PERSON,
    OF_THE_PLACE,
    Headroom,
    PaymentFacts,
)
from campaigns.line_up import LineUp
from campaigns.rules import LiveCampaign
from campaigns.terms import Terms, terms_hash
from tests.campaigns.deciding import decide
from tests.campaigns.random_forms import (
    Json,
    draw_bonuses,
    draw_forms,
    draw_payment,
    draw_top_up,
    headroom_of,
)
from tests.sizes import JUDGED_FORMS, SCALE

ALWAYS_THERE = {"amount_yen", "coin_yen", "business_date"}
NAMES = {each.name for each in fields(PaymentFacts)}


class Watched:
    """A payment that notes which of its facts were looked at."""

    def __init__(self, facts: PaymentFacts) -> None:
        self._facts = facts
        self.seen: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.seen.add(name)
        return getattr(self._facts, name)


def drawn(
    chance: Random, forms: int, draw: Callable[[Random], list[Json]] = draw_forms
) -> Iterator[LiveCampaign]:
    for _ in range(forms):
        for number, form in enumerate(draw(chance)):
            terms = Terms.model_validate(form)
            yield LiveCampaign(UUID(int=number), terms_hash(terms), terms)


def test_every_fact_is_the_entrys_or_nobodys_or_the_persons():
    groups = (*OF_THE_ENTRY, *OF_THE_PLACE, *OF_THE_PERSON)
    assert sorted(groups) == sorted(NAMES), "a new fact must be sorted: it is kept, or apart"


def test_what_conditions_look_at_is_what_is_said_to_be_asked():
    chance, met = Random(SCALE), set[str]()
    for campaign in drawn(chance, 150):
        rules = campaign.rules
        facts = Watched(draw_payment(chance)[0])
        for check in rules.checks_of_place:
            check(facts)  # type: ignore[arg-type]
        assert facts.seen.isdisjoint(OF_THE_PERSON), "a line-up remembers it for everybody"
        for check in rules.checks_of_person:
            check(facts)  # type: ignore[arg-type]
        assert facts.seen - set(OF_THE_ENTRY) == rules.asked, campaign.terms
        met |= rules.asked
    assert met == {*OF_THE_PLACE, *OF_THE_PERSON}


def test_without_any_one_fact_there_is_a_reason_and_never_a_grant():
    chance, missed = Random(SCALE), set[str]()
    for campaign in drawn(chance, JUDGED_FORMS):
        for _ in range(3):
            facts, used = draw_payment(chance)
            missed |= missed_in(campaign, facts, headroom_of(campaign, used, 0))
    assert missed == NAMES - ALWAYS_THERE


def test_without_any_one_fact_of_a_top_up_there_is_a_reason_and_never_a_bonus():
    chance, missed = Random(SCALE), set[str]()
    for campaign in drawn(chance, JUDGED_FORMS, draw_bonuses):
        for _ in range(3):
            facts, used = draw_top_up(chance)
            missed |= missed_in(campaign, facts, headroom_of(campaign, used, 0))
    assert missed == {*OF_THE_PERSON, "clock"} - {"is_first_payment"}


def missed_in(campaign: LiveCampaign, facts: PaymentFacts, headroom: Headroom) -> set[str]:
    """The facts without which another thing is decided: nothing, for want of this one."""
    missed = set[str]()
    whole = decide(campaign, facts, headroom, facts.coin_yen)
    for each in fields(PaymentFacts):
        if each.name in ALWAYS_THERE:
            continue
        nothing: Any = None if each.default is MISSING else each.default
        if getattr(facts, each.name) == nothing:
            continue
        without = replace(facts, **{each.name: nothing})
        grant = decide(campaign, without, headroom, facts.coin_yen)
        if grant == whole:
            is_needed = whole.is_eligible and each.name in campaign.rules.asked
            assert not is_needed, f"{each.name} is missing, and it grants all the same"
            continue
        [reason] = grant.reasons
        assert reason.code.startswith("fact-missing-") or reason.code.endswith("-not-verified")
        assert (grant.rebate_points, grant.cashback_yen) == (0, 0)
        missed.add(each.name)
    return missed


def test_no_more_is_kept_of_a_person_than_is_asked_at_this_shop():
    chance = Random(SCALE)
    for _ in range(100):
        campaigns = list(drawn(chance, 1))
        line_up = LineUp(campaigns)
        facts, _ = draw_payment(chance)
        place, person = line_up.kept_of(facts)
        away = {refused.campaign.campaign_id for refused in line_up.away(facts)}
        asked = frozenset[str]().union(*(each.rules.asked for each in campaigns))
        here = (each.rules.asked for each in campaigns if each.campaign_id not in away)
        assert place.keys() == asked & {*OF_THE_PLACE}
        assert person.keys() == frozenset[str]().union(*here) & {*OF_THE_PERSON}
        for name, value in {**place, **person}.items():
            assert value == getattr(facts, name)
