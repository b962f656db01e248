"""Of many live campaigns few are asked, few stand in an entry, and a change shows at once."""

import asyncio
from dataclasses import replace
from datetime import time
from typing import Any
from uuid import UUID

from campaigns.decide import decide_here
from campaigns.facts import Headroom
from campaigns.line_up import MOST_PEOPLE, MOST_PLACES, LineUp
from campaigns.rules import LiveCampaign
from tests.campaigns.examples import flat, head, payment
from tests.town_builder import Town

LUNCH: dict[str, Any] = {"when": {"from_time": "11:00", "until_time": "14:00"}}
ELSEWHERE: dict[str, Any] = {"where": {"areas": ["kinuta"]}}
OLD: dict[str, Any] = {"who": {"age_bands": ["75+"], "proof": "declared"}}
HERE = replace(payment(1000), clock=time(12), shop_area="kitazawa", age_band="30-44")


def test_only_campaigns_whose_conditions_are_met_are_asked_what_they_have_left():
    line_up = LineUp([flat(1, 3000), flat(2, 500, **ELSEWHERE), flat(3, 500, **OLD)])
    asked: list[int] = []

    def headroom_of(campaign: LiveCampaign) -> Headroom:
        asked.append(campaign.campaign_id.int)
        return head(1_000_000)

    decision = decide_here(line_up, HERE, headroom_of)
    assert (asked, [grant.rebate_points for grant in decision.grants]) == ([1], [300])
    assert [(c.campaign_id.int, why.code) for c, why in decision.refused] == [
        (3, "age-band-not-eligible")
    ]
    assert [(c.campaign_id.int, why.code) for c, why in line_up.away(HERE)] == [
        (2, "shop-area-not-eligible")
    ]


def test_what_is_remembered_of_a_shop_ends_with_the_hour():
    line_up = LineUp([flat(1, 3000, **LUNCH)])
    asked = [
        bool(line_up.here(replace(HERE, clock=clock)).units)
        for clock in (time(10, 59), time(11), time(13, 59), time(14), time(11), None)
    ]
    assert asked == [False, True, True, False, True, False]


def test_what_is_remembered_is_bounded():
    line_up = LineUp([flat(1, 3000, where={"categories": ["food"]})])
    others = [replace(HERE, category=f"kind {n}") for n in range(MOST_PLACES + 100)]
    shops = [replace(HERE, category="food"), *others]
    assert [bool(line_up.here(shop).units) for shop in shops] == [True] + [False] * len(others)
    assert len(line_up._here) < MOST_PLACES


def test_shops_that_no_campaign_names_are_looked_at_once():
    named = str(UUID(int=1))
    line_up = LineUp([flat(1, 3000, where={"except_merchants": [named]})])
    shops = [replace(HERE, merchant_id=UUID(int=n)) for n in (1, 2, 3, 1)]
    seen = [line_up.here(shop) for shop in (*shops, replace(HERE, merchant_id=None))]
    assert [len(here.units) for here in seen] == [0, 1, 1, 0, 0], "the last shop is not known"
    assert seen[1] is seen[2]


def test_people_of_whom_the_same_is_known_are_looked_at_once():
    line_up = LineUp([flat(1, 3000), flat(2, 500, **OLD)])
    here = line_up.here(HERE)
    old = replace(HERE, age_band="75+")
    asked = [line_up.asked(here, each) for each in (HERE, old, replace(HERE, amount_yen=1), old)]
    assert [len(each.units) for each in asked] == [1, 2, 1, 2]
    assert asked[2] is asked[0]
    assert asked[3] is asked[1]


def test_what_is_remembered_of_people_is_bounded():
    line_up = LineUp([flat(1, 3000, **OLD)])
    for n in range(MOST_PEOPLE + 10):
        stranger = replace(HERE, age_band=f"aged {n}")
        assert len(line_up.asked(line_up.here(stranger), stranger).refused) == 1
    assert sum(len(here.people) for here in line_up._here.values()) < MOST_PEOPLE


async def test_an_entry_tells_of_all_that_apply_and_else_of_three(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store(merchant_class="small")
    await town.top_up(wallet, 5_000)
    for _ in range(4):
        await town.live_campaign(where={"areas": ["nowhere"]})
    nothing = await town.pay(wallet, store, 1_000)
    assert [grant["rebate_points"] for grant in nothing.facts["grants"]] == [0, 0, 0]
    granting = [await town.live_campaign() for _ in range(4)]
    paid = await town.pay(wallet, store, 1_000)
    assert [UUID(grant["campaign_id"]) for grant in paid.facts["grants"]] == granting


async def test_who_is_stopped_grants_nothing_later_in_the_same_batch(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store(merchant_class="small")
    await town.top_up(wallet, 5_000)
    campaign_id = await town.live_campaign()
    before, stop, after = await asyncio.gather(
        town.pay(wallet, store, 1_000),
        town.change_campaign(campaign_id, "stopped"),
        town.pay(wallet, store, 1_000),
    )
    points = {
        entry.seq: sum(grant["rebate_points"] for grant in entry.facts["grants"])
        for entry in (before, after)
    }
    assert all((n > 0) == (seq < stop.seq) for seq, n in points.items())
