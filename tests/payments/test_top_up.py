"""Top-ups: a provider's money is never refused, the counter's is refused over the limits."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from core.errors import Problem
from core.ids import NIL
from payments.top_up import CounterTopUp, ProviderTopUp
from tests.payments.refusals import refusal
from tests.town_builder import ADMIN, Town, new_id


def told_by_provider(wallet: str, yen: int) -> ProviderTopUp:
    return ProviderTopUp(
        entry_id=new_id(),
        actor="provider:hinode-bank",
        provider="hinode-bank",
        reference=str(uuid4()),
        wallet=wallet,
        amount_yen=yen,
    )


def in_cash(wallet_id: UUID, yen: int) -> CounterTopUp:
    return CounterTopUp(entry_id=new_id(), actor=ADMIN, wallet_id=wallet_id, amount_yen=yen)


async def test_a_top_up_becomes_coin(town: Town):
    wallet = await town.open_wallet()
    entry = await town.top_up(wallet, 30_000)
    assert entry.facts["outcome"] == "credited"
    assert await town.balances(wallet.wallet_id) == {"coin": 30_000}
    assert await town.balances(NIL) == {"provider_receivable": 30_000}


async def test_coin_expires_at_a_months_end_so_lots_stay_few(town: Town):
    await town.set_clock(datetime(2028, 1, 31, 12, tzinfo=UTC))
    await town.change_settings(coin_months=1)
    wallet = await town.open_wallet()
    first, second = await town.top_up(wallet, 100), await town.top_up(wallet, 200)
    assert first.facts["expires_on"] == second.facts["expires_on"] == "2028-02-29"
    rows = await town.rows("SELECT expires_on, balance FROM ledger.account WHERE kind = 'coin'")
    assert [tuple(row) for row in rows] == [(date(2028, 2, 29), 300)]


async def test_money_for_a_wallet_that_nobody_knows_goes_to_suspense(town: Town):
    sent = [str(uuid4()), str(NIL), "", "no id", "0", "財布", "\0", "a\0b", "{", "x" * 100]
    for wallet in sent:
        entry = (await town.submit(told_by_provider(wallet, 700))).accepted()
        assert entry.facts["outcome"] == "suspense"
        assert entry.facts["obstacle"] == "wallet-unknown"
        assert entry.holder_id is None
    suspended = len(sent) * 700
    assert await town.balances(NIL) == {"provider_receivable": suspended, "suspense": suspended}


async def test_a_store_is_no_wallet(town: Town):
    store = await town.open_store()
    entry = (await town.submit(told_by_provider(str(store.store_id), 700))).accepted()
    assert entry.facts["obstacle"] == "wallet-unknown"


async def test_money_for_a_frozen_wallet_goes_to_suspense(town: Town):
    wallet = await town.open_wallet()
    await town.change_wallet(wallet, "frozen")
    entry = await town.top_up(wallet, 700)
    assert entry.facts["obstacle"] == "wallet-frozen"
    assert await town.balances(wallet.wallet_id) == {}


async def test_money_over_the_balance_limit_goes_to_suspense_whole(town: Town):
    wallet = await town.open_wallet()
    await town.top_up(wallet, 99_999)
    assert (await town.top_up(wallet, 1)).facts["outcome"] == "credited"
    entry = await town.top_up(wallet, 1)
    assert entry.facts["obstacle"] == "balance-over-limit"
    assert await town.balances(NIL) == {"provider_receivable": 100_001, "suspense": 1}


async def test_points_do_not_count_for_the_balance_limit(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 100_000)
    await town.pay(wallet, store, 1_000)
    assert (await town.top_up(wallet, 1_000)).facts["outcome"] == "credited"


async def test_a_top_up_that_is_told_twice_counts_once(town: Town):
    wallet = await town.open_wallet()
    command = told_by_provider(str(wallet.wallet_id), 700)
    first, again = await town.submit(command), await town.submit(command)
    assert (first.entry, again.is_replay) == (again.entry, True)
    assert await town.balances(wallet.wallet_id) == {"coin": 700}


async def test_a_reference_that_is_told_under_another_date_counts_once(town: Town):
    wallet = await town.open_wallet()
    command = told_by_provider(str(wallet.wallet_id), 700)
    (await town.submit(command)).accepted()
    assert await refusal(town, replace(command, entry_id=new_id())) == "top-up-known"
    (await town.submit(replace(command, entry_id=new_id(), provider="other-bank"))).accepted()
    assert await town.balances(wallet.wallet_id) == {"coin": 1_400}


async def test_two_at_once_never_pass_the_limit(town: Town):
    wallet = await town.open_wallet()
    entries = await asyncio.gather(*(town.top_up(wallet, 60_000) for _ in range(5)))
    assert sorted(entry.facts["outcome"] for entry in entries) == ["credited"] + ["suspense"] * 4


async def test_cash_at_the_counter_becomes_coin(town: Town):
    wallet = await town.open_wallet()
    entry = await town.top_up_in_cash(wallet, 5_000)
    assert (entry.holder_id, entry.amount) == (wallet.wallet_id, 5_000)
    assert await town.balances(wallet.wallet_id) == {"coin": 5_000}
    assert await town.balances(NIL) == {"cash": 5_000}


async def test_the_counter_is_refused(town: Town):
    wallet = await town.open_wallet()
    assert await refusal(town, in_cash(wallet.wallet_id, 50_001)) == "top-up-over-limit"
    await town.top_up_in_cash(wallet, 50_000)
    await town.top_up_in_cash(wallet, 49_999)
    assert await refusal(town, in_cash(wallet.wallet_id, 2)) == "balance-over-limit"
    await town.top_up_in_cash(wallet, 1)
    await town.change_wallet(wallet, "frozen")
    assert await refusal(town, in_cash(wallet.wallet_id, 1)) == "wallet-frozen"
    with pytest.raises(Problem) as unknown:
        await town.submit(in_cash(uuid4(), 1))
    assert unknown.value.type.slug == "wallet-unknown"


async def test_cash_counts_once_and_two_at_once_never_pass_the_limit(town: Town):
    wallet = await town.open_wallet()
    command = in_cash(wallet.wallet_id, 40_000)
    same = [command] * 3 + [replace(command, entry_id=new_id()) for _ in range(4)]
    receipts = await asyncio.gather(*map(town.submit, same))
    accepted = {r.entry.entry_id for r in receipts if r.entry.refusal is None}
    assert len(accepted) == 2
    assert command.entry_id in accepted
    assert await town.balances(wallet.wallet_id) == {"coin": 80_000}


async def test_an_amount_that_the_api_would_not_let_through_moves_nothing(town: Town):
    wallet = await town.open_wallet()
    await town.top_up(wallet, 1)
    query = "SELECT sum(balance), sum(version) FROM ledger.account"
    before = await town.rows(query)
    for yen in (0, -1, 2**53 - 1, 2**53, 2**63 - 1, 2**63):
        with pytest.raises(Exception):  # noqa: B017, PT011  any failure will do, but no entry
            (await town.submit(in_cash(wallet.wallet_id, yen))).accepted()
        assert await town.rows(query) == before
