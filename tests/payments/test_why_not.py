"""Why a campaign gave nothing is told from what was kept, as it was decided, or not at all."""

from random import Random

from campaigns.decide import decide_here
from campaigns.facts import OF_THE_ENTRY, Headroom
from campaigns.facts import PaymentFacts as Facts
from campaigns.line_up import LineUp
from campaigns.rules import LiveCampaign
from campaigns.sentences_of_gaps import FACTS_ERASED, FACTS_NOT_KEPT
from payments.recall import Recalled
from payments.why_not import why_not
from tests.campaigns.random_forms import draw_payment, headroom_of
from tests.campaigns.test_ask import drawn
from tests.sizes import SCALE


def test_what_was_kept_is_enough_for_the_reason_and_what_was_not_is_never_made_up():
    chance, met = Random(SCALE), set()
    for _ in range(400):
        line_up = LineUp(drawn(chance, 1))
        facts, used = draw_payment(chance)

        def headroom(campaign: LiveCampaign, used: dict[str, list[int]] = used) -> Headroom:
            return headroom_of(campaign, used, 0)

        place, person = line_up.kept_of(facts)
        entrys = {name: getattr(facts, name) for name in OF_THE_ENTRY}
        whole = Recalled(
            Facts(**entrys, **place, **person), frozenset(place) | frozenset(person), False
        )
        erased = Recalled(Facts(**entrys, **place), frozenset(place), True)
        older = Recalled(Facts(**entrys), frozenset(), False)
        refused = decide_here(line_up, facts, headroom).refused
        for campaign, reason in refused:
            assert why_not(campaign, whole) == reason
            assert why_not(campaign, erased).code == FACTS_ERASED
            met.add(reason.code)
        for campaign, reason in line_up.away(facts):
            assert why_not(campaign, whole) == why_not(campaign, erased) == reason
            met.add(reason.code)
        for campaign, reason in (*refused, *line_up.away(facts)):
            assert why_not(campaign, older).code in {reason.code, FACTS_NOT_KEPT}
    assert len(met) > 15
