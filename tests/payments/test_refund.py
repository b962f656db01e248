"""Refund: lots come back in reverse use-order, grants are clawed back, the path does not matter."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import Problem
from ledger.books import Entry
from tests.payments.expiring import expire_all
from tests.payments.paid_out import PaidOut
from tests.payments.refusals import refusal
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

JST_NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)


async def paid(town: Town, yen: int = 999, **terms: Any) -> tuple[Wallet, Store, UUID, Entry]:
    """A wallet of ¥10,000 that paid so much in a store, under a live campaign."""
    wallet, store = await town.open_wallet(), await town.open_store()
    campaign_id = await town.live_campaign(**terms)
    await town.top_up(wallet, 10_000)
    return wallet, store, campaign_id, await town.pay(wallet, store, yen)


async def test_all_of_a_payment_comes_back_as_if_it_had_not_been(town: Town):
    wallet, store, campaign_id, payment = await paid(town)
    entry = await town.refund(payment.entry_id, store)
    assert (entry.refers_to, entry.amount) == (payment.entry_id, 999)
    assert (entry.holder_id, entry.other_id) == (wallet.wallet_id, store.store_id)
    assert entry.facts["clawed_back"] == [
        {"campaign_id": str(campaign_id), "points": 299, "cashback_yen": 49, "owed_yen": 0}
    ]
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000}
    assert await town.balances(store.merchant_id) == {}
    assert (await town.balances(campaign_id))["budget"] == 50_000_000


async def test_part_of_a_payment_keeps_what_the_rest_of_it_would_have_brought(town: Town):
    wallet, store, campaign_id, payment = await paid(town)
    await town.refund(payment.entry_id, store, 500)
    assert await town.balances(wallet.wallet_id) == {"coin": 9_501, "points": 149}
    assert await town.balances(store.merchant_id) == {"payable": 499, "cashback": 24}
    assert (await town.balances(campaign_id))["budget"] == 50_000_000 - 149 - 24


async def test_a_rest_under_the_minimum_of_the_campaign_keeps_nothing(town: Town):
    wallet, store, _, payment = await paid(town, 1_000, minimum_amount_yen=800)
    await town.refund(payment.entry_id, store, 200)
    assert (await town.balances(wallet.wallet_id))["points"] == 240
    await town.refund(payment.entry_id, store, 1)
    assert "points" not in await town.balances(wallet.wallet_id)


async def test_what_a_cap_cut_is_clawed_back_last(town: Town):
    wallet, store, _, payment = await paid(town, 5_000, per_payment_points=600, cashback_bp=0)
    await town.refund(payment.entry_id, store, 3_000)  # 30 % of the rest is still 600
    assert (await town.balances(wallet.wallet_id))["points"] == 600
    await town.refund(payment.entry_id, store, 1_000)
    assert (await town.balances(wallet.wallet_id))["points"] == 300


async def test_many_small_refunds_come_to_the_same_as_one_large(town: Town):
    wallet, store, campaign_id, _ = await paid(town, 333)
    other = await town.open_wallet()
    await town.top_up(other, 10_000)
    await town.pay(other, store, 333)
    large, small = await town.pay(wallet, store, 1_000), await town.pay(other, store, 1_000)
    shop = await town.balances(store.merchant_id)
    await town.refund(large.entry_id, store, 999)
    between = await town.balances(store.merchant_id)
    await asyncio.gather(*(town.refund(small.entry_id, store, 1) for _ in range(999)))
    after = await town.balances(store.merchant_id)
    assert {k: shop[k] - between[k] for k in shop} == {k: between[k] - after[k] for k in shop}
    assert await town.balances(other.wallet_id) == await town.balances(wallet.wallet_id)
    given = 2 * (99 + 16)  # what ¥333 of coin brought; of the others ¥1 is left
    assert (await town.balances(campaign_id))["budget"] == 50_000_000 - given


async def test_lots_come_back_in_the_reverse_of_their_use(town: Town):
    wallet, store, _, _ = await paid(town, 1_000, cashback_bp=0)
    mixed = await town.pay(wallet, store, 1_000)  # 300 points, 700 coin
    first = await town.refund(mixed.entry_id, store, 650)
    second = await town.refund(mixed.entry_id, store, 100)
    assert [(b["kind"], b["amount"]) for b in first.facts["returned"]] == [("coin", 650)]
    assert [(b["kind"], b["amount"]) for b in second.facts["returned"]] == [
        ("points", 50),
        ("coin", 50),
    ]


async def test_value_of_a_lot_that_has_expired_goes_to_a_successor(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1, grace_days=10)
    wallet, store, _, payment = await paid(town, 1_000)
    for days, is_swept in ((60, False), (61, True)):
        await town.set_clock(JST_NOON + timedelta(days=days))
        if is_swept:
            await expire_all(town)
        entry = await town.refund(payment.entry_id, store, 400)
        until = (await town.today() + timedelta(days=10)).isoformat()
        assert [(b["kind"], b["expires_on"]) for b in entry.facts["returned"]] == [("coin", until)]
    await town.pay(wallet, store, 800)


async def test_on_its_last_day_a_lot_takes_its_own_value_back(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1, grace_days=10)
    _, store, _, payment = await paid(town, 1_000)
    await town.set_clock(datetime(2027, 2, 28, 14, 59, 50, tzinfo=UTC))  # 23:59:50 in Tokyo
    entry = await town.refund(payment.entry_id, store, 400)
    assert [back["expires_on"] for back in entry.facts["returned"]] == ["2027-02-28"]


async def test_points_that_a_refund_returns_are_there_to_be_clawed_back(town: Town):
    await town.set_clock(JST_NOON)
    wallet, store, _, payment = await paid(town, 1_000, cashback_bp=0, points_expire_months=1)
    mixed = await town.pay(wallet, store, 1_000)  # 300 points and 700 coin bring 210 points
    await town.pay(wallet, store, 210)
    await town.set_clock(JST_NOON + timedelta(days=60))
    # The 300 points return to a successor of their lot: 210 of them are taken at once.
    entry = await town.refund(mixed.entry_id, store)
    assert entry.facts["clawed_back"][0]["owed_yen"] == 0
    assert await town.balances(wallet.wallet_id) == {"coin": 9_000, "points": 90}
    assert payment.amount == 1_000


async def test_points_that_are_spent_become_a_debt_and_coin_is_never_taken(town: Town):
    wallet, store, campaign_id, payment = await paid(town, 1_000, cashback_bp=0)
    await town.pay(wallet, store, 300)
    entry = await town.refund(payment.entry_id, store)
    assert entry.facts["clawed_back"][0]["owed_yen"] == 300
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000, "resident_receivable": 300}
    campaign = await town.balances(campaign_id)
    assert (campaign["budget"], campaign["budget_due"]) == (50_000_000 - 300, 300)
    later = await town.pay(wallet, store, 1_100)
    assert later.facts["points_settled"] == 300
    assert await town.balances(wallet.wallet_id) == {"coin": 8_900, "points": 30}
    campaign = await town.balances(campaign_id)
    assert campaign == {"budget": 50_000_000 - 330, "funder_receivable": 50_000_000}


async def test_caps_open_again_in_the_period_of_the_payment(town: Town):
    await town.set_clock(JST_NOON)
    wallet, store, _, payment = await paid(
        town, 1_000, cashback_bp=0, per_person_day_points=300, per_person_campaign_points=400
    )
    await town.set_clock(JST_NOON + timedelta(days=1))
    await town.refund(payment.entry_id, store, 500)
    entry = await town.pay(wallet, store, 1_000, is_coin_only=True)
    # Today's 300 are untouched, and of the campaign's 400 the refund left 250.
    assert entry.facts["grants"][0]["headroom"] == {
        "budget": 50_000_000 - 150,
        "day": 300,
        "campaign": 250,
    }
    assert entry.facts["grants"][0]["rebate_points"] == 250


async def test_of_two_full_refunds_at_once_one_succeeds(town: Town):
    wallet, store, _, payment = await paid(town)
    receipts = await asyncio.gather(
        *(town.submit(town.refund_of(payment.entry_id, store)) for _ in range(8))
    )
    refusals = [receipt.entry.refusal for receipt in receipts]
    assert refusals.count(None) == 1
    assert refusals.count("refund-exceeds-payment") == 7
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000}


async def test_partial_refunds_never_exceed_the_payment(town: Town):
    wallet, store, _, payment = await paid(town, 1_000)
    receipts = await asyncio.gather(
        *(town.submit(town.refund_of(payment.entry_id, store, 300)) for _ in range(8))
    )
    assert [receipt.entry.refusal for receipt in receipts].count(None) == 3
    last = town.refund_of(payment.entry_id, store, 101)
    assert await refusal(town, last) == "refund-exceeds-payment"
    assert (await town.submit(last)).entry.facts == {"remaining_yen": 100}
    await town.refund(payment.entry_id, store, 100)
    assert await refusal(town, town.refund_of(payment.entry_id, store)) == "refund-exceeds-payment"
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000}


async def test_a_refund_that_is_told_twice_is_once(town: Town):
    wallet, store, _, payment = await paid(town)
    command = town.refund_of(payment.entry_id, store, 100)
    first, again = await town.submit(command), await town.submit(command)
    assert (again.is_replay, again.entry) == (True, first.entry)
    assert (await town.balances(wallet.wallet_id))["coin"] == 9_101


async def test_a_payment_and_its_refund_in_one_batch(town: Town):
    wallet, store, _, _ = await paid(town, 100)
    payment = town.payment(wallet, store, 1_000)
    receipts = await asyncio.gather(
        town.submit(payment), town.submit(town.refund_of(payment.entry_id, store, 600))
    )
    assert [receipt.entry.refusal for receipt in receipts] == [None, None]
    assert await town.balances(wallet.wallet_id) == {"coin": 9_530, "points": 111}


async def test_after_the_regions_days_it_is_too_late(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(refund_days=2)
    _, store, _, payment = await paid(town)
    await town.set_clock(JST_NOON + timedelta(days=2))
    await town.refund(payment.entry_id, store, 1)
    await town.set_clock(JST_NOON + timedelta(days=3))
    assert await refusal(town, town.refund_of(payment.entry_id, store, 1)) == "refund-too-late"


async def test_a_frozen_wallet_is_refunded_all_the_same(town: Town):
    wallet, store, _, payment = await paid(town)
    await town.change_wallet(wallet, "frozen")
    await town.refund(payment.entry_id, store)
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000}


async def test_another_shops_payment_is_not_found(town: Town):
    wallet, store, _, payment = await paid(town)
    sister = await town.open_store(merchant_id=store.merchant_id)
    other = await town.open_store()
    refused = await town.submit(town.payment(wallet, store, 99_999))
    for payment_id, shop, stores in (
        (payment.entry_id, other, None),
        (payment.entry_id, store, (sister.store_id,)),
        (payment.entry_id, Store(store.store_id, uuid4()), None),
        (uuid4(), store, None),
        (refused.entry.entry_id, store, None),
        (wallet.wallet_id, store, None),
    ):
        fields = {"entry_id": new_id(), "payment_id": payment_id, "stores": stores}
        command = type(town.refund_of(payment_id, shop))(
            **fields,  # type: ignore[arg-type]
            actor=ADMIN,
            merchant_id=shop.merchant_id,
            amount_yen=1,
            reason="test",
        )
        with pytest.raises(Problem) as unknown:
            await town.submit(command)
        assert unknown.value.type.slug == "payment-unknown"


async def test_debts_over_the_cap_refuse_the_refund(town: Town):
    await town.change_settings(resident_receivable_cap_yen=299, merchant_receivable_cap_yen=40)
    wallet, store, _, payment = await paid(town, 1_000)
    await town.pay(wallet, store, 300)
    full = town.refund_of(payment.entry_id, store)
    assert await refusal(town, full) == "resident-owes-too-much"
    await town.refund(payment.entry_id, store, 990)
    other, shop, _, again = await paid(town, 1_000)
    await town.submit(PaidOut(entry_id=new_id(), actor=ADMIN, merchant_id=shop.merchant_id))
    assert await refusal(town, town.refund_of(again.entry_id, shop)) == "merchant-owes-too-much"
    await town.refund(again.entry_id, shop, 40)
    assert (await town.balances(other.wallet_id))["coin"] == 9_040


async def test_what_the_shop_was_paid_out_it_owes(town: Town):
    await town.live_campaign()  # a second campaign: both claim cashback back from one account
    wallet, store, campaign_id, payment = await paid(town, 1_000)
    await town.submit(
        PaidOut(entry_id=new_id(), actor=ADMIN, merchant_id=store.merchant_id, leave_yen=60)
    )
    entry = await town.refund(payment.entry_id, store)
    assert sum(claw["owed_yen"] for claw in entry.facts["clawed_back"]) == 40
    assert await town.balances(store.merchant_id) == {"merchant_receivable": 940 + 40}
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000}
    assert campaign_id


async def test_a_retry_has_the_first_answer_though_the_clerk_got_other_stores(town: Town) -> None:
    _, store, _, payment = await paid(town)
    wish = town.refund_of(payment.entry_id, store, 100)
    first = (await town.submit(wish)).accepted()
    again = await town.submit(replace(wish, stores=(store.store_id, uuid4())))
    assert again.is_replay
    assert again.accepted() == first
