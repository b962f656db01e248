"""Shops that convert beside closes: what is due to a settlement stays, and no yen is made."""

import asyncio
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from core.errors import Problem
from payments.settle_now import CloseOnDemand, offer_of
from tests.closing import turn_merchant
from tests.payments.refusals import refusal
from tests.payments.shops import (
    ON,
    Shop,
    bringing_back,
    buying,
    conversion,
    convert,
    open_shop,
    sold,
    spoken_for,
)
from tests.payments.test_recirculation import shops
from tests.payments.test_settle_now import FREE, ask
from tests.payments.test_settlements import CLOSED, NEXT, close, payer, settlements, sound, winter
from tests.payments.unused_every_day import unused_is_what_wallets_held
from tests.town_builder import ADMIN, Town, Wallet, new_id

__all__ = ["shops", "winter"]

FEES = {"fees": {"small_bp": 150, "converted_bp": 50}}


async def test_a_settlement_pays_what_was_not_converted_and_each_part_has_its_fee(shops: Town):
    await shops.change_settings(settlement=FEES, recirculation=ON)
    baker = await sold(shops, await open_shop(shops), 10_000)
    await convert(shops, baker, 4_000)
    await shops.set_clock(CLOSED)
    await close(shops)
    [one] = await settlements(shops)
    assert (one.sales_yen, one.refunded_yen, one.converted_yen, one.due_yen) == (
        10_000, 0, 4_000, 6_000,
    )  # fmt: skip
    assert (one.fee_yen, one.tax_yen, one.payout_yen) == (110, 11, 5_879), "90 and 20"
    await turn_merchant(shops, baker.merchant_id, "leaving")
    (await shops.submit(bringing_back(baker))).accepted()
    await shops.set_clock(NEXT)
    await close(shops)
    last = (await settlements(shops))[-1]
    assert (last.converted_yen, last.due_yen, last.fee_yen, last.payout_yen) == (
        -4_000, 4_000, 40, 3_956,
    ), "1.5 % of it less the 0.5 % that were paid"  # fmt: skip
    await sound(shops)


async def test_fees_are_not_converted_away(shops: Town):
    await shops.change_settings(settlement=FEES, recirculation=ON)
    baker = await sold(shops, await open_shop(shops), 10_000)
    refused = (await shops.submit(await conversion(shops, baker, 10_000))).entry
    assert refused.facts["convertible_yen"] == 9_835, "150 and 15 stay"
    await convert(shops, baker, 9_835)
    await shops.set_clock(CLOSED)
    await close(shops)
    [one] = await settlements(shops)
    assert (one.fee_yen, one.tax_yen, one.payout_yen) == (51, 5, 109)
    await sound(shops)


async def test_what_a_close_is_about_to_pay_is_not_converted(shops: Town):
    baker = await sold(shops, await open_shop(shops), 1_000)
    await shops.set_clock(CLOSED)
    await sold(shops, baker, 300)
    assert await refusal(shops, await conversion(shops, baker, 301)) == "conversion-over-payable"
    late, amid = await conversion(shops, baker, 1), await conversion(shops, baker, 299)
    told, _ = await asyncio.gather(shops.submit(amid), close(shops), return_exceptions=True)
    held = await shops.balances(baker.merchant_id)
    assert held.pop("payout") == 1_000
    assert held == {"payable": 300 if isinstance(told, Problem) else 1}
    with pytest.raises(Problem, match="settlement-overtaken"):
        await shops.submit(late)
    await sound(shops)


async def test_a_conversion_and_a_settlement_on_demand_do_not_take_the_same_money(shops: Town):
    await shops.change_settings(settlement=FREE, recirculation=ON)
    baker, region = await sold(shops, await open_shop(shops), 1_000), shops.region
    async with shops.database.snapshot(region.region_id) as session:
        offer = await offer_of(session, region, baker.merchant_id, await shops.now())
    on_demand = CloseOnDemand(
        entry_id=new_id(), actor=ADMIN, merchant_id=baker.merchant_id, until_seq=offer.until_seq,
        **offer.figures.parts, fee_yen=0, tax_yen=0, on_demand_fee_yen=0,
    )  # fmt: skip
    late = await conversion(shops, baker, 100)
    await convert(shops, baker, 300)
    with pytest.raises(Problem, match="settlement-overtaken"):
        await shops.submit(on_demand)
    await ask(shops, baker.store)
    assert await shops.balances(baker.merchant_id) == {"payout": 700}
    with pytest.raises(Problem, match="settlement-overtaken"):
        await shops.submit(late)
    await sound(shops)


