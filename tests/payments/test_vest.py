"""Pending points: granted at once, credited on their day, and nothing to pay with until then."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.errors import Problem
from ledger.unused_balance import unused_balance
from tests.payments.test_reverse_top_up import reversing
from tests.payments.vesting import vest_all, vestings
from tests.town_builder import Town, Wallet

NOON = datetime(2027, 1, 5, 3, tzinfo=UTC)
LATER = {"closes": "three_a_month", "bank_days_after": 5}
DAY, NEXT_DAY = date(2027, 1, 18), date(2027, 1, 27)
"""Five bank days after the tenth, a Sunday before a holiday, and after the twentieth."""
LAST_SECONDS = datetime(2027, 1, 17, 14, 59, 57, tzinfo=UTC)  # 23:59:57 in Tokyo
ON_THE_DAY = LAST_SECONDS + timedelta(seconds=10)


@pytest.fixture
async def winter(town: Town) -> Town:
    """The fifth of January, noon in Tokyo."""
    await town.set_clock(NOON)
    return town


async def payer(town: Town, yen: int = 10_000) -> Wallet:
    wallet = await town.open_wallet()
    await town.top_up(wallet, yen)
    return wallet


async def points_of(town: Town, wallet: Wallet) -> tuple[int, int]:
    """Points that can be used, and those that are pending."""
    held = await town.balances(wallet.wallet_id)
    return held.get("points", 0), held.get("points_pending", 0)


async def refused(town: Town, coming: Any) -> str:
    with pytest.raises(Problem) as refusal:
        await coming
    return refusal.value.type.slug


async def test_a_grant_is_pending_until_its_day(winter: Town):
    wallet, store = await payer(winter, 1_000), await winter.open_store()
    campaign_id = await winter.live_campaign(credited=LATER, cashback_bp=0)
    payment = await winter.pay(wallet, store, 1_000)
    [grant] = payment.facts["grants"]
    assert (grant["credited_on"], grant["points_expire_on"]) == ("2027-01-18", "2027-07-31")
    assert await points_of(winter, wallet) == (0, 300)
    assert (await winter.balances(campaign_id))["budget"] == 50_000_000 - 300
    assert await refused(winter, winter.pay(wallet, store, 1)) == "insufficient-funds"

    await winter.set_clock(LAST_SECONDS)
    [command] = await vestings(winter)
    assert await refused(winter, winter.submit(command)) == "points-not-due"
    await winter.set_clock(ON_THE_DAY)
    assert await vest_all(winter) == 300
    assert await points_of(winter, wallet) == (300, 0)
    await winter.pay(wallet, store, 300)


async def test_points_last_from_the_day_on_which_they_are_credited(winter: Town):
    await winter.set_clock(datetime(2027, 1, 25, 3, tzinfo=UTC))
    wallet, store = await payer(winter, 1_000), await winter.open_store()
    await winter.live_campaign(credited=LATER, points_expire_months=1)
    payment = await winter.pay(wallet, store, 1_000)
    [grant] = payment.facts["grants"]
    assert (grant["credited_on"], grant["points_expire_on"]) == ("2027-02-05", "2027-03-31")
    await winter.set_clock(datetime(2027, 2, 10, 3, tzinfo=UTC))  # the job comes late
    [command] = await vestings(winter)
    entry = (await winter.submit(command)).accepted()
    assert (entry.facts["credited_on"], entry.facts["expires_on"]) == ("2027-02-05", "2027-03-31")


async def test_a_job_that_comes_much_too_late_takes_nothing_from_anybody(winter: Town):
    wallet, store = await payer(winter, 1_000), await winter.open_store()
    await winter.live_campaign(credited=LATER, points_expire_months=1)
    await winter.pay(wallet, store, 1_000)
    await winter.set_clock(datetime(2027, 3, 5, 3, tzinfo=UTC))
    assert await vest_all(winter) == 300
    await winter.pay(wallet, store, 300)
    [row] = await winter.rows("SELECT expires_on FROM ledger.account WHERE kind = 'points'")
    assert row.expires_on == date(2027, 4, 30)


async def test_what_vests_settles_what_the_resident_owes_first(winter: Town):
    wallet, store = await payer(winter, 2_000), await winter.open_store()
    await winter.live_campaign(credited=LATER, cashback_bp=0, priority=1)
    debt = await winter.live_campaign(rebate_bp=1_000, cashback_bp=0)
    first = await winter.pay(wallet, store, 1_000)
    await winter.pay(wallet, store, 100)  # with points
    await winter.refund(first.entry_id, store)
    assert (await winter.balances(wallet.wallet_id))["resident_receivable"] == 100
    await winter.pay(wallet, store, 500, is_coin_only=True)
    assert await points_of(winter, wallet) == (0, 150)  # the 50 at once settled half of it
    await winter.set_clock(ON_THE_DAY)
    [command] = await vestings(winter)
    entry = (await winter.submit(command)).accepted()
    assert (entry.amount, entry.facts["points_settled"]) == (150, 50)
    assert await points_of(winter, wallet) == (100, 0)
    assert "budget_due" not in await winter.balances(debt)


async def test_pending_points_are_unused_value_that_was_granted(winter: Town):
    wallet, store = await payer(winter, 1_000), await winter.open_store()
    await winter.live_campaign(credited=LATER)
    await winter.pay(wallet, store, 1_000)
    async with winter.database.snapshot(winter.region.region_id) as session:
        before = await unused_balance(session, winter.region.region_id)
    assert (before.free.issued, before.free.unused, before.paid.unused) == (300, 300, 0)
    await winter.set_clock(ON_THE_DAY)
    await vest_all(winter)
    async with winter.database.snapshot(winter.region.region_id) as session:
        after = await unused_balance(session, winter.region.region_id)
    assert after.free == before.free


async def test_a_bonus_is_pending_too_and_goes_with_its_top_up(winter: Town):
    campaign_id = await winter.live_campaign(credited=LATER, bonus={"rate_bp": 1_000})
    wallet = await winter.open_wallet()
    top_up = await winter.top_up(wallet, 1_000)
    assert top_up.facts["grants"][0]["credited_on"] == DAY.isoformat()
    await winter.top_up(wallet, 500)
    assert await points_of(winter, wallet) == (0, 150)
    (await winter.submit(reversing(top_up.entry_id))).accepted()
    assert await points_of(winter, wallet) == (0, 50)
    assert (await winter.balances(campaign_id))["budget"] == 50_000_000 - 50
    await winter.set_clock(ON_THE_DAY)
    assert await vest_all(winter) == 50


async def test_a_stopped_campaign_and_one_that_ended_credit_what_is_pending(winter: Town):
    wallet, store = await payer(winter, 2_000), await winter.open_store()
    stopped = await winter.live_campaign(credited=LATER)
    ended = await winter.live_campaign(credited=LATER, rebate_bp=1_000)
    await winter.pay(wallet, store, 1_000)
    await winter.change_campaign(stopped, "stopped")
    await winter.change_campaign(ended, "ended")
    await winter.set_clock(ON_THE_DAY)
    assert await vest_all(winter) == 400
    assert await points_of(winter, wallet) == (400, 0)


async def test_a_frozen_wallet_is_credited_what_is_pending(winter: Town):
    wallet, store = await payer(winter, 1_000), await winter.open_store()
    await winter.live_campaign(credited=LATER)
    await winter.pay(wallet, store, 1_000)
    await winter.change_wallet(wallet, "frozen")
    await winter.set_clock(ON_THE_DAY)
    assert await vest_all(winter) == 300


async def test_no_wallet_is_closed_while_points_are_pending(winter: Town):
    wallet, store = await payer(winter, 1_000), await winter.open_store()
    await winter.live_campaign(credited=LATER)
    await winter.pay(wallet, store, 1_000)
    for at in (NOON, ON_THE_DAY + timedelta(days=20)):  # also where the job is late
        await winter.set_clock(at)
        with pytest.raises(Problem) as refusal:
            await winter.change_wallet(wallet, "closed")
        assert refusal.value.type.slug == "wallet-not-empty"
        assert refusal.value.facts["pending_points"] == 300
    await vest_all(winter)
    await winter.pay(wallet, store, 300)
    await winter.change_wallet(wallet, "closed")


@pytest.mark.parametrize("has_vested", [False, True])
async def test_a_refund_takes_from_the_payments_pending_points_first(
    winter: Town, has_vested: bool
):
    wallet, store = await payer(winter, 3_000), await winter.open_store()
    campaign_id = await winter.live_campaign(credited=LATER, cashback_bp=0)
    payment = await winter.pay(wallet, store, 1_000)
    await winter.set_clock(NOON + timedelta(days=6))  # the next close: another lot
    await winter.pay(wallet, store, 2_000)
    if has_vested:
        await winter.set_clock(ON_THE_DAY)
        [first, _] = await vestings(winter)
        await winter.submit(first)
    refund = await winter.refund(payment.entry_id, store, 500)
    assert [back["points"] for back in refund.facts["clawed_back"]] == [150]
    held = (150, 600) if has_vested else (0, 750)
    assert await points_of(winter, wallet) == held
    budget = (await winter.balances(campaign_id))["budget"]
    assert budget == 50_000_000 - 750
    assert (
        await left_in(winter, wallet, campaign_id) == {DAY: 0, NEXT_DAY: 600}
        if has_vested
        else {DAY: 150, NEXT_DAY: 600}
    )


async def left_in(town: Town, wallet: Wallet, campaign_id: UUID) -> dict[date, int]:
    rows = await town.rows(
        "SELECT expires_on, balance FROM ledger.account WHERE kind = 'points_pending'"
        " AND holder_id = :wallet AND source_id = :campaign",
        wallet=wallet.wallet_id,
        campaign=campaign_id,
    )
    return {row.expires_on: row.balance for row in rows}
