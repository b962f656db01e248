"""Settlements: the figures of a period, whenever it is closed, and where their money goes."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from core.database import Database
from core.errors import Problem
from merchants.close import ChangeMerchant
from merchants.settlement_tables import settlement
from payments.close_settlement import RejectSettlement
from payments.pay_out import PayOut, ReturnPayout
from payments.run_settlement import Closed, close_what_is_over
from payments.verify import verify_books
from tests.payments.refusals import refusal
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

NOON = datetime(2027, 1, 5, 3, 0, tzinfo=UTC)
"""Tuesday, 5 January, at noon in Tokyo."""
CLOSED = datetime(2027, 1, 16, 3, 0, tzinfo=UTC)
NEXT = datetime(2027, 2, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
async def winter(town: Town) -> Town:
    await town.set_clock(NOON)
    return town


async def payer(town: Town, yen: int = 50_000) -> Wallet:
    wallet = await town.open_wallet()
    await town.top_up(wallet, yen)
    return wallet


async def close(town: Town, database: Database | None = None) -> Closed:
    return await close_what_is_over(
        database or town.database, town.region, await town.today(), lambda: None
    )


async def settlements(town: Town, merchant_id: UUID | None = None) -> list[Any]:
    query = (
        "SELECT s.*, r.last_day, r.pays_on FROM merchants.settlement s JOIN"
        " merchants.settlement_run r USING (region_id, run_id)"
        " WHERE CAST(:merchant AS uuid) IS NULL OR s.merchant_id = :merchant"
        " ORDER BY r.last_day, s.settlement_id"
    )
    return await town.rows(query, merchant=merchant_id)


async def sound(town: Town) -> None:
    verdict = await verify_books(town.database, town.region)
    assert [f"{f.check}: {f.place}" for f in verdict.faults] == []


async def test_a_period_pays_what_was_sold_less_fee_and_tax(winter: Town):
    await winter.change_settings(settlement={"fees": {"small_bp": 150, "fixed_yen": 100}})
    wallet, store = await payer(winter), await winter.open_store("small")
    await winter.live_campaign(rebate_bp=0, cashback_bp=500)
    paid = await winter.pay(wallet, store, 10_000)
    await winter.refund(paid.entry_id, store, 4_000)
    assert await close(winter) == Closed(runs=1), "the period before has nothing"
    await winter.set_clock(CLOSED)
    after = await winter.pay(wallet, store, 2_000)
    assert await close(winter) == Closed(runs=1, settled=1)
    [one] = await settlements(winter)
    assert (one.sales_yen, one.refunded_yen, one.cashback_yen, one.owed_yen, one.due_yen) == (
        10_000, 4_000, 300, 0, 6_300,
    )  # fmt: skip
    assert (one.fee_yen, one.tax_yen, one.payout_yen) == (190, 19, 6_091)
    assert (one.last_day, one.pays_on) == (date(2027, 1, 15), date(2027, 2, 1))
    assert one.until_seq < after.seq
    assert await winter.balances(store.merchant_id) == {
        "payout": 6_091, "payable": 2_000, "cashback": 100,
    }  # fmt: skip
    assert await close(winter) == Closed()
    await sound(winter)


async def test_two_at_once_and_again_close_a_period_once(winter: Town):
    stores = [await winter.open_store() for _ in range(3)]
    wallet = await payer(winter)
    for store in stores:
        await winter.pay(wallet, store, 1_000)
    await winter.set_clock(CLOSED)
    await close(winter)
    await winter.set_clock(NEXT)
    for store in stores:
        await winter.pay(wallet, store, 700)
    await winter.set_clock(NEXT + timedelta(days=15))
    other = Database(winter.place.app_url)
    try:
        await asyncio.gather(close(winter), close(winter, other), close(winter))
    finally:
        await other.close()
    told = [(row.payout_yen, str(row.last_day)) for row in await settlements(winter)]
    assert sorted(told) == [*[(700, "2027-02-15")] * 3, *[(1_000, "2027-01-15")] * 3]
    for store in stores:
        assert await winter.balances(store.merchant_id) == {"payout": 1_700}
    await sound(winter)


async def test_what_is_refunded_after_the_close_is_owed_and_netted_next_time(winter: Town):
    wallet, store = await payer(winter), await winter.open_store()
    paid = await winter.pay(wallet, store, 5_000)
    await winter.set_clock(CLOSED)
    await winter.refund(paid.entry_id, store)
    await close(winter)
    assert await winter.balances(store.merchant_id) == {
        "payout": 5_000, "merchant_receivable": 5_000,
    }  # fmt: skip
    await winter.pay(wallet, store, 3_000)
    await winter.set_clock(NEXT)
    await close(winter)
    assert [(row.state, row.obstacle) for row in await settlements(winter)] == [
        ("due", None), ("carried", "below-minimum"),
    ]  # fmt: skip
    await winter.pay(wallet, store, 4_000)
    await winter.set_clock(NEXT + timedelta(days=15))
    await close(winter)
    last = (await settlements(winter))[-1]
    assert (last.sales_yen, last.refunded_yen, last.payout_yen) == (7_000, 5_000, 2_000)
    assert await winter.balances(store.merchant_id) == {"payout": 7_000}
    await sound(winter)


async def test_a_close_that_comes_late_pays_nothing_twice(winter: Town):
    wallet, store = await payer(winter), await winter.open_store()
    await winter.pay(wallet, store, 1_000)
    await winter.set_clock(CLOSED)
    await close(winter)
    await winter.pay(wallet, store, 2_000)
    await winter.set_clock(NEXT)
    await winter.pay(wallet, store, 3_000)
    await winter.set_clock(NEXT + timedelta(days=31))
    assert await close(winter) == Closed(runs=3, settled=2)
    assert [row.payout_yen for row in await settlements(winter)] == [1_000, 2_000, 3_000]
    assert await winter.balances(store.merchant_id) == {"payout": 6_000}
    await sound(winter)


async def test_less_than_the_minimum_and_a_suspended_shop_are_carried_over(winter: Town):
    await winter.change_settings(settlement={"minimum_yen": 1_000, "fees": {"fixed_yen": 50}})
    wallet = await payer(winter)
    small, large = await winter.open_store(), await winter.open_store()
    await winter.pay(wallet, small, 1_049)
    await winter.pay(wallet, large, 1_055)
    await winter.set_clock(CLOSED)
    await close(winter)
    found = {row.merchant_id: row for row in await settlements(winter)}
    assert (found[small.merchant_id].obstacle, found[small.merchant_id].payout_yen) == (
        "below-minimum", 0,
    )  # fmt: skip
    assert found[large.merchant_id].payout_yen == 1_000
    assert await winter.balances(small.merchant_id) == {"payable": 1_049}
    await winter.pay(wallet, small, 6)
    await winter.set_clock(NEXT)
    await close(winter)
    assert [row.payout_yen for row in await settlements(winter, small.merchant_id)] == [0, 1_000]
    await sound(winter)


async def leave(town: Town, store: Store) -> None:
    command = ChangeMerchant(
        entry_id=new_id(), actor=ADMIN, merchant_id=store.merchant_id, state="leaving", reason="-"
    )
    (await town.submit(command)).accepted()


async def state_of(town: Town, store: Store) -> str:
    query = "SELECT state FROM ledger.holder WHERE holder_id = :merchant"
    [row] = await town.rows(query, merchant=store.merchant_id)
    return str(row.state)


async def test_who_leaves_is_paid_a_last_time_and_closed(winter: Town):
    rules = {"minimum_yen": 5_000, "fees": {"fixed_yen": 900}}
    await winter.change_settings(settlement=rules)
    wallet = await payer(winter)
    paid, poor, idle, owing = [await winter.open_store() for _ in range(4)]
    await winter.pay(wallet, paid, 1_000)
    await winter.pay(wallet, poor, 800)
    sale = await winter.pay(wallet, owing, 2_000)
    for store in (paid, poor, idle):
        await leave(winter, store)
    await winter.set_clock(CLOSED)
    assert await close(winter) == Closed(runs=1, settled=2, carried=1)
    told = [await state_of(winter, store) for store in (paid, poor, idle, owing)]
    assert told == ["closed", "closed", "closed", "open"]
    assert [await winter.balances(each.merchant_id) for each in (paid, poor, idle)] == [
        {"payout": 10}, {"payout": 800}, {},
    ]  # fmt: skip
    await winter.refund(sale.entry_id, owing)
    back = await winter.pay(wallet, owing, 1)
    await leave(winter, owing)
    await winter.refund(back.entry_id, owing)
    await winter.set_clock(NEXT)
    await close(winter)
    assert (await state_of(winter, owing), await winter.balances(owing.merchant_id)) == (
        "closed", {},
    )  # fmt: skip
    await sound(winter)


async def test_a_rejected_settlement_is_due_again_and_never_paid(winter: Town):
    await winter.change_settings(settlement={"fees": {"small_bp": 1_000}})
    wallet, store = await payer(winter), await winter.open_store("small")
    await winter.pay(wallet, store, 10_000)
    await winter.set_clock(CLOSED)
    await close(winter)
    [one] = await settlements(winter)
    for verb in (reject, paying, returning):
        with pytest.raises(Problem) as unknown:
            await winter.submit(verb(store.merchant_id))
        assert unknown.value.type.slug == "settlement-unknown"
    entry = (await winter.submit(reject(one.settlement_id))).accepted()
    await note(winter, one.settlement_id, "rejected", rejected_seq=entry.seq)
    assert await winter.balances(store.merchant_id) == {"payable": 10_000}
    for again in (reject, paying):
        assert await refusal(winter, again(one.settlement_id)) == "settlement-state-wrong"
    await winter.set_clock(NEXT)
    await close(winter)
    last = (await settlements(winter))[-1]
    assert (last.sales_yen, last.returned_yen, last.payout_yen) == (0, 10_000, 10_000)
    await sound(winter)


async def test_a_transfer_that_comes_back_is_due_again_without_its_fee(winter: Town):
    await winter.change_settings(settlement={"fees": {"small_bp": 1_000}})
    wallet, store = await payer(winter), await winter.open_store("small")
    await winter.pay(wallet, store, 10_000)
    await winter.set_clock(CLOSED)
    await close(winter)
    [one] = await settlements(winter)
    assert await refusal(winter, returning(one.settlement_id)) == "payout-not-paid"
    paid = (await winter.submit(paying(one.settlement_id))).accepted()
    assert paid.amount == one.payout_yen == 8_900
    assert await winter.balances(store.merchant_id) == {}
    assert await refusal(winter, paying(one.settlement_id)) == "settlement-state-wrong"
    assert await refusal(winter, reject(one.settlement_id)) == "settlement-state-wrong"
    back = (await winter.submit(returning(one.settlement_id))).accepted()
    await note(winter, one.settlement_id, "returned", paid_seq=paid.seq, returned_seq=back.seq)
    assert await refusal(winter, returning(one.settlement_id)) == "settlement-state-wrong"
    assert await winter.balances(store.merchant_id) == {"payable": 8_900}
    await winter.set_clock(NEXT)
    await close(winter)
    last = (await settlements(winter))[-1]
    assert (last.returned_yen, last.fee_yen, last.payout_yen) == (8_900, 0, 8_900)
    await sound(winter)


async def test_cashback_that_is_owed_to_a_campaign_goes_back_to_its_budget(winter: Town):
    campaign_id = await winter.live_campaign(rebate_bp=0, cashback_bp=500, budget_yen=100_000)
    wallet, store = await payer(winter), await winter.open_store()
    paid = await winter.pay(wallet, store, 10_000)
    await winter.set_clock(CLOSED)
    await close(winter)
    await winter.refund(paid.entry_id, store)
    assert (await winter.balances(campaign_id))["budget_due"] == 500
    await winter.pay(await payer(winter), store, 20_000)
    await winter.set_clock(NEXT)
    await close(winter)
    [first, last] = await settlements(winter)
    assert (first.payout_yen, last.due_yen) == (10_500, 20_000 + 1_000 - 10_000 - 500)
    balances = await winter.balances(campaign_id)
    assert ("budget_due" in balances, balances["budget"]) == (False, 100_000 - 1_000)
    await sound(winter)


def reject(settlement_id: UUID) -> RejectSettlement:
    return RejectSettlement(
        entry_id=new_id(), actor=ADMIN, settlement_id=settlement_id, reason="test"
    )


def paying(settlement_id: UUID) -> PayOut:
    return PayOut(entry_id=new_id(), actor=ADMIN, settlement_id=settlement_id)


def returning(settlement_id: UUID) -> ReturnPayout:
    return ReturnPayout(entry_id=new_id(), actor=ADMIN, settlement_id=settlement_id, reason="test")


async def note(town: Town, settlement_id: UUID, state: str, **seqs: int) -> None:
    """Write down in the row what an entry did, as whoever posts it does."""
    async with town.database.transaction(town.region.region_id) as db:
        of = settlement.c.settlement_id == settlement_id
        await db.execute(update(settlement).where(of).values(state=state, **seqs))
