"""Settlements on demand: what is due by now, for a fee; the period takes what comes after."""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from access.acts import Doer
from core.errors import Problem
from merchants.close import ChangeMerchant, MerchantState
from merchants.settlement import Settlement
from payments.run_settlement import Closed
from payments.settle_now import offer_of, settle_now
from tests.payments.test_settlements import (
    CLOSED,
    NEXT,
    NOON,
    close,
    payer,
    reject,
    settlements,
    sound,
    winter,
)
from tests.somebody_waits import somebody_waits
from tests.town_builder import ADMIN, Store, Town, new_id

__all__ = ["winter"]

ROOT = Path(__file__).parents[2]
OWNER = Doer(UUID(int=7), f"merchant:{UUID(int=7)}", "owner")
OFFERED = {"on_demand": {"is_offered": True, "fee_yen": 300, "fee_bp": 50, "per_day": 2}}
FREE = {"on_demand": {"is_offered": True, "per_day": 5}}
CHILD = """
import asyncio, sys
from uuid import UUID
from access.acts import Doer
from core import failpoints
from core.database import Database
from ledger.regions import load_regions
from payments.settle_now import settle_now

async def main(url, order, settlement_id, merchant_id):
    failpoints.arm(order, is_demo=True)
    database = Database(url)
    region = (await load_regions(database))["setagaya"]
    now = (await database.clock()).now()
    doer = Doer(UUID(int=7), f"merchant:{UUID(int=7)}", "owner")
    async with database.transaction(region.region_id) as db:
        await settle_now(db, region, UUID(settlement_id), UUID(merchant_id), doer, now)

asyncio.run(main(*sys.argv[1:]))
"""


async def ask(
    town: Town, store: Store, settlement_id: UUID | None = None, doer: Doer = OWNER
) -> tuple[Settlement, bool]:
    wished, now = settlement_id or new_id(), await town.now()
    async with town.database.transaction(town.region.region_id) as db:
        return await settle_now(db, town.region, wished, store.merchant_id, doer, now)


async def refused(town: Town, store: Store, slug: str, settlement_id: UUID | None = None) -> None:
    before = await town.rows("SELECT count(*) AS many FROM merchants.settlement_run")
    with pytest.raises(Problem) as problem:
        await ask(town, store, settlement_id, Doer(UUID(int=8), "merchant:8", "owner"))
    assert problem.value.type.slug == slug
    assert await town.rows("SELECT count(*) AS many FROM merchants.settlement_run") == before


async def test_it_pays_what_is_due_by_now_and_the_period_what_came_after(winter: Town):
    await winter.change_settings(settlement=OFFERED | {"fees": {"small_bp": 150, "fixed_yen": 11}})
    wallet, store = await payer(winter), await winter.open_store("small")
    sale = await winter.pay(wallet, store, 10_000)
    await winter.refund(sale.entry_id, store, 990)
    one, is_replay = await ask(winter, store)
    assert not is_replay
    # 9,010: 135 of a share and 11, then 45 (0.5 % of 9,010 is 45.05) and 300; tax 49.1 once, where
    # 14.6 and 34.5 apart would be 48.
    assert (one.due_yen, one.fee_yen, one.on_demand_fee_yen, one.tax_yen) == (9_010, 491, 345, 49)
    assert (one.payout_yen, one.state, one.run_state) == (8_470, "due", "draft")
    assert (str(one.last_day), str(one.pays_on)) == ("2027-01-05", "2027-01-06")
    await winter.pay(wallet, store, 2_000)
    await winter.refund(sale.entry_id, store, 1_000)
    await winter.set_clock(CLOSED)
    assert await close(winter) == Closed(runs=1, settled=1)
    last = (await settlements(winter))[-1]
    assert (last.sales_yen, last.refunded_yen, last.fee_yen, last.payout_yen) == (
        2_000, 1_000, 26, 972,
    )  # fmt: skip
    assert last.from_seq == one.until_seq
    await sound(winter)


async def test_the_same_id_is_one_and_so_are_many_at_once(winter: Town):
    await winter.change_settings(settlement=OFFERED)
    wallet, store = await payer(winter), await winter.open_store()
    await winter.pay(wallet, store, 10_000)
    settlement_id = new_id()
    told = await asyncio.gather(*(ask(winter, store, settlement_id) for _ in range(4)))
    assert {each.payout_yen for each, _ in told} == {9_615}
    assert sorted(is_replay for _, is_replay in told) == [False, True, True, True]
    await winter.change_settings()
    assert await ask(winter, store, settlement_id) == (told[0][0], True)
    await refused(winter, store, "id-in-use", settlement_id)
    await refused(winter, await winter.open_store(), "id-in-use", settlement_id)
    await sound(winter)


