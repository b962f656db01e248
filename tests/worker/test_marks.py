"""Marks of budgets: each is recorded once in a round, and an end is announced as the form says."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.marks import AnnounceEnd, ReachMark
from campaigns.read_marks import read_marks
from core.errors import Problem
from payments.verify import verify_books
from tests.payments.test_money_of_campaigns import campaign_at_a_shop, grant_of
from tests.terms_builder import CLASSES
from tests.town_builder import Town, new_id
from worker.marks import Marks

ENDS = {"scheduled_end": {"at_used_bp": 5000, "notice_days": 3}}


async def record(town: Town, marks: Marks | None = None) -> int:
    return await (marks or Marks()).record(town.database, town.region, await town.today())


async def reached(town: Town, campaign_id: UUID) -> list[tuple[int, int, int]]:
    async with town.database.snapshot(town.region.region_id) as session:
        found = await read_marks(session, town.region, [campaign_id])
    return [(mark.used_bp, mark.funded_yen, mark.used_yen) for mark in found[campaign_id]]


async def announced(town: Town, campaign_id: UUID) -> list[Any]:
    rows = await town.rows(
        "SELECT facts ->> 'last_day' FROM ledger.entry"
        " WHERE kind = 'campaign.end_announced' AND holder_id = :campaign",
        campaign=campaign_id,
    )
    return [date.fromisoformat(row[0]) for row in rows]


async def test_each_mark_is_recorded_once_until_money_is_put_in(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, budget_yen=1_000)
    for yen in (2_665, 1):
        await town.pay(wallet, store, yen, is_coin_only=True)
    assert (await town.balances(campaign_id))["budget"] == 201
    assert await record(town) == 0  # 79.9 %
    payment = await town.pay(wallet, store, 4, is_coin_only=True)
    marks = Marks()
    assert sorted(await asyncio.gather(record(town, marks), record(town))) == [0, 1]
    assert [await record(town, marks), await record(town)] == [0, 0]
    assert await reached(town, campaign_id) == [(8000, 1000, 800)]

    await town.refund(payment.entry_id, store)
    await town.pay(wallet, store, 700, is_coin_only=True)
    assert await record(town) == 2  # all of it: 95 % was passed on the way, 80 % is known
    await town.fund(campaign_id, 4_000)
    await town.pay(wallet, store, 10_000, is_coin_only=True)
    assert await record(town) == 1
    assert await reached(town, campaign_id) == [
        (8000, 1000, 800),
        (9500, 1000, 1000),
        (10_000, 1000, 1000),
        (8000, 5000, 4000),
    ]


async def test_a_mark_is_refused_where_the_budget_is_not_used_so_far(town: Town):
    campaign_id = await town.live_campaign(budget_yen=1_000)
    for funded_yen in (1_000, 999):
        mark = ReachMark(
            entry_id=new_id(),
            actor="job:marks",
            campaign_id=campaign_id,
            used_bp=8000,
            funded_yen=funded_yen,
        )
        with pytest.raises(Problem) as refused:
            await town.submit(mark)
        assert refused.value.type.slug == "mark-not-reached"
    end = AnnounceEnd(entry_id=new_id(), actor="job:marks", campaign_id=campaign_id)
    with pytest.raises(Problem) as refused:
        await town.submit(end)
    assert refused.value.type.slug == "mark-not-reached"
    assert await town.rows("SELECT 1 FROM ledger.entry WHERE actor = 'job:marks'") == []


async def test_the_last_day_is_announced_once_and_holds(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, budget_yen=1_000, near_end=ENDS)
    assert await record(town) == 0
    early = await town.pay(wallet, store, 1_667, is_coin_only=True)
    assert "seen" not in grant_of(early, campaign_id)
    today, now = await town.today(), await town.now()
    assert sorted(await asyncio.gather(record(town), record(town))) == [0, 1]
    assert await announced(town, campaign_id) == [today + timedelta(days=3)]

    await town.set_clock(now + timedelta(days=3))
    assert await record(town) == 0
    told = ["end-announced", int(f"{today + timedelta(days=3):%Y%m%d}")]
    paid = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert grant_of(paid, campaign_id)["reasons"] == [["rate-applied", 3000], told]
    await town.fund(campaign_id, 9_000)  # does not put it off
    await town.set_clock(now + timedelta(days=4))
    late = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert grant_of(late, campaign_id)["reasons"] == [["ended-early", told[1]]]
    await town.refund(paid.entry_id, store, 500)
    assert (await town.balances(campaign_id))["budget"] == 9_200 + 150
    assert await record(town) == 0
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_no_end_is_announced_after_the_last_day_of_the_form(town: Town):
    last = await town.today() + timedelta(days=3)
    wallet, store, campaign_id = await campaign_at_a_shop(
        town, budget_yen=1_000, near_end=ENDS, ends_on=last
    )
    await town.pay(wallet, store, 2_000, is_coin_only=True)
    assert await record(town) == 0
    assert await announced(town, campaign_id) == []


async def test_a_step_down_is_a_mark_as_well(town: Town):
    down = {"at_used_bp": 2500, "cashback": {"fixed": dict.fromkeys(CLASSES, 1)}}
    wallet, store, campaign_id = await campaign_at_a_shop(
        town,
        budget_yen=1_000,
        cashback={"fixed": dict.fromkeys(CLASSES, 1)},
        near_end={"step_down": down},
    )
    await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert await record(town) == 1
    assert await reached(town, campaign_id) == [(2500, 1000, 301)]
