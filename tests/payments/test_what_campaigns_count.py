"""What campaigns count of a person, through the engine: spent, times, stamps, visits."""

from collections.abc import AsyncIterator

import pytest

from payments.verify import verify_books
from tests.terms_builder import CLASSES
from tests.town_builder import Store, Town, Wallet


@pytest.fixture
async def town(town: Town) -> AsyncIterator[Town]:
    """The town, of whose counters each is recomputed from the journal at the end."""
    yield town
    assert (await verify_books(town.database, town.region)).faults == ()


async def shop_and_purse(town: Town) -> tuple[Wallet, Store]:
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 90_000)
    return wallet, store


async def points_of(town: Town, wallet: Wallet, store: Store, yen: int = 1_000) -> int:
    entry = await town.pay(wallet, store, yen, is_coin_only=True)
    points: int = entry.facts["grants"][0]["rebate_points"]
    return points


async def test_the_second_tier_of_a_month_begins_where_the_person_has_spent_so_much(town: Town):
    wallet, store = await shop_and_purse(town)
    tiers = [{"above_yen": 0, "rate_bp": 2000}, {"above_yen": 5_000, "rate_bp": 100}]
    await town.live_campaign(rebate={"month_tiers": tiers}, per_payment_points=9_000)
    assert await points_of(town, wallet, store, 4_000) == 800
    second = await town.pay(wallet, store, 3_000, is_coin_only=True)
    assert second.facts["grants"][0]["seen"] == {"month_spend": 4_000}
    assert second.facts["grants"][0]["rebate_points"] == 200 + 20
    # What is given back counts no more: 1,000 of the second payment are left.
    await town.refund(second.entry_id, store, 2_000)
    assert await points_of(town, wallet, store, 1_000) == 0 + 10
    assert (await town.balances(wallet.wallet_id))["points"] == 800 + 200 + 10


async def test_a_person_gets_points_so_many_times_and_again_after_a_refund(town: Town):
    wallet, store = await shop_and_purse(town)
    await town.live_campaign(per_person_day_times=2, per_person_campaign_times=3)
    first = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert await points_of(town, wallet, store) == 300
    assert await points_of(town, wallet, store) == 0
    await town.refund(first.entry_id, store, 999)
    assert await points_of(town, wallet, store) == 300
    await town.refund(first.entry_id, store, 1)
    assert await points_of(town, wallet, store) == 0


async def test_each_third_payment_is_stamped_and_a_void_takes_its_stamp_along(town: Town):
    wallet, store = await shop_and_purse(town)
    await town.live_campaign(every_nth_payment=3, cashback_bp=0)
    assert await points_of(town, wallet, store) == 0
    second = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert second.facts["grants"][0]["reasons"] == [["stamp-collected", 1]]
    await town.void(second.entry_id, store)
    assert await points_of(town, wallet, store) == 0
    assert await points_of(town, wallet, store) == 300
    assert await points_of(town, wallet, store) == 0


async def test_at_each_merchant_the_first_payment_counts_whichever_of_its_stores_takes_it(
    town: Town,
):
    wallet, store = await shop_and_purse(town)
    second_store = await town.open_store(merchant_id=store.merchant_id)
    elsewhere = await town.open_store()
    await town.live_campaign(who={"first_payment": "at_merchant"})
    paid = [await points_of(town, wallet, at) for at in (store, second_store, elsewhere)]
    assert paid == [300, 0, 300]


async def test_a_cap_for_each_merchant_leaves_the_others_alone(town: Town):
    wallet, store = await shop_and_purse(town)
    elsewhere = await town.open_store()
    await town.live_campaign(per_person_merchant_points=400)
    first = await town.pay(wallet, store, 1_000, is_coin_only=True)
    paid = [await points_of(town, wallet, at) for at in (store, store, elsewhere)]
    assert paid == [100, 0, 300]
    # What is taken back opens the cap of its own merchant again.
    await town.void(first.entry_id, store)
    assert [await points_of(town, wallet, at) for at in (elsewhere, store)] == [100, 300]


async def test_only_one_of_a_group_takes_from_its_budget(town: Town):
    wallet, store = await shop_and_purse(town)
    best = {"how": "best", "group": "autumn"}
    less = await town.live_campaign(rebate_bp=1_000, together=best, budget_yen=5_000)
    more = await town.live_campaign(
        rebate={"fixed": dict.fromkeys(CLASSES, 250)}, together=best, budget_yen=5_000
    )
    await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert (await town.balances(less))["budget"] == 5_000
    assert (await town.balances(more))["budget"] == 5_000 - 250 - 50
