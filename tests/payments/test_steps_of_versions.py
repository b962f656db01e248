"""How a version comes to apply, and what refuses it."""

import asyncio
from datetime import timedelta

import pytest

from campaigns.version import ChangeVersion
from core.errors import Problem
from tests.campaigns.versions_builder import (
    approved,
    drafted,
    drafting,
    past,
    rates,
    step,
    stepping,
    terms_now,
)
from tests.payments.across_midnight import (
    MIDNIGHT,
    NOON,
    at_noon,
    changing,
    pay,
    points,
    refused,
)
from tests.payments.refusals import refusal
from tests.town_builder import ADMIN, Town, new_id, running_engine
from worker.carry_out_plans import carry_out_plans

STATE_WRONG = "campaign-version-state-wrong"


async def test_a_version_is_withdrawn_before_it_applies_and_not_after(town: Town):
    wallet, store, campaign_id = await at_noon(town, rebate_bp=3000)
    version_id = await approved(town, campaign_id, MIDNIGHT, rebate=rates(1000))
    await step(town, campaign_id, version_id, "withdrawn")
    assert await refusal(town, stepping(campaign_id, version_id, "submitted")) == STATE_WRONG
    version_id = await approved(town, campaign_id, MIDNIGHT, rebate=rates(2000))
    await past(town, MIDNIGHT)
    assert points(await pay(town, wallet, store, 100)) == 20
    late = await town.submit(stepping(campaign_id, version_id, "withdrawn"))
    assert late.entry.facts == {"state": "applied", "possible": []}
    assert await carry_out_plans(town.database, town.region) == 1
    late = await town.submit(stepping(campaign_id, version_id, "withdrawn"))
    assert late.entry.facts == {"state": "applied", "possible": []}


async def test_a_version_needs_another_person_a_time_to_come_and_a_difference(town: Town):
    _, _, campaign_id = await at_noon(town)
    soon = NOON + timedelta(minutes=4)
    far = NOON + timedelta(days=400)
    for applies_from in (NOON - timedelta(days=1), soon, far):
        early = await drafting(town, campaign_id, applies_from, priority=5)
        assert await refusal(town, early) == "campaign-time-wrong"
    same = await drafting(town, campaign_id, MIDNIGHT)
    assert await refusal(town, same) == "campaign-version-same"
    fixed = await drafting(town, campaign_id, MIDNIGHT, on_return="keep")
    assert await refusal(town, fixed) == "campaign-term-fixed"
    beyond = await drafting(town, campaign_id, NOON + timedelta(days=366), priority=5)
    await town.set_clock(NOON + timedelta(days=1))
    assert await refusal(town, beyond) == "campaign-over"
    draft = await town.draft_campaign()
    on_draft = await drafting(town, draft, NOON + timedelta(days=9), priority=5)
    assert await refusal(town, on_draft) == "campaign-state-wrong"
    version_id = await drafted(town, campaign_id, NOON + timedelta(days=9), priority=5)
    assert await refusal(town, stepping(campaign_id, version_id, "approved")) == STATE_WRONG
    await step(town, campaign_id, version_id, "submitted")
    own = ChangeVersion(
        entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, version_id=version_id,
        state="approved", reason="-",
    )  # fmt: skip
    assert await refusal(town, own) == "second-person-needed"
    other = await town.live_campaign()
    with pytest.raises(Problem, match="campaign-version-unknown"):
        await town.submit(stepping(other, version_id, "withdrawn"))


async def test_a_group_is_compared_with_what_will_hold(town: Town):
    best, first = ({"how": how, "group": "winter"} for how in ("best", "exclusive"))
    _, _, one = await at_noon(town, together=best)
    _, _, other = await at_noon(town)
    joins = await drafting(town, other, MIDNIGHT, together=first)
    assert await refused(town, joins) == ("campaign-group-differs", str(one))
    await approved(town, one, MIDNIGHT, together=None)
    joins = await drafting(town, other, MIDNIGHT, together=first)
    (await town.submit(joins)).accepted()
    earlier = await drafting(town, other, MIDNIGHT - timedelta(hours=1), together=first)
    assert await refused(town, earlier) == ("campaign-group-differs", str(one))
    for state in ("submitted", "approved"):
        await step(town, other, joins.entry_id, state)
    third = await town.draft_campaign(together=best)
    await town.change_campaign(third, "approved")
    await town.fund(third, 1_000)
    starts = changing(third, "live")
    assert await refused(town, starts) == ("campaign-group-differs", str(other))


async def test_what_ends_before_its_version_applies_never_has_it(town: Town):
    wallet, store, campaign_id = await at_noon(town)
    version_id = await approved(town, campaign_id, MIDNIGHT, rebate=rates(1000))
    ended = await town.change_campaign(campaign_id, "ended")
    assert ended.refers_to == version_id
    holds = await terms_now(town, campaign_id)
    await past(town, MIDNIGHT)
    assert await carry_out_plans(town.database, town.region) == 0
    assert await terms_now(town, campaign_id) == holds
    assert (await pay(town, wallet, store, 100)).facts["grants"] == []
    for state in ("approved", "withdrawn"):
        told = await town.submit(stepping(campaign_id, version_id, state))
        assert told.entry.facts == {"state": "withdrawn", "possible": []}
    late = await drafting(town, campaign_id, MIDNIGHT + timedelta(days=1), priority=5)
    assert await refusal(town, late) == "campaign-state-wrong"


async def test_what_ends_after_its_version_applied_keeps_it(town: Town):
    _, _, campaign_id = await at_noon(town)
    await approved(town, campaign_id, MIDNIGHT, name="Winter")
    await past(town, MIDNIGHT)
    ended = await town.change_campaign(campaign_id, "ended")
    assert ended.refers_to is None
    assert (await terms_now(town, campaign_id)).name == "Winter"
    assert await carry_out_plans(town.database, town.region) == 1
    assert (await terms_now(town, campaign_id)).name == "Winter"


async def test_of_two_approvals_at_once_one_stands(town: Town):
    _, _, campaign_id = await at_noon(town)
    versions = [
        await drafted(town, campaign_id, MIDNIGHT, rebate=rates(rate_bp)) for rate_bp in (1, 2)
    ]
    for version_id in versions:
        await step(town, campaign_id, version_id, "submitted")
    async with running_engine(town.database, town.region) as second:
        told = await asyncio.gather(
            *(
                engine.submit(stepping(campaign_id, version_id, "approved"))
                for engine in (town.engine, second)
                for version_id in versions
            )
        )
    refusals = sorted(str(receipt.entry.refusal) for receipt in told)
    assert refusals == [
        "None",
        "campaign-version-pending", "campaign-version-pending",
        "campaign-version-state-wrong",
    ]  # fmt: skip
    [stands] = {r.entry.refers_to for r in told if r.entry.refusal is None}
    assert stands is not None
    pending = {
        str(r.entry.facts["version_id"])
        for r in told
        if r.entry.refusal == "campaign-version-pending"
    }
    assert pending == {str(stands)}
    await step(town, campaign_id, stands, "withdrawn")
    [other] = set(versions) - {stands}
    await step(town, campaign_id, other, "approved")
