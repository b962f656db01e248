"""The journal can be searched by everything that it is asked for, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import Problem
from ledger.books import Entry
from ledger.search import Wanted, postings_of, search
from tests.town_builder import ADMIN, Town

NOON = datetime(2027, 3, 30, 3, 0, tzinfo=UTC)


async def found(
    town: Town, before_seq: int | None = None, limit: int = 200, **wanted: Any
) -> list[Entry]:
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        return await search(session, region_id, Wanted(**wanted), before_seq, limit)


async def ids(town: Town, **wanted: Any) -> list[UUID]:
    return [entry.entry_id for entry in await found(town, **wanted)]


async def test_every_filter_finds_its_entries(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    topped_up = await town.top_up(wallet, 10_000)
    paid = await town.pay(wallet, store, 3_000)
    refunded = await town.refund(paid.entry_id, store, 1_000)
    refused = await town.submit(town.payment(wallet, store, 50_000))
    broke = refused.entry.entry_id
    assert refused.entry.refusal == "insufficient-funds"

    assert await ids(town, kind="payment") == [broke, paid.entry_id]
    assert await ids(town, kind="payment", is_refused=False) == [paid.entry_id]
    assert await ids(town, is_refused=True) == [broke]
    assert await ids(town, refers_to=paid.entry_id) == [refunded.entry_id]
    assert await ids(town, actor="provider:hinode-bank") == [topped_up.entry_id]
    assert set(await ids(town, actor=ADMIN)) & {paid.entry_id, topped_up.entry_id} == set()
    assert await ids(town, min_yen=1_000, max_yen=3_000) == [refunded.entry_id, paid.entry_id]
    assert await ids(town, kind="payment", min_yen=3_001) == [broke]
    assert await ids(town, holder_id=uuid4()) == []


async def test_a_holder_is_found_on_either_end(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    other = await town.open_wallet()
    await town.top_up(other, 500)
    topped_up = await town.top_up(wallet, 10_000)
    paid = await town.pay(wallet, store, 3_000)
    at_wallet = [paid.entry_id, topped_up.entry_id, wallet.wallet_id]
    assert await ids(town, holder_id=wallet.wallet_id) == at_wallet
    assert await ids(town, holder_id=store.store_id) == [paid.entry_id, store.store_id]
    assert await ids(town, holder_id=wallet.wallet_id, kind="top_up") == [topped_up.entry_id]
    first, *_ = await found(town, holder_id=wallet.wallet_id, limit=1)
    assert first.entry_id == paid.entry_id
    following = await found(town, before_seq=first.seq, limit=1, holder_id=wallet.wallet_id)
    assert [entry.entry_id for entry in following] == [topped_up.entry_id]


async def test_days_and_instants_are_inclusive(town: Town):
    made: list[Entry] = []
    wallet = await town.open_wallet()
    for days in range(3):
        await town.set_clock(NOON + timedelta(days=days))
        made.append(await town.top_up_in_cash(wallet, 1_000 + days))
    first, middle, last = made
    day = middle.business_date
    assert await ids(town, begins=day, ends=day) == [middle.entry_id]
    assert await ids(town, begins=day) == [last.entry_id, middle.entry_id]
    assert await ids(town, kind="top_up", ends=day) == [middle.entry_id, first.entry_id]
    assert await ids(town, begins=middle.at, ends=middle.at) == [middle.entry_id]
    a_moment = timedelta(microseconds=1)
    assert await ids(town, begins=middle.at + a_moment) == [last.entry_id]
    assert await ids(town, begins=middle.at, ends=last.at - a_moment) == [middle.entry_id]
    assert await ids(town, begins=day + timedelta(days=9)) == []
    assert await ids(town, begins=day, ends=day - timedelta(days=1)) == []


async def test_pages_hold_every_entry_once(town: Town):
    for _ in range(7):
        await town.open_wallet()
    everything = [entry.seq for entry in await found(town)]
    assert everything == sorted(everything, reverse=True)
    paged: list[int] = []
    before: int | None = None
    while page := await found(town, before_seq=before, limit=3):
        paged += [entry.seq for entry in page]
        before = paged[-1]
        await town.open_wallet()  # what comes meanwhile shifts nothing
    assert paged == everything


async def test_an_entry_opens_with_its_postings(town: Town):
    await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    paid = await town.pay(wallet, store, 1_000)
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        lines = await postings_of(session, region_id, paid.entry_id)
        assert await postings_of(session, region_id, wallet.wallet_id) == []
    told = [(line.account_kind, line.is_debit, line.amount) for line in lines]
    assert told == [
        ("coin", True, 1_000),
        ("payable", False, 1_000),
        ("budget", True, 350),
        ("points", False, 300),
        ("cashback", False, 50),
    ]
    coin = lines[0]
    assert (coin.holder_id, coin.balance_after, coin.version) == (wallet.wallet_id, 9_000, 2)
    assert [line.line for line in lines] == [1, 2, 3, 4, 5]


async def test_another_regions_entries_are_not_found(town: Town, second_town: Town):
    wallet = await town.open_wallet()
    topped_up = await town.top_up(wallet, 500)
    assert await ids(second_town, holder_id=wallet.wallet_id) == []
    region_id = second_town.region.region_id
    async with second_town.database.snapshot(region_id) as session:
        assert await postings_of(session, region_id, topped_up.entry_id) == []
    with pytest.raises(Problem):
        await second_town.top_up_in_cash(wallet, 500)