async def test_two_that_ask_at_once_are_paid_once(winter: Town):
    await winter.change_settings(settlement=FREE)
    wallet, store = await payer(winter), await winter.open_store()
    await winter.pay(wallet, store, 10_000)
    told = await asyncio.gather(*(ask(winter, store) for _ in range(3)), return_exceptions=True)
    slugs = [each.type.slug for each in told if isinstance(each, Problem)]
    assert slugs == ["nothing-to-transfer"] * 2
    assert await winter.balances(store.merchant_id) == {"payout": 10_000}
    await sound(winter)


async def test_it_is_refused_where_it_may_not_be(winter: Town):
    wallet, store = await payer(winter), await winter.open_store()
    await winter.pay(wallet, store, 10_000)
    await refused(winter, store, "settlement-not-offered")
    await winter.change_settings(
        settlement={"on_demand": {"is_offered": True, "minimum_yen": 9_001, "fee_yen": 910}}
    )
    await refused(winter, store, "nothing-to-transfer")
    await refused(winter, await winter.open_store(), "nothing-to-transfer")
    await winter.change_settings(settlement=OFFERED)
    await suspend(winter, store, "suspended")
    await refused(winter, store, "merchant-suspended")
    await suspend(winter, store, "open")
    for _ in range(2):
        await ask(winter, store)
        await winter.pay(wallet, store, 10_000)
    await refused(winter, store, "settlements-enough")
    async with winter.database.transaction(winter.region.region_id) as db:
        with pytest.raises(Problem) as none_left:
            await offer_of(db, winter.region, store.merchant_id, await winter.now())
    assert none_left.value.type.slug == "settlements-enough"
    await winter.set_clock(NOON + timedelta(days=1))
    await ask(winter, store)
    await sound(winter)


async def suspend(town: Town, store: Store, state: MerchantState) -> None:
    command = ChangeMerchant(
        entry_id=new_id(), actor=ADMIN, merchant_id=store.merchant_id, state=state, reason="-"
    )
    (await town.submit(command)).accepted()


async def test_a_rejected_one_is_due_again_without_its_fee(winter: Town):
    await winter.change_settings(settlement=OFFERED)
    wallet, store = await payer(winter), await winter.open_store()
    await winter.pay(wallet, store, 10_000)
    one, _ = await ask(winter, store)
    entry = (await winter.submit(reject(one.settlement_id))).accepted()
    async with winter.database.transaction(winter.region.region_id) as db:
        await db.execute(
            text("UPDATE merchants.settlement SET state = 'rejected', rejected_seq = :seq"),
            {"seq": entry.seq},
        )
    again, _ = await ask(winter, store)
    assert (again.returned_yen, again.payout_yen) == (10_000, one.payout_yen)
    await sound(winter)


async def test_asked_for_amid_a_close_nothing_is_settled_twice(winter: Town):
    """The close has read its figures already when the shop is settled on demand."""
    await winter.change_settings(settlement=FREE)
    stores = [await winter.open_store() for _ in range(3)]
    wallet = await payer(winter)
    for store in stores:
        await winter.pay(wallet, store, 1_000)
    await winter.set_clock(CLOSED)
    await winter.pay(wallet, stores[1], 500)
    owner = await asyncpg.connect(winter.place.superuser_url)
    try:
        async with owner.transaction():
            await owner.execute("SELECT 1 FROM ledger.head FOR UPDATE")
            asked = asyncio.create_task(ask(winter, stores[1]))
            await somebody_waits(winter.database, 1)
            closing = asyncio.create_task(close(winter))
            await somebody_waits(winter.database, 2)
        (one, _), closed = await asked, await closing
    finally:
        await owner.close()
    assert one.payout_yen == 1_500
    assert closed == Closed(runs=1, settled=2)
    assert [await winter.balances(each.merchant_id) for each in stores] == [
        {"payout": 1_000}, {"payout": 1_500}, {"payout": 1_000},
    ]  # fmt: skip
    await winter.pay(wallet, stores[1], 7)
    await winter.set_clock(NEXT)
    assert (await close(winter)).settled == 1
    await sound(winter)


async def test_who_is_killed_has_settled_or_has_not(winter: Town):
    await winter.change_settings(settlement=OFFERED)
    wallet, store = await payer(winter), await winter.open_store()
    await winter.pay(wallet, store, 10_000)
    settlement_id = new_id()
    for order, stands in (
        ("session.before_commit=kill@3", False),
        ("session.after_commit=kill@3", True),
    ):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, winter.place.app_url, order, str(settlement_id),
            str(store.merchant_id), cwd=ROOT,
        )  # fmt: skip
        assert await child.wait() == -signal.SIGKILL
        assert (await winter.balances(store.merchant_id) == {"payout": 9_615}) is stands
        await sound(winter)
    again, is_replay = await ask(winter, store, settlement_id)
    assert (again.payout_yen, is_replay) == (9_615, True)
