"""Sealing: everything committed gets into a chain of blocks, once, whoever seals and dies."""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from core.database import Database, bare
from seals.chain import NOTHING, header_of
from seals.check_proof import block_hash, canonical, skipped_to
from seals.keys import SealKeys, new_seal_keys
from seals.leaf import parts_of
from seals.read import read_entries, read_region
from seals.seal import ForeignBlockError, JournalBrokenError, register_keys, seal
from tests.seals.sealed_town import live, sealed
from tests.town_builder import Town


@pytest.fixture
async def keys(town: Town, sealing_database: Database) -> SealKeys:
    """Keys that are known to the database."""
    keys = new_seal_keys()
    await register_keys(sealing_database, keys)
    return keys


async def blocks(town: Town) -> list[Any]:
    return await town.rows("SELECT * FROM seals.block ORDER BY number")


async def some_history(town: Town) -> int:
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 5_000)
    payment = await town.pay(wallet, store, 1_000)
    refund = await town.refund(payment.entry_id, store, 400)
    return refund.seq


async def test_everything_committed_is_sealed_once(
    town: Town, sealing_database: Database, keys: SealKeys
):
    newest = await some_history(town)
    assert await seal(sealing_database, town.region.region_id, keys) == newest
    assert await seal(sealing_database, town.region.region_id, keys) == 0
    [block] = await blocks(town)
    assert (block.number, block.first_seq, block.last_seq) == (1, 1, newest)
    assert (block.previous, block.skip) == (NOTHING, NOTHING)
    assert block.hash == block_hash(header_of("setagaya", block._mapping))


async def test_blocks_are_bounded_and_name_the_ones_before(
    town: Town, sealing_database: Database, keys: SealKeys
):
    newest = await some_history(town)
    assert await seal(sealing_database, town.region.region_id, keys, largest=2) == newest
    chain = {block.number: block for block in await blocks(town)}
    assert len(chain) == (newest + 1) // 2
    for before, after in pairwise(chain.values()):
        assert after.previous == before.hash
        assert after.first_seq == before.last_seq + 1
        skipped = chain.get(skipped_to(after.number))
        assert after.skip == (skipped.hash if skipped else NOTHING)


async def test_two_sealers_at_once_seal_each_entry_once(
    town: Town, sealing_database: Database, keys: SealKeys
):
    newest = await some_history(town)
    region_id = town.region.region_id
    both = [seal(sealing_database, region_id, keys, largest=1) for _ in range(4)]
    await asyncio.gather(*both)
    await seal(sealing_database, region_id, keys, largest=1)
    assert [block.last_seq for block in await blocks(town)] == list(range(1, newest + 1))


async def test_a_sealer_that_is_killed_leaves_whole_blocks(
    town: Town, sealing_database: Database, keys: SealKeys
):
    newest = await some_history(town)
    for _ in range(newest):
        killed = asyncio.create_task(seal(sealing_database, town.region.region_id, keys, largest=1))
        await asyncio.sleep(0.004)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
    await seal(sealing_database, town.region.region_id, keys, largest=1)
    assert [block.last_seq for block in await blocks(town)] == list(range(1, newest + 1))


async def test_a_journal_with_a_gap_is_not_sealed(
    town: Town, sealing_database: Database, keys: SealKeys
):
    await some_history(town)
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("DELETE FROM ledger.entry WHERE seq = 3")
    await superuser.close()
    with pytest.raises(JournalBrokenError):
        await seal(sealing_database, town.region.region_id, keys)
    assert await blocks(town) == []


async def test_nothing_is_built_on_a_block_whose_signature_is_false(
    town: Town, sealing_database: Database, keys: SealKeys
):
    await some_history(town)
    region_id = town.region.region_id
    await seal(sealing_database, region_id, keys)
    await town.open_wallet()
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE seals.block SET signature = $1", keys.sign(b"another block"))
    await superuser.close()
    with pytest.raises(ForeignBlockError, match="block 1 is not signed with key"):
        await seal(sealing_database, region_id, keys)
    assert len(await blocks(town)) == 1


async def test_the_applications_login_cannot_keep_sealing_from_its_turn(
    town: Town, sealing_database: Database, keys: SealKeys
):
    region_id = town.region.region_id
    await some_history(town)
    await seal(sealing_database, region_id, keys, largest=2)
    await some_history(town)
    application = await town.database.connect_region(region_id)
    async with application.transaction():
        await application.execute(
            "SELECT pg_advisory_xact_lock(hashtext('meguri.seals'), $1)", region_id
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with application.transaction():
                await application.execute("SELECT FROM seals.turn FOR UPDATE")
        assert await seal(sealing_database, region_id, keys) > 0
    await application.close()


async def test_sealing_waits_for_no_payment_and_no_payment_waits_for_it(
    town: Town, sealing_database: Database, keys: SealKeys
):
    await some_history(town)
    wallet = await town.open_wallet()
    holds = await asyncpg.connect(town.place.superuser_url)
    async with holds.transaction():
        await holds.execute("SELECT * FROM ledger.head FOR UPDATE")
        assert await seal(sealing_database, town.region.region_id, keys) > 0
    async with holds.transaction():
        await holds.execute("LOCK seals.block, seals.salt IN ACCESS EXCLUSIVE MODE")
        await town.top_up(wallet, 100)
    await holds.close()


async def test_the_keys_name_is_the_one_that_the_database_computes(town: Town, keys: SealKeys):
    [row] = await town.rows("SELECT key_id, public FROM seals.key")
    assert row.key_id == keys.key_id == hashlib.sha256(row.public).hexdigest()[:16]


async def test_postgresql_and_python_skip_to_the_same_blocks(town: Town):
    superuser = await asyncpg.connect(town.place.superuser_url)
    rows = await superuser.fetch(
        "SELECT n, seals.skipped_to(n) AS skipped FROM generate_series(1, 3000) n"
    )
    await superuser.close()
    assert [row["skipped"] for row in rows] == [skipped_to(row["n"]) for row in rows]


async def test_what_is_sealed_in_plain_is_codes_dates_ids_and_names_of_campaigns(town: Town):
    await live(town)
    await sealed(town)
    code = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
    async with town.database.snapshot(town.region.region_id) as session:
        connection = await bare(session)
        region = await read_region(connection, town.region.region_id)
        entries = await read_entries(connection, town.region.region_id, 1, 1000)
    kinds = {entry["kind"] for entry in entries}
    assert len(kinds) >= 12
    for entry in entries:
        for part in parts_of(region, entry):
            assert canonical([part.name, part.value]) == part.content
            if part.name in {"facts", "office facts"} or "grant" in part.name:
                assert [text for text in texts_in(part.value) if not code.fullmatch(text)] == []


def texts_in(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner, name)
    elif isinstance(value, str) and name != "name":
        yield value
