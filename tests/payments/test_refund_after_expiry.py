"""Refund after the rebate expired unspent: whether the job has run makes no difference."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.payments.expiring import expire_all
from tests.payments.paid_out import FunderPaidOut
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

JST_NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)
BUDGET_YEN = 50_000_000


async def rebated(town: Town, *payments_yen: int) -> tuple[Wallet, Store, UUID, list[UUID]]:
    """A wallet that paid so much, once a line, under a campaign whose points last a month."""
    await town.set_clock(JST_NOON)
    await town.change_settings(grace_days=10, refund_days=200)
    wallet, store = await town.open_wallet(), await town.open_store()
    campaign_id = await town.live_campaign(
        points_expire_months=1, cashback_bp=0, budget_yen=BUDGET_YEN
    )
    await town.top_up(wallet, 20_000)
    payments = [
        (await town.pay(wallet, store, yen, is_coin_only=True)).entry_id for yen in payments_yen
    ]
    return wallet, store, campaign_id, payments


async def days_later(town: Town, days: int) -> None:
    await town.set_clock(JST_NOON + timedelta(days=days))


async def kinds(town: Town) -> dict[str, int]:
    """The trial balance by kind of account; kinds that are at 0 are left out."""
    rows = await town.rows("SELECT kind, sum(balance)::bigint FROM ledger.account GROUP BY kind")
    return {kind: yen for kind, yen in rows if yen}


@pytest.mark.parametrize("job", ["before the refund", "after the refund", "between two parts"])
async def test_the_resident_owes_nothing_and_the_funder_gets_it_once(town: Town, job: str):
    wallet, store, campaign_id, [payment] = await rebated(town, 1_000)
    await days_later(town, 60)
    for part, swept in ((400, "before the refund"), (600, "between two parts")):
        if job == swept:
            assert await expire_all(town) > 0
        entry = await town.refund(payment, store, part)
        assert entry.facts["clawed_back"][0]["owed_yen"] == 0
    await expire_all(town)
    assert await town.balances(wallet.wallet_id) == {"coin": 20_000}
    assert await town.balances(campaign_id) == {
        "budget": BUDGET_YEN,
        "funder_receivable": BUDGET_YEN,
    }


@pytest.mark.parametrize("is_swept", [False, True])
async def test_what_was_spent_before_it_expired_is_owed(town: Town, is_swept: bool):
    wallet, store, campaign_id, [payment] = await rebated(town, 1_000)
    await town.pay(wallet, store, 100)  # by points
    await days_later(town, 60)
    if is_swept:
        assert await expire_all(town) == 200
    await town.refund(payment, store)
    await expire_all(town)
    assert (await town.balances(wallet.wallet_id))["resident_receivable"] == 100
    assert await town.balances(campaign_id) == {
        "budget": BUDGET_YEN - 100,
        "budget_due": 100,
        "funder_receivable": BUDGET_YEN,
    }


@pytest.mark.parametrize("is_swept", [False, True])
async def test_payments_that_share_a_lot_count_what_expired_of_it_once(town: Town, is_swept: bool):
    wallet, store, campaign_id, payments = await rebated(town, 1_000, 1_000)
    await town.pay(wallet, store, 400)  # by points: 200 of 600 are left, and expire
    await days_later(town, 60)
    if is_swept:
        assert await expire_all(town) == 200
    owed = [
        (await town.refund(payment, store)).facts["clawed_back"][0]["owed_yen"]
        for payment in payments
    ]
    await expire_all(town)
    assert owed == [100, 300]
    assert await town.balances(campaign_id) == {
        "budget": BUDGET_YEN - 400,
        "budget_due": 400,
        "funder_receivable": BUDGET_YEN,
    }


@pytest.mark.parametrize("is_swept", [False, True])
async def test_points_of_another_month_that_are_over_are_not_there_any_more(
    town: Town, is_swept: bool
):
    wallet, store, campaign_id, [payment] = await rebated(town, 1_000)
    await town.pay(wallet, store, 300)  # by points: the own lot is empty
    await days_later(town, 20)
    await town.pay(wallet, store, 1_000, is_coin_only=True)  # 300 points until the end of March
    await days_later(town, 90)
    if is_swept:
        assert await expire_all(town) == 300
    entry = await town.refund(payment, store)
    assert entry.facts["clawed_back"][0]["owed_yen"] == 300
    await expire_all(town)
    assert (await town.balances(campaign_id))["funder_payable"] == 300


async def test_what_was_paid_out_to_the_funder_is_owed_by_nobody(town: Town):
    wallet, store, campaign_id, [payment] = await rebated(town, 1_000)
    await days_later(town, 60)
    await expire_all(town)
    await town.submit(
        FunderPaidOut(entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, leave_yen=100)
    )
    entry = await town.refund(payment, store)
    [clawed] = entry.facts["clawed_back"]
    assert (clawed["points"], clawed["expired_points"], clawed["owed_yen"]) == (300, 300, 0)
    assert await town.balances(wallet.wallet_id) == {"coin": 20_000}
    # The funder promised the budget, has 200 of it back already, and the rest is there again.
    assert await town.balances(campaign_id) == {
        "budget": BUDGET_YEN - 200,
        "funder_receivable": BUDGET_YEN,
    }


async def test_999_parts_count_what_expired_as_one_refund_does(town: Town):
    wallet, store, campaign_id, payments = await rebated(town, 333, 333)
    await town.pay(wallet, store, 150)  # by points: 48 of 198 are left, and expire
    await days_later(town, 60)
    assert await expire_all(town) == 48
    for payment in payments:
        for _ in range(333):
            await town.refund(payment, store, 1)
    assert (await town.balances(wallet.wallet_id))["resident_receivable"] == 150
    assert await town.balances(campaign_id) == {
        "budget": BUDGET_YEN - 150,
        "budget_due": 150,
        "funder_receivable": BUDGET_YEN,
    }
