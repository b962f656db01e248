"""Refund in parts: in the end it is what one refund comes to, and later parts settle debts."""

import asyncio

import pytest

from ledger.books import Entry
from tests.payments.test_refund import paid
from tests.rules_page import number_of, table_under
from tests.town_builder import Store, Town

WORKED_EXAMPLE = "| what remains | 30 %, rounded down | kept | taken back so far |"


def taken(refunds: list[Entry]) -> int:
    """The points that they took back together."""
    return sum(back["points"] for refund in refunds for back in refund.facts["clawed_back"])


async def refund_all(town: Town, payment: Entry, store: Store, parts: list[int]) -> list[Entry]:
    """Refund so many yen each, all at once."""
    wishes = [town.refund_of(payment.entry_id, store, yen) for yen in parts]
    return [receipt.accepted() for receipt in await asyncio.gather(*map(town.submit, wishes))]


async def test_the_worked_example_of_the_rules_comes_out_as_it_says(town: Town):
    wallet, store, _, payment = await paid(town, 1_000, per_payment_points=280, cashback_bp=0)
    taken_so_far, remained = 0, 1_000
    for cells in table_under(WORKED_EXAMPLE):
        remains, _, kept, back = map(number_of, cells)
        if remains < remained:
            refund = await town.refund(payment.entry_id, store, remained - remains)
            taken_so_far += taken([refund])
        assert taken_so_far == back
        assert (await town.balances(wallet.wallet_id)).get("points", 0) == kept
        remained = remains


@pytest.mark.parametrize(("paid_yen", "cap", "granted"), [(999, 3_000, 299), (1_000, 280, 280)])
async def test_refunds_of_one_yen_take_back_what_one_refund_does(
    town: Town, paid_yen: int, cap: int, granted: int
):
    """999 of them at once: with 30 % of each, rounded down, they would take nothing."""
    wallet, store, _, payment = await paid(town, paid_yen, per_payment_points=cap, cashback_bp=0)
    refunds = await refund_all(town, payment, store, [1] * 999)
    assert taken(refunds) == granted
    assert "points" not in await town.balances(wallet.wallet_id)
    assert max(refund.facts["refunded_yen"] for refund in refunds) == 999


async def test_points_that_a_later_part_returns_settle_the_debt_of_an_earlier_one(town: Town):
    wallet, other, store = (
        await town.open_wallet(),
        await town.open_wallet(),
        await town.open_store(),
    )
    campaign_id = await town.live_campaign(cashback_bp=0)
    for payer in (wallet, other):
        await town.top_up(payer, 10_000)
        await town.pay(payer, store, 1_000)
    whole, split = await town.pay(wallet, store, 1_000), await town.pay(other, store, 1_000)
    for spender in (wallet, other):
        await town.pay(spender, store, 210)  # what 700 coin beside 300 points had brought
    await town.refund(whole.entry_id, store)
    first = await town.refund(split.entry_id, store, 700)
    assert first.facts["clawed_back"][0]["owed_yen"] == 210
    second = await town.refund(split.entry_id, store, 300)
    assert second.facts["points_settled"] == 210
    assert await town.balances(wallet.wallet_id) == {"coin": 9_000, "points": 90}
    assert await town.balances(other.wallet_id) == await town.balances(wallet.wallet_id)
    given = 2 * 300
    assert await town.balances(campaign_id) == {
        "budget": 50_000_000 - given,
        "funder_receivable": 50_000_000,
    }


async def test_a_debt_that_is_settled_asks_nothing_of_its_campaign_any_more(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    ended = await town.live_campaign(cashback_bp=0)
    await town.top_up(wallet, 10_000)
    await town.pay(wallet, store, 1_000)
    undone = await town.pay(wallet, store, 1_000)
    await town.pay(wallet, store, 210)
    for part in (700, 300):  # owes 210, then settles them
        await town.refund(undone.entry_id, store, part)
    await town.change_campaign(ended, "stopped")
    await town.live_campaign(cashback_bp=0)
    later = await town.pay(wallet, store, 1_000)
    assert later.facts["points_settled"] == 0
