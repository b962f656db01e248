"""What is told of a campaign's spending: rounded in steps with a secret offset, once a week."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.gauge import last_told_day, step_of, told_yen
from campaigns.gauge_tables import gauge
from campaigns.tell_gauges import tell_gauges
from core.database import CITY_ROLE
from tests.town_builder import Town


@pytest.mark.parametrize(
    ("funded_yen", "step_yen"),
    [
        (0, 100_000), (999_999, 100_000), (1_999_999, 100_000), (2_000_000, 200_000),
        (5_000_000, 500_000), (9_999_999, 500_000), (10_000_000, 1_000_000),
        (50_000_000, 5_000_000), (1_000_000_000_000, 100_000_000_000),
    ],
)  # fmt: skip
def test_steps_are_about_a_tenth_of_the_budget(funded_yen: int, step_yen: int) -> None:
    assert step_of(funded_yen) == step_yen


@given(spent=st.integers(0, 10_000), more=st.integers(1, 300), step=st.integers(1, 400))
def test_of_all_offsets_as_many_tell_of_a_part_as_it_has_yen(
    spent: int, more: int, step: int
) -> None:
    """So anybody's part shows with the probability of its share of a step, whatever is known."""
    telling = sum(
        told_yen(spent, 10**6, step, offset) != told_yen(spent + more, 10**6, step, offset)
        for offset in range(step)
    )
    assert telling == min(more, step)


@given(spent=st.integers(-100, 10**9), funded=st.integers(0, 10**9), data=st.data())
def test_the_rounded_sum_is_within_a_step_and_the_budget(
    spent: int, funded: int, data: st.DataObject
) -> None:
    step = step_of(funded)
    told = told_yen(spent, funded, step, data.draw(st.integers(0, step - 1)))
    assert 0 <= told <= funded
    assert abs(told - max(0, min(spent, funded))) < step


@pytest.mark.parametrize(
    ("today", "told_until"), [("2026-11-29", "2026-11-22"), ("2026-11-30", "2026-11-29")]
)
def test_a_week_is_told_when_its_sunday_is_over(today: str, told_until: str) -> None:
    assert last_told_day(date.fromisoformat(today)) == date.fromisoformat(told_until)


async def test_a_week_is_told_once_as_it_stood_and_with_the_same_offset(town: Town) -> None:
    store, wallet = await town.open_store(), await town.open_wallet()
    await town.top_up(wallet, 90_000)
    campaign_id = await town.live_campaign(budget_yen=1_000_000, rebate_bp=3000)
    await town.live_campaign(budget_yen=1_000)
    started, today = await town.now(), await town.today()
    sunday = today + timedelta(days=7 - today.isoweekday())
    monday = sunday + timedelta(days=1)
    await town.pay(wallet, store, 3_000, is_coin_only=True)
    await town.set_clock(started + timedelta(days=(monday - today).days))
    for yen in (500, 900):
        await town.pay(wallet, store, yen, is_coin_only=True)
        assert await tell_gauges(town.database, town.region, monday) == (2 if yen == 500 else 0)
    [first] = await rows(town, campaign_id)
    assert (first.as_of, first.funded_yen, first.step_yen) == (sunday, 1_000_000, 100_000)
    # 900 points and 150 of cashback by that Sunday, and nothing of Monday's.
    assert first.spent_yen == told_yen(1_050, 1_000_000, 100_000, first.offset_yen)
    later = monday + timedelta(days=7)
    assert await tell_gauges(town.database, town.region, later) == 2
    [_, second] = await rows(town, campaign_id)
    assert second.offset_yen == first.offset_yen, "else the mean of many would tell the sum"
    await town.change_campaign(campaign_id, "ended")
    assert await tell_gauges(town.database, town.region, later + timedelta(days=7)) == 1, (
        "that has ended, and its figure stays"
    )


async def test_the_role_that_sees_no_person_reads_no_sum_that_a_payment_moved(town: Town) -> None:
    """Whatever is read before a payment and a refund is the same, byte by byte, after them."""
    store, wallet = await town.open_store(), await town.open_wallet()
    await town.top_up(wallet, 90_000)
    campaign_id = await town.live_campaign(budget_yen=1_000)
    await tell_gauges(town.database, town.region, await town.today())
    before = await all_that_is_told(town)
    paid = await town.pay(wallet, store, 777, is_coin_only=True)
    await town.refund(paid.entry_id, store, 77)
    assert await all_that_is_told(town) == before
    assert any(str(campaign_id) in line for line in before)


async def all_that_is_told(town: Town) -> list[str]:
    views = await town.rows(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'v'"
        " AND has_table_privilege('meguri_city', c.oid, 'SELECT')"
        " AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
    )
    assert len(views) >= 8
    lines: list[str] = []
    async with town.database.snapshot(town.region.region_id, as_role=CITY_ROLE) as db:
        for (view,) in views:
            connection = await db.connection()
            found = await connection.exec_driver_sql(f"SELECT t::text FROM {view} t")
            lines += sorted(f"{view}: {line}" for (line,) in found)
    return lines


async def rows(town: Town, campaign_id: UUID) -> list[Any]:
    async with town.database.snapshot(town.region.region_id) as db:
        query = gauge.select().where(gauge.c.campaign_id == campaign_id).order_by(gauge.c.as_of)
        return list(await db.execute(query))
