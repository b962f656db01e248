"""Shops that pay shops: what they convert is theirs, once, and comes from what is due to them."""

import asyncio

import pytest

from core.errors import Problem
from ledger.unused_balance import unused_balance
from tests.closing import turn_merchant, turn_store
from tests.payments.refusals import refusal
from tests.payments.shops import (
    ON,
    Shop,
    bringing_back,
    buy,
    buying,
    conversion,
    convert,
    open_shop,
    opening,
    sold,
)
from tests.payments.test_settlements import CLOSED, close, sound, winter
from tests.residents.people import verify
from tests.town_builder import Town, Wallet, new_id

__all__ = ["winter"]


@pytest.fixture
async def shops(winter: Town) -> Town:
    """A town in which shops may pay shops."""
    await winter.change_settings(recirculation=ON)
    return winter


async def test_a_shop_pays_another_with_what_it_earned(shops: Town):
    campaign = await shops.live_campaign(rebate_bp=3_000, cashback_bp=500)
    baker, miller = await open_shop(shops), await shops.open_store()
    await sold(shops, baker, 10_000)
    budget = (await shops.balances(campaign))["budget"]
    made = await convert(shops, baker, 4_000)
    assert made.facts["expires_on"] == "2030-01-31"
    assert await shops.balances(baker.merchant_id) == {"payable": 6_000, "cashback": 500}
    paid = await buy(shops, baker, miller, 3_000)
    assert (paid.facts["grants"], paid.facts["payer"]) == ([], "merchant")
    assert await shops.balances(miller.merchant_id) == {"payable": 3_000}
    assert (await shops.balances(campaign))["budget"] == budget, "campaigns are for people"
    back = await shops.refund(paid.entry_id, miller, 1_000)
    assert back.facts["payer"] == "merchant"
    assert await shops.balances(baker.wallet_id) == {"coin": 2_000}
    assert await shops.balances(miller.merchant_id) == {"payable": 2_000}
    await sound(shops)


async def test_the_books_have_it_as_value_that_was_issued_anew(shops: Town):
    baker = await sold(shops, await open_shop(shops), 10_000)
    await convert(shops, baker, 4_000)
    await buy(shops, baker, await shops.open_store(), 3_000)
    async with shops.database.snapshot(shops.region.region_id) as session:
        paid = (await unused_balance(session, shops.region.region_id)).paid
    assert (paid.issued, paid.redeemed, paid.unused) == (54_000, 13_000, 41_000)


async def test_it_is_off_until_the_region_turns_it_on(winter: Town):
    store = await winter.open_store()
    assert await refusal(winter, opening(Shop(store, new_id()))) == "recirculation-off"
    await winter.change_settings(recirculation=ON)
    baker = await sold(winter, await open_shop(winter, store), 1_000)
    await convert(winter, baker, 500)
    await winter.change_settings()
    assert await refusal(winter, await conversion(winter, baker, 1)) == "recirculation-off"
    assert await refusal(winter, buying(baker, await winter.open_store(), 1)) == "recirculation-off"


async def test_a_wallet_is_one_and_its_merchants_own(shops: Town):
    baker, other = await sold(shops, await open_shop(shops), 1_000), await open_shop(shops)
    assert await refusal(shops, opening(Shop(baker.store, new_id()))) == "shop-wallet-open"
    await verify(shops, somebody := new_id())
    taken = opening(Shop(baker.store, somebody))
    assert await refusal(shops, taken) == "shop-wallet-id-taken"
    theirs = [
        await conversion(shops, baker, 1, wallet_id=other.wallet_id),
        buying(baker, other.store, 1, wallet_id=other.wallet_id),
        buying(baker, other.store, 1, wallet_id=new_id()),
    ]
    for command in theirs:
        with pytest.raises(Problem, match="shop-wallet-unknown"):
            await shops.submit(command)


async def test_each_limit_refuses_by_its_name(shops: Town):
    baker, miller = await sold(shops, await open_shop(shops), 10_000), await shops.open_store()
    await convert(shops, baker, 1_000)
    cases = {
        "conversions-over-day-limit": {"conversions_per_day_yen": 99},
        "conversions-over-month-limit": {"conversions_per_month_yen": 99},
        "balance-over-limit": {"balance_yen": 1_099},
    }
    for slug, limit in cases.items():
        await shops.change_settings(recirculation=ON | limit)
        assert await refusal(shops, await conversion(shops, baker, 100)) == slug
    await shops.change_settings(recirculation=ON)
    assert await refusal(shops, await conversion(shops, baker, 9_001)) == "conversion-over-payable"
    assert await refusal(shops, buying(baker, miller, 1_001)) == "insufficient-funds"
    payments = {
        "payment-over-limit": {"payment_yen": 99},
        "shop-payments-over-day-limit": {"payments_per_day_yen": 99},
        "shop-payments-over-month-limit": {"payments_per_month_yen": 99},
    }
    for slug, limit in payments.items():
        await shops.change_settings(recirculation=ON | limit)
        assert await refusal(shops, buying(baker, miller, 100)) == slug


