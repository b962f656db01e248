"""A bill is paid whole, in time, and once, however many scan it at once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import Problem
from merchants.qr import Bill
from tests.payments.refusals import refusal
from tests.town_builder import Store, Town, Wallet, new_id

NOON = datetime(2030, 1, 15, 3, 0, tzinfo=UTC)


@pytest.fixture
async def store(town: Town) -> Store:
    """A shop."""
    await town.set_clock(NOON)
    return await town.open_store()


@pytest.fixture
async def wallet(town: Town, store: Store) -> Wallet:
    """Somebody with ¥10,000."""
    made = await town.open_wallet()
    await town.top_up(made, 10_000)
    return made


def a_bill(yen: int = 498, lasts: timedelta = timedelta(minutes=10)) -> Bill:
    return Bill(new_id(), yen, "Q7F3K2", NOON + lasts)


async def test_a_bill_is_paid_and_the_entry_says_which(town: Town, wallet: Wallet, store: Store):
    bill = a_bill()
    entry = await town.pay(wallet, store, 498, bill=bill, terminal="TILL-1")
    assert entry.facts["bill_id"] == str(bill.bill_id)
    assert (entry.facts["reference"], entry.facts["terminal"]) == ("Q7F3K2", "TILL-1")
    assert await town.balances(store.merchant_id) == {"payable": 498}


async def test_it_is_paid_once_also_after_it_was_given_back(
    town: Town, wallet: Wallet, store: Store
):
    bill = a_bill()
    command = town.payment(wallet, store, 498, bill=bill)
    paid = (await town.submit(command)).accepted()
    assert (await town.submit(command)).is_replay
    assert await refusal(town, town.payment(wallet, store, 498, bill=bill)) == "bill-paid"
    await town.refund(paid.entry_id, store)
    assert await refusal(town, town.payment(wallet, store, 498, bill=bill)) == "bill-paid"


async def test_of_many_who_scan_it_at_once_one_pays(town: Town, wallet: Wallet, store: Store):
    bill = a_bill()
    receipts = await asyncio.gather(
        *(town.submit(town.payment(wallet, store, 498, bill=bill)) for _ in range(40))
    )
    told = Counter(receipt.entry.refusal for receipt in receipts)
    assert told == {None: 1, "bill-paid": 39}
    assert await town.balances(store.merchant_id) == {"payable": 498}


async def test_another_amount_is_malformed_and_leaves_nothing(
    town: Town, wallet: Wallet, store: Store
):
    command = town.payment(wallet, store, 499, bill=a_bill())
    with pytest.raises(Problem) as refused:
        await town.submit(command)
    assert (refused.value.type.slug, refused.value.type.status) == ("bill-differs", 422)
    assert refused.value.facts == {"bill_yen": 498}
    assert (
        await town.rows("SELECT 1 FROM ledger.entry WHERE entry_id = :id", id=command.entry_id)
        == []
    )


async def test_its_last_moment_is_not_paid_any_more(town: Town, wallet: Wallet, store: Store):
    bill = a_bill(lasts=timedelta(seconds=60))
    await town.set_clock(NOON + timedelta(seconds=60))
    assert await refusal(town, town.payment(wallet, store, 498, bill=bill)) == "bill-over"
    await town.pay(wallet, store, 498, bill=a_bill(lasts=timedelta(minutes=2)))


async def test_two_references_that_are_called_alike_are_two_bills(
    town: Town, wallet: Wallet, store: Store
):
    for _ in range(2):
        await town.pay(wallet, store, 498, bill=a_bill())
    assert await town.balances(store.merchant_id) == {"payable": 996}
