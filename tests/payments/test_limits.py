"""Limits by tier: of one payment or top-up, of a day and a month, of what a person holds in all."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.errors import Problem
from ledger.batch import decide_ahead
from ledger.command import Receipt
from ledger.write import write
from payments.prepare import prepare
from payments.reverse_top_up import ReverseTopUp
from payments.suspense import PlaceSuspense
from payments.top_up import CounterTopUp
from residents.wallet import OpenWallet
from tests.limits_builder import limits
from tests.payments.refusals import refusal
from tests.residents.people import verify
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)
TODAY = date(2027, 1, 15)


def cash(wallet: Wallet, yen: int) -> CounterTopUp:
    return CounterTopUp(entry_id=new_id(), actor=ADMIN, wallet_id=wallet.wallet_id, amount_yen=yen)


async def used(town: Town, person_id: UUID) -> dict[tuple[str, date], int]:
    rows = await town.rows(
        "SELECT name, period, value FROM ledger.counter"
        " WHERE subject_id = :id AND (name LIKE 'payments.%' OR name LIKE 'top_ups.%')",
        id=person_id,
    )
    return {(row.name, row.period): row.value for row in rows}


@pytest.fixture
async def store(town: Town) -> Store:
    """A shop at noon of 15 January 2027."""
    await town.set_clock(NOON)
    return await town.open_store()


async def test_a_tier_raises_the_limits_until_its_last_day_is_over(town: Town, store: Store):
    wallet = await town.open_wallet()
    await town.top_up(wallet, 100_000)
    assert await refusal(town, cash(wallet, 1)) == "balance-over-limit"
    assert await refusal(town, cash(wallet, 50_001)) == "top-up-over-limit"
    assert await refusal(town, town.payment(wallet, store, 100_001)) == "payment-over-limit"
    await verify(town, wallet.person_id, until=TODAY)
    (await town.submit(cash(wallet, 500_000))).accepted()
    assert await refusal(town, cash(wallet, 500_001)) == "top-up-over-limit"
    await town.pay(wallet, store, 100_001, confirmed_by="pin")
    assert (await town.top_up(wallet, 1_500_000)).facts["outcome"] == "credited"
    assert await refusal(town, cash(wallet, 2)) == "balance-over-limit"
    await town.set_clock(NOON + timedelta(days=1))
    # What is there stays and pays; nothing comes to it.
    assert await refusal(town, cash(wallet, 1)) == "balance-over-limit"
    assert (await town.top_up(wallet, 1)).facts["obstacle"] == "balance-over-limit"
    assert await refusal(town, town.payment(wallet, store, 100_001)) == "payment-over-limit"
    await town.pay(wallet, store, 100_000, confirmed_by="pin")
    await verify(town, wallet.person_id, until=TODAY + timedelta(days=1), tier="verified_visitor")
    (await town.submit(cash(wallet, 1))).accepted()
    await verify(town, wallet.person_id, until=None)
    assert await refusal(town, cash(wallet, 1)) == "balance-over-limit"


async def test_each_tier_has_its_own_limits(town: Town, store: Store):
    await town.change_settings(limits=limits("verified_visitor", payment_yen=700))
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    await town.pay(wallet, store, 701)
    await verify(town, wallet.person_id, tier="verified_visitor")
    assert await refusal(town, town.payment(wallet, store, 701)) == "payment-over-limit"
    await verify(town, wallet.person_id)
    await town.pay(wallet, store, 701)


async def test_payments_of_a_day_and_a_month_are_counted_per_person(town: Town, store: Store):
    days = limits(payments_per_day_yen=1_000, payments_per_month_yen=1_500)
    await town.change_settings(limits=days)
    wallet = await town.open_wallet()
    other = await town.open_wallet(wallet.person_id)
    for each in (wallet, other):
        await town.top_up(each, 10_000)
    paid = await town.pay(wallet, store, 600)
    assert paid.facts["counted"] == ["payments.day", "payments.month", "unconfirmed.day"]
    with pytest.raises(Problem) as refused:
        await town.pay(other, store, 401)
    assert refused.value.facts == {"limit_yen": 1_000, "used_yen": 600}
    assert await refusal(town, town.payment(other, store, 401)) == "payments-over-day-limit"
    await town.pay(other, store, 400)
    await town.set_clock(NOON + timedelta(days=1))
    assert await refusal(town, town.payment(wallet, store, 501)) == "payments-over-month-limit"
    last = await town.pay(wallet, store, 500)
    assert await used(town, wallet.person_id) == {
        ("payments.day", TODAY): 1_000,
        ("payments.day", TODAY + timedelta(days=1)): 500,
        ("payments.month", date(2027, 1, 1)): 1_500,
    }
    # A refund opens the periods of its payment, and no other.
    await town.refund(paid.entry_id, store, 200)
    await town.void(last.entry_id, store)
    assert await used(town, wallet.person_id) == {
        ("payments.day", TODAY): 800,
        ("payments.day", TODAY + timedelta(days=1)): 0,
        ("payments.month", date(2027, 1, 1)): 800,
    }
    await town.set_clock(datetime(2027, 1, 31, 15, tzinfo=UTC))  # midnight in Japan
    await town.pay(wallet, store, 1_000)
    await town.refund(paid.entry_id, store)
    assert (await used(town, wallet.person_id))["payments.month", date(2027, 1, 1)] == 400


async def test_without_a_limit_nothing_is_counted_and_nothing_is_given_back(
    town: Town, store: Store
):
    wallet = await town.open_wallet()
    await town.top_up(wallet, 10_000)
    before = await town.pay(wallet, store, 900)
    assert before.facts["counted"] == ["unconfirmed.day"]
    assert await used(town, wallet.person_id) == {}
    await town.change_settings(limits=limits(payments_per_day_yen=1_000))
    await town.pay(wallet, store, 1_000)
    await town.refund(before.entry_id, store)
    assert await used(town, wallet.person_id) == {("payments.day", TODAY): 1_000}
    await town.change_settings(limits=limits(payments_per_day_yen=0))
    assert await refusal(town, town.payment(wallet, store, 1)) == "payments-over-day-limit"


async def test_top_ups_of_a_day_are_counted_and_a_providers_wait_in_suspense(
    town: Town, store: Store
):
    await town.change_settings(
        limits=limits(top_ups_per_day_yen=1_000, top_ups_per_month_yen=1_200)
    )
    wallet = await town.open_wallet()
    first = await town.top_up(wallet, 700)
    held = await town.top_up(wallet, 301)
    assert (held.facts["outcome"], held.facts["obstacle"]) == ("suspense", "top-ups-over-day-limit")
    assert await refusal(town, cash(wallet, 301)) == "top-ups-over-day-limit"
    place = PlaceSuspense(
        entry_id=new_id(), actor=ADMIN, item_id=held.entry_id, wallet_id=wallet.wallet_id,
        reason="test",
    )  # fmt: skip
    assert await refusal(town, place) == "top-ups-over-day-limit"
    reverse = ReverseTopUp(
        entry_id=new_id(), actor=ADMIN, top_up_id=first.entry_id, reason="stolen card"
    )
    (await town.submit(reverse)).accepted()
    await town.change_wallet(wallet, "open")
    assert set((await used(town, wallet.person_id)).values()) == {0}
    again = PlaceSuspense(
        entry_id=new_id(), actor=ADMIN, item_id=held.entry_id, wallet_id=wallet.wallet_id,
        reason="test",
    )  # fmt: skip
    placed = (await town.submit(again)).accepted()
    assert placed.facts["counted"] == ["top_ups.day", "top_ups.month"]
    await town.set_clock(NOON + timedelta(days=1))
    assert await refusal(town, cash(wallet, 900)) == "top-ups-over-month-limit"
    (await town.submit(cash(wallet, 899))).accepted()
    back = ReverseTopUp(
        entry_id=new_id(), actor=ADMIN, top_up_id=held.entry_id, reason="stolen card"
    )
    (await town.submit(back)).accepted()
    assert await used(town, wallet.person_id) == {
        ("top_ups.day", TODAY): 0,
        ("top_ups.day", TODAY + timedelta(days=1)): 899,
        ("top_ups.month", date(2027, 1, 1)): 899,
    }


async def test_the_balance_is_the_persons_over_all_wallets(town: Town, store: Store):
    first = await town.open_wallet()
    await town.top_up(first, 90_000)
    second = await town.open_wallet(first.person_id)
    (await town.submit(cash(second, 10_000))).accepted()
    assert await refusal(town, cash(second, 1)) == "balance-over-limit"
    assert (await town.top_up(first, 1)).facts["obstacle"] == "balance-over-limit"
    await town.pay(first, store, 5)
    (await town.submit(cash(second, 5))).accepted()
    assert await refusal(town, cash(first, 1)) == "balance-over-limit"


async def test_many_top_ups_at_once_over_several_wallets_keep_the_limits(town: Town, store: Store):
    await town.change_settings(limits=limits(balance_yen=1_000, top_ups_per_day_yen=800))
    first = await town.open_wallet()
    wallets = [first, *[await town.open_wallet(first.person_id) for _ in range(3)]]
    tries = [town.submit(cash(wallets[n % 4], 100)) for n in range(40)]
    taken = [got for got in await asyncio.gather(*tries) if got.entry.refusal is None]
    assert len(taken) == 8
    assert await used(town, first.person_id) == {("top_ups.day", TODAY): 800}


async def test_a_wallet_opened_in_the_batch_before_has_its_persons_tier_counters_and_coin(
    town: Town, store: Store
):
    await town.change_settings(limits=limits(balance_yen=1_000, top_ups_per_day_yen=950))
    region_id = town.region.region_id
    first = await town.open_wallet()
    seen = await town.open_wallet()
    await verify(town, seen.person_id)
    for wallet in (first, seen):
        await town.top_up(wallet, 900)
    opened = [Wallet(new_id(), each.person_id) for each in (first, seen)]
    openings = [
        OpenWallet(entry_id=each.wallet_id, actor=each.actor, person_id=each.person_id)
        for each in opened
    ]
    line = await town.database.connect_region(region_id)
    try:
        before = await decide_ahead(line, region_id, openings, prepare, None)
        assert before is not None
        assert before.can_be_followed
        wished = [
            cash(opened[0], 51),
            cash(opened[0], 50),
            cash(opened[0], 50),
            cash(opened[1], 101),
        ]
        after = await decide_ahead(line, region_id, wished, prepare, before)
        assert after is not None
        for decided in (before, after):
            await write(line, decided.told)
    finally:
        await line.close()
    refusals = [got.entry.refusal for got in after.outcomes if isinstance(got, Receipt)]
    assert refusals == ["top-ups-over-day-limit", None, "top-ups-over-day-limit", None]
    together = Wallet(new_id(), first.person_id)
    opening = OpenWallet(
        entry_id=together.wallet_id, actor=together.actor, person_id=together.person_id
    )
    await town.change_settings(limits=limits(balance_yen=1_000))
    _, refused = await asyncio.gather(town.submit(opening), town.submit(cash(together, 51)))
    assert refused.entry.refusal == "balance-over-limit"
