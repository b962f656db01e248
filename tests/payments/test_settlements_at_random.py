"""Weeks of sales, refunds, closes, payouts and rejections at random: no yen is lost or made."""

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from ledger.find_seq import find_seq
from merchants.listing import WhichMerchants
from merchants.owed_to_merchants import owed_to_merchants
from tests.payments.test_settlements import (
    NOON,
    close,
    note,
    payer,
    paying,
    reject,
    returning,
    settlements,
    sound,
    winter,
)
from tests.town_builder import Store, Town

__all__ = ["winter"]


@pytest.mark.parametrize("seed", range(1))
async def test_a_winter_of_sales_refunds_and_closes_loses_no_yen(winter: Town, seed: int):
    chance = Random(seed)
    rules = {"fees": {"small_bp": 180, "fixed_yen": 30}, "minimum_yen": 500, "calendar": "daily"}
    await winter.change_settings(settlement=rules)
    await winter.live_campaign(rebate_bp=1_000, cashback_bp=500)
    stores = [await winter.open_store("small") for _ in range(3)]
    wallets = [await payer(winter) for _ in range(2)]
    payments: list[tuple[UUID, Store]] = []
    stood: dict[date, dict[UUID, int]] = {}
    for day in range(10):
        await winter.set_clock(NOON + timedelta(days=day, minutes=chance.randrange(600)))
        for _ in range(chance.randrange(6)):
            store = chance.choice(stores)
            yen = chance.choice((7, 300, 1_234, 4_000))
            paid = await winter.pay(chance.choice(wallets), store, yen)
            payments.append((paid.entry_id, store))
        for payment_id, store in chance.sample(payments, min(2, len(payments))):
            wish = winter.refund_of(payment_id, store, chance.choice((None, 5, 250)))
            receipt = await winter.submit(wish)
            assert receipt.entry.refusal in {None, "refund-exceeds-payment"}
        await close(winter)
        for row in await settlements(winter):
            await _go_on(winter, row, chance)
        stood[await winter.today()] = {
            store.merchant_id: await _owed_to(winter, store.merchant_id) for store in stores
        }
    await sound(winter)
    assert {day: await _owed_then(winter, day) for day in stood} == stood
    closed = [row for row in await settlements(winter) if row.state != "carried"]
    assert len(closed) > 5
    owed = sum([await _owed_to(winter, store.merchant_id) for store in stores])
    out = sum(row.payout_yen for row in closed if row.state == "paid")
    kept = sum(row.fee_yen + row.tax_yen for row in closed if row.state != "rejected")
    assert owed + out + kept == await _traded(winter)


async def _go_on(town: Town, row: Any, chance: Random) -> None:
    """Pay a settlement, reject it, let its transfer come back, or leave it as it is."""
    way = chance.choice(("leave", "pay", "reject")) if row.state == "due" else "leave"
    if row.state == "paid" and chance.random() < 0.2:
        back = (await town.submit(returning(row.settlement_id))).accepted()
        await note(town, row.settlement_id, "returned", returned_seq=back.seq)
    if way == "pay":
        entry = (await town.submit(paying(row.settlement_id))).accepted()
        await note(town, row.settlement_id, "paid", paid_seq=entry.seq)
    elif way == "reject":
        entry = (await town.submit(reject(row.settlement_id))).accepted()
        await note(town, row.settlement_id, "rejected", rejected_seq=entry.seq)


async def _owed_to(town: Town, merchant_id: UUID) -> int:
    held = await town.balances(merchant_id)
    return sum(held.values()) - 2 * held.get("merchant_receivable", 0)


async def _owed_then(town: Town, day: date) -> dict[UUID, int]:
    """What the books say today that each merchant was owed at the end of a day."""
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        seq = await find_seq(session, region_id, day)
        lines = await owed_to_merchants(session, region_id, seq, WhichMerchants())
    return {merchant.merchant_id: owed.owed_yen for merchant, owed in lines}


async def _traded(town: Town) -> int:
    """What payments brought to all merchants, less what refunds took, by the entries alone."""
    [row] = await town.rows(
        "SELECT sum(CASE kind WHEN 'payment' THEN amount ELSE -amount END)"
        " + (SELECT sum((g ->> 'cashback_yen')::bigint) FROM ledger.entry p"
        "    CROSS JOIN LATERAL jsonb_array_elements(p.facts -> 'grants') g"
        "    WHERE p.kind = 'payment')"
        " - coalesce((SELECT sum((c ->> 'cashback_yen')::bigint) FROM ledger.entry r"
        "    CROSS JOIN LATERAL jsonb_array_elements(r.facts -> 'clawed_back') c), 0) AS yen"
        " FROM ledger.entry WHERE kind IN ('payment', 'refund') AND refusal IS NULL"
    )
    return int(row.yen)
