"""Opening merchants and stores: row and entry stand together, once, in their region."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from core.errors import Problem
from core.ids import NIL
from ledger.regions import Region
from merchants.merchant import OpenMerchant, OpenStore
from merchants.open import open_many, open_merchant, open_store
from merchants.reads import find_merchant, find_store, stores_of
from payments.prepare import prepare
from tests.town_builder import ADMIN, Town, new_id

MERCHANT_ROWS = "SELECT merchant_id, name FROM merchants.merchant"
STORE_ROWS = "SELECT store_id, name FROM merchants.store"


def a_merchant(merchant_id: UUID | None = None, **more: Any) -> OpenMerchant:
    fields = {"name": "見本食堂", "merchant_class": "small", "category": "food", "area": "north"}
    return OpenMerchant(entry_id=merchant_id or new_id(), actor=ADMIN, **fields | more)


def a_store(merchant_id: UUID, store_id: UUID | None = None, **more: Any) -> OpenStore:
    fields = {"name": "見本食堂 駅前"} | more
    return OpenStore(entry_id=store_id or new_id(), actor=ADMIN, merchant_id=merchant_id, **fields)


async def opened(town: Town, command: OpenMerchant | OpenStore) -> Any:
    verb: Any = open_merchant if isinstance(command, OpenMerchant) else open_store
    return await verb(town.database, town.region.region_id, command, prepare)


async def test_a_merchant_and_its_store_have_entry_and_row(town: Town):
    merchant = a_merchant()
    store = a_store(merchant.entry_id)
    first, second = await opened(town, merchant), await opened(town, store)
    assert (first.accepted().kind, second.accepted().kind) == ("merchant.opened", "store.opened")
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        found = await find_merchant(session, region_id, merchant.entry_id)
        its_store = await find_store(session, region_id, merchant.entry_id, store.entry_id)
    assert found is not None
    assert (found.name, found.merchant_class, found.state) == ("見本食堂", "small", "open")
    assert found.opened_at == first.entry.at
    assert (found.payable_yen, found.cashback_yen, found.owed_yen) == (0, 0, 0)
    assert its_store is not None
    assert (its_store.name, its_store.state) == ("見本食堂 駅前", "open")


async def test_opening_twice_is_opening_once(town: Town):
    merchant = a_merchant()
    first, again = await opened(town, merchant), await opened(town, merchant)
    assert again.is_replay
    assert again.entry == first.entry
    store = a_store(merchant.entry_id)
    await opened(town, store)
    assert (await opened(town, store)).is_replay
    assert await town.rows(MERCHANT_ROWS) == [(merchant.entry_id, merchant.name)]
    assert await town.rows(STORE_ROWS) == [(store.entry_id, store.name)]


async def test_two_at_a_time_open_one(town: Town):
    merchant = a_merchant()
    receipts = await asyncio.gather(*(opened(town, merchant) for _ in range(4)))
    assert sorted(receipt.is_replay for receipt in receipts) == [False, True, True, True]
    assert len(await town.rows(MERCHANT_ROWS)) == 1


async def test_another_command_under_the_id_changes_nothing(town: Town):
    merchant = a_merchant()
    await opened(town, merchant)
    with pytest.raises(Problem, match="id-in-use"):
        await opened(town, a_merchant(merchant.entry_id, name="Another"))
    assert await town.rows(MERCHANT_ROWS) == [(merchant.entry_id, merchant.name)]


async def test_a_taken_id_is_refused_and_leaves_no_row(town: Town):
    command = a_merchant(NIL)  # the issuer has it, and no entry does
    receipt = await opened(town, command)
    assert receipt.entry.refusal == "merchant-id-taken"
    assert (await opened(town, command)).is_replay
    assert await town.rows(MERCHANT_ROWS) == []


async def test_a_store_under_a_taken_id_is_refused_and_leaves_no_row(town: Town):
    merchant = a_merchant()
    await opened(town, merchant)
    receipt = await opened(town, a_store(merchant.entry_id, NIL))
    assert receipt.entry.refusal == "store-id-taken"
    assert await town.rows(STORE_ROWS) == []


async def test_a_store_needs_a_merchant_of_its_region(town: Town, second_town: Town):
    elsewhere = a_merchant()
    await opened(second_town, elsewhere)
    for merchant_id in (new_id(), elsewhere.entry_id):
        with pytest.raises(Problem, match="merchant-unknown"):
            await opened(town, a_store(merchant_id))
    assert await town.rows("SELECT 1 FROM ledger.entry WHERE kind = 'store.opened'") == []


async def test_many_are_opened_in_few_transactions(town: Town):
    merchants = [a_merchant(name=f"Merchant {number}") for number in range(300)]
    stores = [a_store(merchant.entry_id) for merchant in merchants]
    commands: list[OpenMerchant | OpenStore] = [*merchants, *stores]
    region_id = town.region.region_id
    receipts = await open_many(town.database, region_id, commands, prepare)
    assert [receipt.entry.entry_id for receipt in receipts] == [c.entry_id for c in commands]
    assert len(await town.rows(STORE_ROWS)) == 300
    again = await open_many(town.database, region_id, commands, prepare)
    assert all(receipt.is_replay for receipt in again)
    assert len(await town.rows(MERCHANT_ROWS)) == 300


async def test_one_impossible_store_takes_its_chunk_with_it(town: Town):
    commands: list[OpenMerchant | OpenStore] = [a_merchant(), a_store(new_id())]
    with pytest.raises(Problem, match="merchant-unknown"):
        await open_many(town.database, town.region.region_id, commands, prepare)
    assert await town.rows(MERCHANT_ROWS) == []


async def test_stores_are_listed_by_id_and_only_those_asked_for(town: Town, region: Region):
    merchant = a_merchant()
    await opened(town, merchant)
    stores = [a_store(merchant.entry_id, name=f"Store {number}") for number in range(5)]
    await open_many(town.database, region.region_id, stores, prepare)
    ids = sorted(store.entry_id for store in stores)
    async with town.database.snapshot(region.region_id) as session:

        async def listed(among: Any, after: UUID | None, limit: int) -> list[UUID]:
            rows = await stores_of(
                session, region.region_id, merchant.entry_id, among, after, limit
            )
            return [row.store_id for row in rows]

        assert await listed(None, None, 10) == ids
        assert await listed(None, ids[1], 2) == ids[2:4]
        assert await listed(frozenset(ids[3:]), None, 10) == ids[3:]
        assert await listed(frozenset(), None, 10) == []
