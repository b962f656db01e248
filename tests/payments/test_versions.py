"""A live campaign changes by a version: from its instant on, in every process, and exactly."""

import asyncio
from datetime import timedelta

from campaigns.life import as_of
from ledger.books import Holder
from tests.campaigns.versions_builder import (
    approved,
    drafted,
    past,
    rates,
    scheduled,
    step,
    stepping,
    terms_now,
)
from tests.payments.across_midnight import (
    MIDNIGHT,
    NOON,
    around,
    at_noon,
    changing,
    pay,
    points,
)
from tests.payments.refusals import refusal
from tests.town_builder import Town, new_id
from worker.carry_out_plans import carry_out_plans

OVER = "campaign-over"


def test_the_instant_itself_has_the_new_terms() -> None:
    """In UTC, in the zone, to the microsecond."""
    old, new = bytes(32), bytes(31) + b"\1"
    version = {
        "version_id": str(new_id()),
        "terms": new.hex(),
        "applies_from": MIDNIGHT.isoformat(),
    }
    plan = {"starts_at": MIDNIGHT.isoformat(), "next": version}
    campaign = Holder(new_id(), "campaign", "scheduled", {"plan": plan}, terms_hash=old)
    just_before = MIDNIGHT - timedelta(microseconds=1)
    for now, state, terms_hash in (
        (just_before, "scheduled", old),
        (MIDNIGHT, "live", new),
        (MIDNIGHT + timedelta(days=900), "live", new),
    ):
        read = as_of(campaign, now)
        assert (read.state, read.terms_hash) == (state, terms_hash)
        assert as_of(read, now) == read, "read twice it is the same"


async def test_every_process_decides_by_the_version_of_the_time_of_the_batch(town: Town):
    wallet, store, campaign_id = await at_noon(town, rebate_bp=3000)
    old = (await pay(town, wallet, store, 100)).facts["grants"][0]["hash"]
    await approved(town, campaign_id, MIDNIGHT, rebate=rates(1000))
    assert points(await pay(town, wallet, store, 100)) == 30
    paid = await around(town, wallet, store)
    told = {
        (entry.at >= MIDNIGHT, entry.business_date.day, points(entry)): entry.facts["grants"]
        for entry in paid
    }
    assert set(told) == {(False, 15, 30), (True, 16, 10)}
    assert {grants[0]["hash"] == old for grants in told.values()} == {True, False}
    [row] = await town.rows(
        "SELECT terms_hash FROM ledger.holder WHERE holder_id = :id", id=campaign_id
    )
    assert row.terms_hash.hex() == old, "no job was awake"
    assert (await terms_now(town, campaign_id)).rebate is not None
    done = await asyncio.gather(*(carry_out_plans(town.database, town.region) for _ in range(3)))
    assert sum(done) == 1, "twice is once"
    assert await carry_out_plans(town.database, town.region) == 0
    assert points(await pay(town, wallet, store, 100)) == 10


async def test_a_refund_goes_by_the_version_that_granted(town: Town):
    tiers = {"tiers": [{"above_yen": 0, "rate_bp": 5000}, {"above_yen": 500, "rate_bp": 1000}]}
    wallet, store, campaign_id = await at_noon(
        town, rebate=tiers, per_person_day_points=5_000, points_expire_months=2
    )
    paid = await pay(town, wallet, store, 1_000)
    assert points(paid) == 300
    await approved(
        town, campaign_id, MIDNIGHT, rebate=rates(100), minimum_amount_yen=900,
        points_expire_months=6, caps={"per_payment_points": 50},
    )  # fmt: skip
    await past(town, MIDNIGHT)
    later = await pay(town, wallet, store, 1_000)
    assert points(later) == 10
    back = await town.refund(paid.entry_id, store, 400)
    assert back.facts["clawed_back"][0]["points"] == 40, "tiers of the first version"
    back = await town.refund(later.entry_id, store, 200)
    assert back.facts["clawed_back"][0]["points"] == 10, "the minimum of the second"
    await town.refund(paid.entry_id, store)
    held = await town.balances(wallet.wallet_id)
    assert held == {"coin": 48_000 + 1_000 + 200}


async def test_counters_go_on_and_who_is_above_a_lower_cap_gets_nothing_more(town: Town):
    wallet, store, campaign_id = await at_noon(
        town, rebate_bp=5000, per_person_month_points=2_000, budget_per_day_yen=9_000
    )
    first = await pay(town, wallet, store, 3_000)
    assert points(first) == 1_500
    caps = {"per_payment_points": 3_000, "per_person_month_points": 1_000}
    lower = await approved(town, campaign_id, MIDNIGHT, caps=caps, budget_per_day_yen=8_000)
    await past(town, MIDNIGHT)
    second = await pay(town, wallet, store, 1_000)
    assert points(second) == 0
    assert second.facts["grants"][0]["headroom"]["month"] == 0
    await town.refund(first.entry_id, store, 1_400)  # 700 come back: 800 are counted
    assert points(await pay(town, wallet, store, 1_000)) == 200
    next_day = MIDNIGHT + timedelta(days=1)
    higher = {"per_payment_points": 3_000, "per_person_month_points": 1_700}
    await approved(town, campaign_id, next_day, caps={**higher, "per_person_day_points": 400})
    await past(town, next_day)
    third = await pay(town, wallet, store, 2_000)
    assert points(third) == 400, "a cap that is new counts from now on"
    assert third.facts["grants"][0]["headroom"]["month"] == 700
    assert lower != campaign_id


