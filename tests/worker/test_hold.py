"""The worker holds what the rules of a region describe: each rule, and its edges."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from payments.verify import verify_books
from tests.payments.test_holds import releasing
from tests.town_builder import Store, Town, Wallet
from worker.heartbeat import Heartbeat
from worker.hold import Held, hold_payments
from worker.main import Worker
from worker.vest import Vested, vest_points

NOON = datetime(2027, 1, 5, 3, 0, tzinfo=UTC)
NEXT_DAY = NOON + timedelta(days=1)
LATER = {"closes": "three_a_month", "bank_days_after": 5}


@pytest.fixture
async def winter(town: Town) -> Town:
    """January, with a campaign whose points are pending until the eighteenth."""
    await town.set_clock(NOON)
    await town.live_campaign(credited=LATER)
    return town


async def rules(town: Town, **numbers: dict[str, Any]) -> None:
    """Turn these rules on, with these numbers."""
    await town.change_settings(holds={name: {"is_on": True, **n} for name, n in numbers.items()})


async def payer(town: Town, yen: int = 50_000) -> Wallet:
    wallet = await town.open_wallet()
    await town.top_up(wallet, yen)
    return wallet


async def run(town: Town, **more: int) -> Held:
    return await hold_payments(town.database, town.region, await town.today(), lambda: None, **more)


async def holds(town: Town) -> list[tuple[Any, str, dict[str, int]]]:
    """Payment, rule and figures of each hold, in the order of the payments."""
    rows = await town.rows(
        "SELECT h.refers_to, h.facts FROM ledger.entry h JOIN ledger.entry p"
        " ON p.entry_id = h.refers_to WHERE h.kind = 'hold.placed' ORDER BY p.seq"
    )
    return [(row.refers_to, row.facts["rule"], row.facts["figures"]) for row in rows]


async def pay_together(town: Town, store: Store, yen: int, *who: Wallet) -> list[Any]:
    return [(await town.pay(wallet, store, yen, is_coin_only=True)).entry_id for wallet in who]


async def test_two_who_pay_the_same_at_once_again_and_again_are_held(winter: Town):
    one, other, third = [await payer(winter) for _ in range(3)]
    store, elsewhere = await winter.open_store(), await winter.open_store()
    await rules(winter, same_payment={"times": 2, "within_seconds": 60})
    found = []
    for minute in (0, 20):
        await winter.set_clock(NOON + timedelta(minutes=minute))
        found += await pay_together(winter, store, 700, one, other)
    await winter.set_clock(NOON + timedelta(minutes=40))
    await pay_together(winter, store, 900, one, third)  # once only
    await winter.pay(other, store, 701)  # another amount
    await winter.pay(other, elsewhere, 900)  # another shop
    await winter.set_clock(NOON + timedelta(minutes=45))
    await winter.pay(third, store, 900)  # too late
    for hour in (1, 2):  # ten seconds too late, however often
        for wallet, seconds in ((one, 0), (other, 70)):
            await winter.set_clock(NOON + timedelta(hours=hour, seconds=seconds))
            await winter.pay(wallet, store, 800)
    assert await run(winter) == Held(), "the day is not over"
    await winter.set_clock(NEXT_DAY)
    assert await run(winter) == Held(held=4)
    assert await holds(winter) == [(each, "same_payment", {"times": 2}) for each in found]


async def test_top_ups_that_go_to_one_shop_again_and_again_are_held(winter: Town):
    looping, living = await payer(winter, 1), await payer(winter, 1)
    store, other = await winter.open_store(), await winter.open_store()
    await rules(winter, loops={"times": 2, "least_top_up_yen": 5_000, "share_bp": 9_000,
                               "within_hours": 2})  # fmt: skip
    found = []
    for hour in (1, 4):
        await winter.set_clock(NOON + timedelta(hours=hour))
        await winter.top_up(looping, 5_000)
        found.append((await winter.pay(looping, store, 4_500)).entry_id)
        await winter.top_up(living, 5_000)
        await winter.pay(living, store, 4_499)  # less than its share
        await winter.top_up(living, 4_999)  # too small a top-up
        await winter.pay(living, other, 4_499)
    await winter.set_clock(NOON + timedelta(hours=7))
    await winter.top_up(living, 5_000)
    await winter.set_clock(NOON + timedelta(hours=9, minutes=1))
    await winter.pay(living, store, 5_000)  # too late
    await winter.set_clock(NEXT_DAY)
    assert await run(winter) == Held(held=2)
    assert await holds(winter) == [(each, "loops", {"times": 2}) for each in found]


async def test_the_bonuses_of_top_ups_that_loop_are_held_with_their_payments(winter: Town):
    await winter.live_campaign(bonus={"rate_bp": 1000}, credited=LATER)
    looping, living = await payer(winter, 1), await payer(winter, 1)
    store = await winter.open_store()
    await rules(winter, loops={"times": 2, "least_top_up_yen": 5_000, "within_hours": 2})
    found = []
    for hour in (1, 4):
        await winter.set_clock(NOON + timedelta(hours=hour))
        found.append((await winter.top_up(looping, 5_000)).entry_id)
        found.append((await winter.pay(looping, store, 5_000, is_coin_only=True)).entry_id)
        await winter.top_up(living, 5_000)  # stays in the wallet
    await winter.top_up(looping, 5_000)  # and so does this one
    await winter.set_clock(NEXT_DAY)
    assert await run(winter) == Held(held=4)
    assert await holds(winter) == [(each, "loops", {"times": 2}) for each in found]
    assert await run(winter) == Held()


async def test_a_shop_that_stands_out_for_its_class_is_held(winter: Town):
    numbers = {"least_shops": 3, "times_median_bp": 50_000, "least_sales_yen": 5_000}
    await rules(winter, standing_out=numbers)
    wallet = await payer(winter)
    small = [await winter.open_store("small") for _ in range(3)]
    large = [await winter.open_store("large") for _ in range(2)]
    for store in (*small, *large):
        await winter.pay(wallet, store, 1_000, is_coin_only=True)
    loud = (await winter.pay(wallet, small[0], 4_000, is_coin_only=True)).entry_id
    await winter.pay(wallet, large[0], 9_000, is_coin_only=True)  # too few shops to compare with
    busy = await winter.pay(wallet, small[1], 9_000, is_coin_only=True)
    await winter.refund(busy.entry_id, small[1])  # what was given back is no sale
    await winter.set_clock(NEXT_DAY)
    assert await run(winter) == Held(held=2)
    figures = {"sales_yen": 5_000, "median_yen": 1_000}
    held = await holds(winter)
    assert [(rule, numbers) for _, rule, numbers in held] == [("standing_out", figures)] * 2
    assert held[1][0] == loud


async def test_no_rule_is_on_until_it_is_turned_on_and_days_have_an_end(winter: Town):
    store, pair = await winter.open_store(), [await payer(winter) for _ in range(2)]
    await pay_together(winter, store, 700, *pair)
    await winter.set_clock(NEXT_DAY)
    assert await run(winter) == Held()
    await winter.set_clock(NOON + timedelta(days=2))
    await rules(winter, same_payment={"times": 1, "days": 1})
    assert await run(winter) == Held()
    await rules(winter, same_payment={"times": 1, "days": 2})
    assert await run(winter) == Held(held=2)


async def test_a_second_run_holds_nothing_more_and_what_was_released_stays_so(winter: Town):
    store, pair = await winter.open_store(), [await payer(winter) for _ in range(2)]
    await rules(winter, same_payment={"times": 1})
    for _ in range(3):
        await pay_together(winter, store, 700, *pair)
    await winter.set_clock(NEXT_DAY)
    assert await run(winter, chunk=2) == Held(held=6)
    assert await run(winter) == Held()
    [first, *_] = await winter.rows("SELECT entry_id FROM ledger.entry WHERE kind = 'hold.placed'")
    (await winter.submit(releasing(first))).accepted()
    assert await run(winter) == Held()
    await winter.set_clock(datetime(2027, 1, 18, 3, tzinfo=UTC))
    vested = await vest_points(winter.database, winter.region, await winter.today(), lambda: None)
    assert vested == Vested(vested=1, found_done=1)
    assert (await verify_books(winter.database, winter.region)).faults == ()


async def test_payments_of_which_nothing_is_pending_hide_no_others(winter: Town):
    """Or else whoever has enough of them given back would never be held."""
    store, pair = await winter.open_store(), [await payer(winter) for _ in range(2)]
    await rules(winter, same_payment={"times": 1})
    for payment_id in await pay_together(winter, store, 700, *pair):
        await winter.refund(payment_id, store)
    found = await pay_together(winter, store, 700, *pair)
    await winter.set_clock(NEXT_DAY)
    assert await run(winter, chunk=2) == Held(held=2, found_done=2)
    assert [payment_id for payment_id, _, _ in await holds(winter)] == found


async def test_a_worker_that_comes_late_holds_before_it_credits(
    winter: Town, settings: Settings, tmp_path: Path
):
    store, pair = await winter.open_store(), [await payer(winter) for _ in range(3)]
    await rules(winter, same_payment={"times": 1})
    await pay_together(winter, store, 700, *pair[:2])
    await winter.pay(pair[2], store, 1_000)
    await winter.set_clock(datetime(2027, 1, 18, 3, tzinfo=UTC))
    heart = Heartbeat(settings.model_copy(update={"data_dir": tmp_path}))
    await Worker(winter.database, heart).round()
    held = [await winter.balances(wallet.wallet_id) for wallet in pair]
    assert [one.get("points_pending", 0) for one in held] == [210, 210, 0]
    assert held[2]["points"] == 300


async def test_what_no_run_looked_at_on_its_day_is_held_before_it_vests_late(winter: Town):
    looping, store = await payer(winter, 1), await winter.open_store()
    await rules(winter, loops={"times": 2, "least_top_up_yen": 5_000, "within_hours": 2})
    for hour in (1, 4):
        await winter.set_clock(NOON + timedelta(hours=hour))
        await winter.top_up(looping, 5_000)
        await winter.pay(looping, store, 5_000, is_coin_only=True)
    await winter.set_clock(NOON + timedelta(days=15))  # the eighteenth is over, nobody was awake
    assert await run(winter) == Held(held=2)
    day = await winter.today()
    assert await vest_points(winter.database, winter.region, day, lambda: None) == Vested(
        found_done=1
    )
