"""Tampering with superuser SQL is found wherever it is done, with the place."""

import re
from collections.abc import AsyncIterator
from random import Random

import asyncpg
import pytest

from core.database import Connection
from seals.chain import header_of
from seals.check_proof import block_hash, key_id
from seals.keys import SealKeys
from seals.leaf import digests_of, leaf_of, parts_of
from seals.read import read_entries, read_region
from seals.seal import hint_of
from seals.verify import ChainVerdict, verify_chain
from seals.verify import _hints as verify_hints
from tests.seals.columns import ACCOUNT, BLOCK, ENTRY, HOLDER, POSTING, REGION
from tests.seals.sealed_town import live, sealed
from tests.seals.tampering import Saboteur, Tampering
from tests.sizes import TAMPERED
from tests.town_builder import Town

AT_ONCE = 8
"""Places in distinct blocks that are tampered with before one verification."""

UNCHECKED = """
    DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
                    WHERE contype = 'c' AND conparentid = 0 AND conislocal
                      AND connamespace::regnamespace::text IN ('ledger', 'seals', 'campaigns')
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.name, one.conname); END LOOP;
    END $$
"""


@pytest.fixture
async def keys(town: Town) -> SealKeys:
    """The keys of a town whose whole history is sealed."""
    await live(town, rounds=14)
    keys = await sealed(town)
    await town.database.close()
    return keys


@pytest.fixture
async def superuser(town: Town, keys: SealKeys) -> AsyncIterator[Connection]:
    """Somebody who goes past every guard: no triggers, no foreign keys, no checks."""
    connection = await asyncpg.connect(town.place.superuser_url)
    await connection.execute(UNCHECKED)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        "INSERT INTO seals.publication SELECT region_id,"
        " (sealed_at AT TIME ZONE 'Asia/Tokyo')::date, number, sealed_at FROM seals.block"
        " ORDER BY number DESC LIMIT 1"
    )
    yield connection
    await connection.close()


async def verdict_of(connection: Connection, town: Town, keys: SealKeys) -> ChainVerdict:
    known = {key_id(public): public for public in keys.public}
    region_id = town.region.region_id
    return await verify_chain(connection, region_id, known, most_faults=100_000)


def is_found(tampering: Tampering, verdict: ChainVerdict) -> bool:
    words = [re.compile(re.escape(word) + r"(?!\d)") for word in tampering.place]
    return any(all(word.search(fault.place) for word in words) for fault in verdict.faults)


async def test_a_history_that_nobody_touched_is_sound(
    town: Town, keys: SealKeys, superuser: Connection
):
    async with superuser.transaction():
        verdict = await verdict_of(superuser, town, keys)
    assert verdict.faults == []
    assert verdict.sealed > 100
    assert verdict.blocks == -(-verdict.sealed // 4)
    assert (verdict.unsealed, verdict.erased) == (0, 0)


async def test_tampering_at_random_places_is_found_with_the_place(
    town: Town, keys: SealKeys, superuser: Connection
):
    rng = Random(TAMPERED)
    saboteur = Saboteur(superuser, town.region.region_id, rng)
    blocks = await superuser.fetchval("SELECT count(*) FROM seals.block")
    done, missed = 0, []
    while done < TAMPERED:
        chosen = [await saboteur.tamperings(b) for b in rng.sample(range(2, blocks + 1), AT_ONCE)]
        alone = [[each] for each in chosen if each.is_far_reaching]
        for group in [*alone, [each for each in chosen if not each.is_far_reaching]]:
            trial = superuser.transaction()
            await trial.start()
            for each in group:
                assert await superuser.execute(each.statement) not in {"UPDATE 0", "DELETE 0"}
            verdict = await verdict_of(superuser, town, keys)
            missed += [(each, verdict.faults) for each in group if not is_found(each, verdict)]
            await trial.rollback()
            done += len(group)
    assert missed == []


async def test_a_change_of_each_column_that_is_sealed_is_found(
    town: Town, keys: SealKeys, superuser: Connection
):
    saboteur = Saboteur(superuser, town.region.region_id, Random(1))
    row = await superuser.fetchrow(
        "SELECT e.entry_id, e.seq, e.holder_id, p.account_no, b.number FROM ledger.entry e"
        " JOIN ledger.posting p USING (region_id, entry_id)"
        " JOIN seals.block b ON e.seq BETWEEN b.first_seq AND b.last_seq"
        " WHERE e.kind = 'refund' AND p.line = 1 ORDER BY e.seq DESC LIMIT 1"
    )
    assert row is not None
    number = f"number {row['seq']}"
    of_entry = f"entry_id = '{row['entry_id']}'"
    targets = [
        ("ledger.entry", ENTRY, of_entry, number),
        ("ledger.posting", POSTING, f"{of_entry} AND line = 1", number),
        ("ledger.account", ACCOUNT, f"account_no = {row['account_no']}", number),
        ("ledger.holder", HOLDER, f"holder_id = '{row['holder_id']}'", number),
        ("seals.block", BLOCK, f"number = {row['number']}", "block"),
        ("ledger.region", REGION, "region_id = 1", ""),
    ]
    missed = []
    for table, columns, where, place in targets:
        for column in columns:
            trial = superuser.transaction()
            await trial.start()
            await superuser.execute(saboteur._update(table, column, columns, where))
            verdict = await verdict_of(superuser, town, keys)
            await trial.rollback()
            if not is_found(Tampering("", (place,)), verdict):
                missed.append(f"{table}.{column}")
    assert missed == []


async def test_a_leaf_that_is_changed_together_with_its_entry_does_not_fit_its_root(
    town: Town, keys: SealKeys, superuser: Connection
):
    async with superuser.transaction():
        region = await read_region(superuser, 1)
        await superuser.execute("UPDATE ledger.entry SET amount = amount + 1 WHERE seq = 10")
        [entry] = await read_entries(superuser, 1, 10, 10)
        block = await superuser.fetchrow(
            "SELECT b.*, s.salts FROM seals.block b JOIN seals.salt s USING (region_id, number)"
            " WHERE 10 BETWEEN first_seq AND last_seq"
        )
        assert block is not None
        place = 10 - block["first_seq"]
        digests = digests_of(parts_of(region, entry), block["salts"][16 * place : 16 * place + 16])
        old = verify_hints(block["hints"])
        old[place] = hint_of(digests)
        await superuser.execute(
            "UPDATE seals.block SET leaves = overlay(leaves PLACING $2 FROM $3), hints = $4"
            " WHERE number = $1",
            block["number"], leaf_of(digests), 32 * place + 1, b"".join(old),
        )  # fmt: skip
        verdict = await verdict_of(superuser, town, keys)
        assert [fault.check for fault in verdict.faults] == ["the leaves of a block have its root"]


async def test_a_link_to_an_earlier_block_holds_even_where_the_key_was_stolen(
    town: Town, keys: SealKeys, superuser: Connection
):
    last = await superuser.fetchrow("SELECT * FROM seals.block ORDER BY number DESC LIMIT 1")
    assert last is not None
    for link in ("skip", "previous"):
        forged = {**last, link: bytes([7] * 32)}
        named = block_hash(header_of("setagaya", forged))
        trial = superuser.transaction()
        await trial.start()
        await superuser.execute(
            f"UPDATE seals.block SET {link} = $2, hash = $3, signature = $4 WHERE number = $1",
            last["number"], forged[link], named, keys.sign(named),
        )  # fmt: skip
        verdict = await verdict_of(superuser, town, keys)
        await trial.rollback()
        assert [fault.check for fault in verdict.faults] == ["a block names the one before it"]