async def test_an_approval_at_the_instant_holds_from_it_or_not_at_all(town: Town):
    wallet, store, campaign_id = await at_noon(town, rebate_bp=3000)
    version_id = await drafted(town, campaign_id, MIDNIGHT, rebate=rates(1000))
    await step(town, campaign_id, version_id, "submitted")
    approval = stepping(campaign_id, version_id, "approved")
    paid = await around(town, wallet, store, approval)
    entry = (await town.submit(approval)).entry
    is_approved = entry.refusal is None
    assert is_approved == (entry.at < MIDNIGHT)
    assert entry.refusal in {None, "campaign-time-wrong"}
    told = {(entry.at >= MIDNIGHT, points(entry)) for entry in paid}
    assert told == {(False, 30), (True, 10 if is_approved else 30)}
    if not is_approved:
        assert await refusal(town, stepping(campaign_id, version_id, "approved"))


async def test_a_stop_at_the_instant_is_instant_all_the_same(town: Town):
    wallet, store, campaign_id = await at_noon(town, rebate_bp=3000)
    await approved(town, campaign_id, MIDNIGHT, rebate=rates(1000))
    stop = changing(campaign_id, "stopped")
    paid = await around(town, wallet, store, stop)
    stopped = (await town.submit(stop)).accepted()
    for entry in paid:
        if entry.seq > stopped.seq:
            assert entry.facts["grants"] == []
        else:
            assert points(entry) == (10 if entry.at >= MIDNIGHT else 30)
    await town.change_campaign(campaign_id, "live")
    assert points(await pay(town, wallet, store, 100)) == 10
    assert await carry_out_plans(town.database, town.region) == 1


async def test_a_scheduled_campaign_starts_at_its_time_with_nobody_awake(town: Town):
    wallet, store, _ = await at_noon(town, rebate_bp=0, cashback=rates(100))
    campaign_id = await town.draft_campaign(rebate_bp=1000, cashback_bp=0, name="Scheduled")
    assert (await scheduled(town, campaign_id, MIDNIGHT)).entry.refusal == "campaign-state-wrong"
    await town.change_campaign(campaign_id, "approved")
    assert (await scheduled(town, campaign_id, MIDNIGHT)).entry.refusal == "campaign-not-funded"
    await town.fund(campaign_id, 90_000)
    assert (await scheduled(town, campaign_id, NOON)).entry.refusal == "campaign-time-wrong"
    assert (await scheduled(town, campaign_id, NOON + timedelta(days=366))).entry.refusal == OVER
    (await scheduled(town, campaign_id, MIDNIGHT + timedelta(days=9))).accepted()
    (await scheduled(town, campaign_id, MIDNIGHT)).accepted()
    paid = await around(town, wallet, store)
    assert {(e.at >= MIDNIGHT, points(e)) for e in paid} == {(False, 0), (True, 10)}
    done = await asyncio.gather(*(carry_out_plans(town.database, town.region) for _ in range(3)))
    assert sum(done) == 1
    [row] = await town.rows(
        "SELECT facts FROM ledger.entry WHERE actor = 'job:campaigns' AND holder_id = :id",
        id=campaign_id,
    )
    assert (row.facts["state"], row.facts["before"]) == ("live", "scheduled")
    assert points(await pay(town, wallet, store, 100)) == 10


async def test_a_scheduled_campaign_is_stopped_before_and_at_its_time(town: Town):
    wallet, store, _ = await at_noon(town, rebate_bp=0, cashback=rates(100))
    for when in (NOON, MIDNIGHT + timedelta(seconds=1)):
        await town.set_clock(NOON)
        campaign_id = await town.draft_campaign(rebate_bp=1000)
        await town.change_campaign(campaign_id, "approved")
        await town.fund(campaign_id, 90_000)
        (await scheduled(town, campaign_id, max(MIDNIGHT, when))).accepted()
        await town.set_clock(max(NOON, when + timedelta(seconds=1)))
        stopped = await town.change_campaign(campaign_id, "stopped")
        assert stopped.facts["before"] == "scheduled"
        assert await carry_out_plans(town.database, town.region) == 0
        assert points(await pay(town, wallet, store, 100)) == 0