async def test_midnight_makes_what_was_read_worth_nothing(shops: Town):
    baker = await sold(shops, await open_shop(shops), 1_000)
    yesterday = await conversion(shops, baker, 1_000)
    await shops.set_clock(CLOSED)
    with pytest.raises(Problem, match="settlement-overtaken"):
        await shops.submit(yesterday)
    await close(shops)
    assert await shops.balances(baker.merchant_id) == {"payout": 1_000}


async def test_what_a_shop_owes_is_not_converted(shops: Town):
    baker = await open_shop(shops)
    wallet = await payer(shops)
    paid = await shops.pay(wallet, baker.store, 1_000)
    await convert(shops, baker, 1_000)
    await shops.refund(paid.entry_id, baker.store)
    assert (await shops.balances(baker.merchant_id)) == {"merchant_receivable": 1_000}
    await shops.pay(wallet, baker.store, 1_200)
    assert (await spoken_for(shops, baker)).yen == 0
    assert await refusal(shops, await conversion(shops, baker, 201)) == "conversion-over-payable"
    await convert(shops, baker, 200)
    await shops.set_clock(CLOSED)
    await close(shops)
    assert await shops.balances(baker.merchant_id) == {
        "payable": 1_000, "merchant_receivable": 1_000,
    }  # fmt: skip
    await sound(shops)


async def test_weeks_of_shops_that_pay_shops_make_no_yen(shops: Town):
    chance = Random(20_270_105)
    rules = {**FEES, "calendar": "daily", "minimum_yen": 500}
    await shops.change_settings(settlement=rules, recirculation=ON)
    await shops.live_campaign(rebate_bp=1_000, cashback_bp=500)
    traders = [await open_shop(shops) for _ in range(3)]
    wallet = await payer(shops)
    sales: list[tuple[Shop, UUID]] = []
    for day in range(8):
        await shops.set_clock(CLOSED + timedelta(days=day, minutes=chance.randrange(600)))
        for _ in range(chance.randrange(3, 8)):
            await _trade(shops, chance, traders, wallet, sales)
        await close(shops)
    done = await shops.rows("SELECT DISTINCT kind FROM ledger.entry WHERE refusal IS NULL")
    kinds = {row.kind for row in done}
    assert kinds >= {"conversion", "refund", "settlement.closed"}
    owed = sum([(await shops.balances(each.merchant_id)).get("merchant_receivable", 0)
                for each in traders])  # fmt: skip
    assert owed <= await _refunded(shops), "closes never make a debt of what was converted"
    await sound(shops)
    await unused_is_what_wallets_held(shops.database, shops.region)


async def _trade(
    town: Town,
    chance: Random,
    traders: list[Shop],
    wallet: Wallet,
    sales: list[tuple[Shop, UUID]],
) -> None:
    shop, other = chance.sample(traders, 2)
    way = chance.choice(("sell", "sell", "convert", "buy", "refund"))
    if way == "sell":
        paid = await town.pay(wallet, shop.store, chance.choice((7, 300, 1_234)))
        sales.append((shop, paid.entry_id))
    elif way == "convert":
        await town.submit(await conversion(town, shop, chance.choice((5, 200, 900))))
    elif way == "buy":
        receipt = await town.submit(buying(shop, other.store, chance.choice((3, 150, 600))))
        if receipt.entry.refusal is None:
            sales.append((other, receipt.entry.entry_id))
    elif sales:
        seller, payment_id = chance.choice(sales)
        wish = town.refund_of(payment_id, seller.store, chance.choice((None, 3, 100)))
        assert (await town.submit(wish)).entry.refusal in {None, "refund-exceeds-payment"}


async def _refunded(town: Town) -> int:
    [row] = await town.rows(
        "SELECT coalesce(sum(amount), 0) AS yen FROM ledger.entry"
        " WHERE kind = 'refund' AND refusal IS NULL"
    )
    return int(row.yen)