async def test_what_counts_comes_back_with_a_refund_in_its_own_day(shops: Town):
    await shops.change_settings(recirculation=ON | {"payments_per_day_yen": 1_000})
    baker, miller = await sold(shops, await open_shop(shops), 5_000), await shops.open_store()
    await convert(shops, baker, 3_000)
    paid = await buy(shops, baker, miller, 1_000)
    assert await refusal(shops, buying(baker, miller, 1)) == "shop-payments-over-day-limit"
    await shops.refund(paid.entry_id, miller, 400)
    await buy(shops, baker, miller, 400)
    assert await refusal(shops, buying(baker, miller, 1)) == "shop-payments-over-day-limit"
    await sound(shops)


async def test_states_decide_who_converts_and_who_pays(shops: Town):
    baker, miller = await sold(shops, await open_shop(shops), 5_000), await shops.open_store()
    await convert(shops, baker, 1_000)
    assert await refusal(shops, buying(baker, baker.store, 1)) == "own-shop"
    await turn_store(shops, miller, "closed")
    assert await refusal(shops, buying(baker, miller, 1)) == "store-closed"
    await turn_store(shops, miller, "open")
    await turn_merchant(shops, baker.merchant_id, "leaving")
    assert await refusal(shops, await conversion(shops, baker, 1)) == "merchant-not-trading"
    await buy(shops, baker, miller, 100)
    for state in ("suspended", "closed"):
        await turn_merchant(shops, baker.merchant_id, state)
        assert await refusal(shops, buying(baker, miller, 1)) == "merchant-not-trading"


async def test_coin_comes_back_only_where_it_pays_nothing_any_more(shops: Town):
    baker = await sold(shops, await open_shop(shops), 5_000)
    await convert(shops, baker, 1_000)
    assert await refusal(shops, bringing_back(baker)) == "coin-still-pays"
    await turn_merchant(shops, baker.merchant_id, "leaving")
    back = (await shops.submit(bringing_back(baker))).accepted()
    assert back.amount == 1_000
    assert await refusal(shops, bringing_back(baker)) == "shop-wallet-empty"
    assert await shops.balances(baker.merchant_id) == {"payable": 5_000}
    await shops.set_clock(CLOSED)
    await close(shops)
    assert await shops.balances(baker.merchant_id) == {"payout": 5_000}
    await sound(shops)


async def test_twice_is_once_and_two_at_a_time_do_not_take_more_than_there_is(shops: Town):
    baker, miller = await sold(shops, await open_shop(shops), 1_000), await shops.open_store()
    wishes = [await conversion(shops, baker, 600) for _ in range(3)]
    receipts = await asyncio.gather(*map(shops.submit, [*wishes, *wishes]))
    slugs = sorted(each.entry.refusal or "" for each in receipts)
    assert slugs == ["", "", *["conversion-over-payable"] * 4]
    buys = [buying(baker, miller, 400) for _ in range(3)]
    receipts = await asyncio.gather(*map(shops.submit, [*buys, *buys]))
    slugs = sorted(each.entry.refusal or "" for each in receipts)
    assert slugs == ["", "", *["insufficient-funds"] * 4]
    assert await shops.balances(miller.merchant_id) == {"payable": 400}


async def test_nothing_that_is_for_residents_reaches_a_shops_wallet(shops: Town):
    baker = await open_shop(shops)
    told = await shops.rows(
        "SELECT kind, subject_id FROM ledger.holder WHERE holder_id = :id", id=baker.wallet_id
    )
    assert [tuple(row) for row in told] == [("shop_wallet", baker.merchant_id)]
    with pytest.raises(Problem, match="wallet-unknown"):
        await shops.top_up_in_cash(_as_residents(baker), 100)
    waits = await shops.top_up(_as_residents(baker), 100)
    assert waits.facts["obstacle"] == "wallet-unknown"


def _as_residents(shop: Shop) -> Wallet:
    return Wallet(shop.wallet_id, shop.merchant_id)
