"""A close that is killed in the middle, or runs amid refunds, comes to the same settlements."""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from payments.run_settlement import close_what_is_over
from tests.payments.test_settlements import (
    CLOSED,
    close,
    payer,
    settlements,
    sound,
    winter,
)
from tests.town_builder import Town

__all__ = ["winter"]

ROOT = Path(__file__).parents[2]
CHILD = """
import asyncio, sys
from datetime import date
from core import failpoints
from core.database import Database
from ledger.regions import load_regions
from payments import run_settlement

async def main(url, today, order):
    run_settlement.CHUNK = 2
    failpoints.arm(order, is_demo=True)
    database = Database(url)
    region = (await load_regions(database))["setagaya"]
    await run_settlement.close_what_is_over(
        database, region, date.fromisoformat(today), lambda: None
    )

asyncio.run(main(*sys.argv[1:]))
"""


async def killed(town: Town, order: str) -> int | None:
    """How a process ended that closes what is over, two shops at a time."""
    today = (await town.today()).isoformat()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, town.place.app_url, today, order, cwd=ROOT
    )
    return await child.wait()


async def test_who_is_killed_at_any_point_leaves_a_close_that_goes_on(winter: Town):
    stores = [await winter.open_store() for _ in range(7)]
    wallet = await payer(winter)
    for place, store in enumerate(stores, start=1):
        await winter.pay(wallet, store, 100 * place)
    await winter.set_clock(CLOSED)
    orders = (
        "engine.after_lock=kill@1",
        "session.before_commit=kill@7",
        "session.after_commit=kill@6",
    )
    for order in orders:
        assert await killed(winter, order) == -signal.SIGKILL
    done = await close(winter)
    assert done.runs == 1
    assert 0 < done.settled < 7, "what was done before stands"
    assert sorted(row.payout_yen for row in await settlements(winter)) == [
        100 * place for place in range(1, 8)
    ]
    for place, store in enumerate(stores, start=1):
        assert await winter.balances(store.merchant_id) == {"payout": 100 * place}
    await sound(winter)


async def test_refunds_that_storm_in_meanwhile_change_no_figure(winter: Town):
    stores = [await winter.open_store() for _ in range(4)]
    wallet = await payer(winter)
    payments = [
        (await winter.pay(wallet, store, 500)).entry_id for store in stores for _ in range(5)
    ]
    await winter.set_clock(CLOSED)
    today = await winter.today()
    wishes = [
        winter.submit(winter.refund_of(payment_id, stores[place // 5], 500))
        for place, payment_id in enumerate(payments)
    ]
    closing = close_what_is_over(winter.database, winter.region, today, lambda: None)
    _, receipts = await asyncio.gather(closing, asyncio.gather(*wishes))
    assert {receipt.entry.refusal for receipt in receipts} == {None}
    assert [(row.sales_yen, row.refunded_yen) for row in await settlements(winter)] == [
        (2_500, 0)
    ] * 4
    for store in stores:
        held = await winter.balances(store.merchant_id)
        assert (held.pop("payout"), held) == (2_500, {"merchant_receivable": 2_500})
    await sound(winter)


async def test_all_of_it_at_once_comes_to_the_same_settlements(winter: Town):
    """Payments on both sides of midnight; then two close, one of which is killed amid it, while
    refunds and further payments storm in.
    """
    stores = [await winter.open_store() for _ in range(5)]
    wallet = await payer(winter)
    midnight = CLOSED.replace(day=15, hour=15)
    await winter.set_clock(midnight - timedelta(minutes=1))
    early = [(store, await winter.pay(wallet, store, 500)) for store in stores for _ in range(3)]
    await winter.set_clock(midnight)
    late = [(store, await winter.pay(wallet, store, 70)) for store in stores]
    await winter.set_clock(CLOSED)
    undone = [*early[::3], *early[1::3], *late[::2]]
    storm = [
        winter.submit(winter.refund_of(paid.entry_id, store, paid.amount)) for store, paid in undone
    ]
    meanwhile = [winter.pay(wallet, store, 9) for store in stores]
    ended, _, *_ = await asyncio.gather(
        killed(winter, "session.after_commit=kill@3"), close(winter), *storm, *meanwhile
    )
    assert ended in {-signal.SIGKILL, 0}, "the other one may have left it nothing"
    await close(winter)
    rows = {UUID(int=row.merchant_id.int): row for row in await settlements(winter)}
    assert [rows[store.merchant_id].payout_yen for store in stores] == [1_500] * 5
    assert {(row.sales_yen, row.refunded_yen) for row in rows.values()} == {(1_500, 0)}
    for place, store in enumerate(stores):
        held = await winter.balances(store.merchant_id)
        left = 1_500 - 1_000 + 70 - 70 * (place % 2 == 0) + 9
        assert held["payout"] + held.get("payable", 0) - held["merchant_receivable"] == left
    assert await winter.rows("SELECT entry_id FROM ledger.entry WHERE refusal IS NOT NULL") == []
    await sound(winter)


@pytest.mark.parametrize("late_ms", [-1, 0])
async def test_a_payment_at_midnight_is_of_its_own_day(winter: Town, late_ms: int):
    wallet, store = await payer(winter), await winter.open_store()
    midnight = CLOSED.replace(day=15, hour=15)
    await winter.set_clock(midnight + timedelta(milliseconds=late_ms * 400))
    paid = await winter.pay(wallet, store, 700)
    await winter.set_clock(CLOSED)
    await close(winter)
    found = [row.payout_yen for row in await settlements(winter)]
    assert found == ([700] if paid.business_date.day == 15 else [])
