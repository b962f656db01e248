"""Pay: use-order, limits, states, campaigns with their caps and the end of their budget."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from core.errors import Problem
from tests.closing import turn_merchant, turn_store
from tests.limits_builder import limits
from tests.payments.refusals import refusal
from tests.town_builder import Store, Town, Wallet

JST_NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)


async def shop_and_purse(town: Town, yen: int = 10_000) -> tuple[Wallet, Store]:
    wallet, store = await town.open_wallet(), await town.open_store()
    if yen:
        await town.top_up(wallet, yen)
    return wallet, store


async def test_a_payment_moves_coin_to_the_shop_and_brings_points_and_cashback(town: Town):
    wallet, store = await shop_and_purse(town)
    campaign_id = await town.live_campaign(budget_yen=1_000)
    entry = await town.pay(wallet, store, 999)
    assert (entry.holder_id, entry.other_id, entry.amount) == (
        wallet.wallet_id,
        store.store_id,
        999,
    )
    # 30 % and 5 % of 999 are 299.7 and 49.95: the campaign keeps the remainder.
    assert await town.balances(wallet.wallet_id) == {"coin": 9_001, "points": 299}
    assert await town.balances(store.merchant_id) == {"payable": 999, "cashback": 49}
    assert (await town.balances(campaign_id))["budget"] == 1_000 - 299 - 49


async def test_points_go_before_coin_and_earlier_expiry_before_later(town: Town):
    await town.set_clock(JST_NOON)
    wallet, store = await town.open_wallet(), await town.open_store()
    campaign_id = await town.live_campaign(cashback_bp=0, points_expire_months=1)
    await town.top_up(wallet, 1_000)
    await town.pay(wallet, store, 1_000)
    await town.set_clock(JST_NOON + timedelta(days=20))
    await town.top_up(wallet, 1_000)
    await town.pay(wallet, store, 500, is_coin_only=True)
    await town.change_campaign(campaign_id, "stopped")
    entry = await town.pay(wallet, store, 600)
    assert [(p["kind"], p["amount"], p["expires_on"]) for p in entry.facts["paid_with"]] == [
        ("points", 300, "2027-02-28"),
        ("points", 150, "2027-03-31"),
        ("coin", 150, "2030-02-28"),
    ]


async def test_coin_only_keeps_the_points_and_points_bring_no_points(town: Town):
    wallet, store = await shop_and_purse(town)
    await town.live_campaign(cashback_bp=0)
    await town.pay(wallet, store, 1_000)
    kept = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert [part["kind"] for part in kept.facts["paid_with"]] == ["coin"]
    assert await town.balances(wallet.wallet_id) == {"coin": 8_000, "points": 600}
    mixed = await town.pay(wallet, store, 1_000)
    assert mixed.facts["grants"][0]["rebate_points"] == 120  # 30 % of ¥400
    only_points = await town.pay(wallet, store, 100)
    assert only_points.facts["grants"][0]["reasons"] == [["no-coin-part"]]


async def test_points_do_not_help_whoever_wants_to_pay_in_coin_only(town: Town):
    wallet, store = await shop_and_purse(town, 1_000)
    await town.live_campaign()
    await town.pay(wallet, store, 1_000)
    command = town.payment(wallet, store, 1, is_coin_only=True)
    assert await refusal(town, command) == "insufficient-funds"
    await town.pay(wallet, store, 1)


async def test_value_can_be_used_on_its_last_day_in_the_regions_zone_and_no_longer(town: Town):
    await town.set_clock(JST_NOON)
    await town.change_settings(coin_months=1)
    wallet, store = await shop_and_purse(town, 1_000)
    last = datetime(2027, 2, 28, 14, 59, 57, tzinfo=UTC)  # 23:59:57 in Tokyo
    await town.set_clock(last)
    entry = await town.pay(wallet, store, 1)
    assert entry.business_date == date(2027, 2, 28)
    await town.set_clock(last + timedelta(seconds=4))
    command = town.payment(wallet, store, 1)
    assert await refusal(town, command) == "insufficient-funds"
    assert (await town.submit(command)).entry.business_date == date(2027, 3, 1)


async def test_it_refuses_by_each_rule(town: Town):
    wallet, store = await shop_and_purse(town, 1_000)
    assert await refusal(town, town.payment(wallet, store, 1_001)) == "insufficient-funds"
    await town.change_settings(limits=limits(payment_yen=500))
    assert await refusal(town, town.payment(wallet, store, 501)) == "payment-over-limit"
    await town.pay(wallet, store, 500)
    await town.change_wallet(wallet, "frozen")
    assert await refusal(town, town.payment(wallet, store, 1)) == "wallet-frozen"
    await town.change_wallet(wallet, "open")
    other = await town.open_store()
    await turn_store(town, store, "closed")
    await turn_merchant(town, other.merchant_id, "closed")
    assert await refusal(town, town.payment(wallet, store, 1)) == "store-closed"
    assert await refusal(town, town.payment(wallet, other, 1)) == "store-closed"


async def test_what_is_not_yours_or_not_there_is_not_found(town: Town, second_town: Town):
    wallet, store = await shop_and_purse(town)
    _, elsewhere = await shop_and_purse(second_town)
    stranger = Wallet(wallet.wallet_id, uuid4())
    nobody = Wallet(uuid4(), wallet.person_id)
    no_store = Store(wallet.wallet_id, store.merchant_id)
    for command, slug in (
        (town.payment(stranger, store, 1), "wallet-unknown"),
        (town.payment(nobody, store, 1), "wallet-unknown"),
        (town.payment(wallet, no_store, 1), "store-unknown"),
        (town.payment(wallet, Store(store.merchant_id, uuid4()), 1), "store-unknown"),
        (town.payment(wallet, elsewhere, 1), "store-unknown"),
    ):
        with pytest.raises(Problem) as unknown:
            await town.submit(command)
        assert unknown.value.type.slug == slug


async def test_a_retry_pays_once(town: Town):
    wallet, store = await shop_and_purse(town)
    payment = town.payment(wallet, store, 1_000)
    first, *again = [await town.submit(payment) for _ in range(4)]
    assert [receipt.entry for receipt in again] == [first.entry] * 3
    assert await town.balances(wallet.wallet_id) == {"coin": 9_000}


async def test_the_class_of_the_merchant_decides_the_rate(town: Town):
    await town.live_campaign(rebate_bp={"street_member": 2000, "convenience": 1000}, cashback_bp=0)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    points = []
    for merchant_class in ("street_member", "convenience", "large"):
        store = await town.open_store(merchant_class)
        entry = await town.pay(wallet, store, 1_000, is_coin_only=True)
        points.append(entry.facts["grants"][0]["rebate_points"])
    assert points == [200, 100, 0]


async def test_caps_are_per_payment_day_month_and_campaign(town: Town):
    await town.set_clock(JST_NOON)
    wallet, store = await shop_and_purse(town, 90_000)
    await town.live_campaign(
        cashback_bp=0,
        per_payment_points=300,
        per_person_day_points=500,
        per_person_month_points=900,
        per_person_campaign_points=1_000,
    )

    async def granted(days: int) -> list[int]:
        await town.set_clock(JST_NOON + timedelta(days=days))
        entries = [await town.pay(wallet, store, 2_000, is_coin_only=True) for _ in range(3)]
        return [entry.facts["grants"][0]["rebate_points"] for entry in entries]

    assert await granted(0) == [300, 200, 0]
    assert await granted(1) == [300, 100, 0]
    assert await granted(31) == [100, 0, 0]


async def test_caps_count_the_person_and_not_the_wallet(town: Town):
    wallet, store = await shop_and_purse(town)
    other = await town.open_wallet(wallet.person_id)
    await town.top_up(other, 10_000)
    await town.live_campaign(cashback_bp=0, per_person_day_points=400)
    entries = await asyncio.gather(*(town.pay(w, store, 1_000) for w in (wallet, other)))
    assert sorted(e.facts["grants"][0]["rebate_points"] for e in entries) == [100, 300]


async def test_the_last_grant_is_what_the_budget_has_the_resident_first(town: Town):
    wallet, store = await shop_and_purse(town)
    campaign_id = await town.live_campaign(budget_yen=660)
    first, second, third = [
        await town.pay(wallet, store, 1_000, is_coin_only=True) for _ in range(3)
    ]
    grants = [entry.facts["grants"][0] for entry in (first, second, third)]
    assert [(g["rebate_points"], g["cashback_yen"]) for g in grants] == [
        (300, 50),
        (300, 10),
        (0, 0),
    ]
    assert grants[2]["reasons"] == [["budget-empty"]]
    assert "budget" not in await town.balances(campaign_id)
    assert third.refusal is None


async def test_a_campaign_that_is_over_or_stopped_grants_nothing(town: Town):
    await town.set_clock(JST_NOON)
    wallet, store = await shop_and_purse(town)
    today = await town.today()
    campaign_id = await town.live_campaign(ends_on=today)
    assert (await town.pay(wallet, store, 100)).facts["grants"][0]["rebate_points"] == 30
    await town.change_campaign(campaign_id, "stopped")
    assert (await town.pay(wallet, store, 100, is_coin_only=True)).facts["grants"] == []
    await town.change_campaign(campaign_id, "live")
    await town.set_clock(JST_NOON + timedelta(days=1))
    ended = await town.pay(wallet, store, 100, is_coin_only=True)
    assert ended.facts["grants"][0]["reasons"][0][0] == "ended"
    assert ended.facts["grants"][0]["rebate_points"] == 0


async def test_two_payments_at_once_never_spend_the_same_coin(town: Town):
    wallet, store = await shop_and_purse(town, 1_000)
    receipts = await asyncio.gather(
        *(town.submit(town.payment(wallet, store, 600)) for _ in range(10))
    )
    refusals = [receipt.entry.refusal for receipt in receipts]
    assert refusals.count(None) == 1
    assert refusals.count("insufficient-funds") == 9
    assert await town.balances(wallet.wallet_id) == {"coin": 400}


async def test_a_debt_to_a_campaign_that_is_over_is_settled_and_its_budget_gets_it(town: Town):
    wallet, store = await shop_and_purse(town, 1_000)
    first = await town.live_campaign(cashback_bp=0)
    payment = await town.pay(wallet, store, 1_000)
    await town.pay(wallet, store, 300)
    await town.change_campaign(first, "stopped")
    await town.refund(payment.entry_id, store)
    assert await town.balances(wallet.wallet_id) == {"coin": 1_000, "resident_receivable": 300}
    assert (await town.balances(first))["budget_due"] == 300
    second = await town.live_campaign(cashback_bp=0, budget_yen=1_000)
    entry = await town.pay(wallet, store, 1_000)
    assert entry.facts["points_settled"] == 300
    assert await town.balances(wallet.wallet_id) == {}
    assert await town.balances(first) == {"budget": 50_000_000, "funder_receivable": 50_000_000}
    assert (await town.balances(second))["budget"] == 700
