"""A tail that was cut off, or written anew, is found against a head that was published."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from payments.verify import verify_books
from seals.check_proof import key_id
from seals.keys import SealKeys
from seals.publish import forgotten_days, heads_in_folder, publish
from seals.seal import seal
from seals.verify import ChainVerdict, verify_sealed
from tests.seals.sealed_town import live, sealed, sealing
from tests.town_builder import Town

ROOT = Path(__file__).parents[2]

CUT = """
    DELETE FROM seals.publication;
    DELETE FROM seals.salt WHERE number > {block};
    DELETE FROM seals.block WHERE number > {block};
    DELETE FROM ledger.entry WHERE seq > {seq};
    DELETE FROM ledger.posting WHERE seq > {seq};
    DELETE FROM ledger.person_facts f WHERE NOT EXISTS (SELECT FROM ledger.entry e
        WHERE e.region_id = f.region_id AND e.entry_id = f.entry_id);
    DELETE FROM ledger.account a WHERE NOT EXISTS (SELECT FROM ledger.posting p
        WHERE p.region_id = a.region_id AND p.account_no = a.account_no);
    UPDATE ledger.account a SET (version, balance) = (SELECT count(*), sum(
        CASE WHEN p.is_debit = (a.class = 'asset') THEN p.amount ELSE -p.amount END)
        FROM ledger.posting p WHERE p.region_id = a.region_id AND p.account_no = a.account_no);
    UPDATE ledger.head h SET seq = {seq}, at = (SELECT max(at) FROM ledger.entry),
        account_no = (SELECT max(account_no) FROM ledger.account);
    DELETE FROM ledger.counter;
    DELETE FROM ledger.holder h WHERE NOT EXISTS (SELECT FROM ledger.entry e
        WHERE h.holder_id IN (e.holder_id, e.other_id, '00000000-0000-0000-0000-000000000000'));
    DELETE FROM merchants.store s WHERE NOT EXISTS (SELECT FROM ledger.holder h
        WHERE h.region_id = s.region_id AND h.holder_id = s.store_id);
    DELETE FROM merchants.merchant m WHERE NOT EXISTS (SELECT FROM ledger.holder h
        WHERE h.region_id = m.region_id AND h.holder_id = m.merchant_id);
"""
"""What a careful forger does: afterwards all books agree with each other again."""


async def cut(town: Town, block: int) -> None:
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    seq = await superuser.fetchval("SELECT last_seq FROM seals.block WHERE number = $1", block)
    await superuser.execute(CUT.format(block=block, seq=seq))
    await superuser.close()


async def verdict_of(town: Town, keys: SealKeys, heads: list[dict[str, Any]]) -> ChainVerdict:
    known = {key_id(public): public for public in keys.public}
    return await verify_sealed(town.database, town.region, known, heads)


@pytest.fixture
async def keys(town: Town, tmp_path: Path) -> SealKeys:
    """The keys of a town whose head was published and kept."""
    await live(town)
    keys = await sealed(town, largest=3)
    async with sealing(town.place) as database:
        await publish(database, town.region, tmp_path)
    return keys


async def test_only_a_published_head_tells_that_the_tail_is_gone(
    town: Town, keys: SealKeys, tmp_path: Path
):
    kept = heads_in_folder(tmp_path, "setagaya")
    assert (await verdict_of(town, keys, kept)).faults == []
    await cut(town, 2)
    assert (await verify_books(town.database, town.region)).is_sound
    assert (await verdict_of(town, keys, [])).faults == []
    [fault] = (await verdict_of(town, keys, kept)).faults
    assert fault.check == "a published head is in the chain"
    assert fault.place.endswith("is not there: the chain ends at block 2")


async def test_a_publication_that_was_taken_out_is_told_by_the_folder(
    town: Town, keys: SealKeys, tmp_path: Path
):
    assert await forgotten_days(town.database, town.region, None) == []
    assert await forgotten_days(town.database, town.region, tmp_path) == []
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    for change in ("UPDATE seals.publication SET number = 1", "DELETE FROM seals.publication"):
        await superuser.execute(change)
        assert (await verdict_of(town, keys, heads_in_folder(tmp_path, "setagaya"))).faults == []
        [told] = await forgotten_days(town.database, town.region, tmp_path)
        day = max(path.stem for path in (tmp_path / "setagaya").glob("[0-9]*.json"))
        assert told.startswith(f"the publication of {day}, block ")
    await superuser.close()


async def test_a_tail_that_was_written_anew_is_not_the_published_one(
    town: Town, keys: SealKeys, tmp_path: Path
):
    kept = heads_in_folder(tmp_path, "setagaya")
    await cut(town, 2)
    for _ in range(40):
        await town.open_wallet()
    async with sealing(town.place) as database:
        await seal(database, town.region.region_id, keys, largest=3)
    number = kept[0]["header"]["number"]
    [fault] = (await verdict_of(town, keys, kept)).faults
    assert fault.place == f"block {number} is not the one that was published"


async def test_whoever_has_no_key_of_ours_cannot_write_history(town: Town, keys: SealKeys):
    await cut(town, 2)
    await town.open_wallet()
    await sealed(town, after=keys)  # with a key of his own
    [fault] = (await verdict_of(town, keys, [])).faults
    assert fault.check == "a block is signed by a key of ours"
    assert fault.place.startswith("block 3: key ")


async def test_the_command_takes_a_head_and_a_key(town: Town, keys: SealKeys, tmp_path: Path):
    async def verify(*words: str) -> tuple[int | None, list[Any]]:
        settings = {
            "MEGURI_ENVIRONMENT": "test",
            "MEGURI_DATABASE_URL": town.place.app_url,
            "MEGURI_REDIS_URL": "redis://127.0.0.1:1/0",
            "MEGURI_DATA_DIR": str(tmp_path),
        }
        outside = {name: kept for name, kept in os.environ.items() if name[:7] != "MEGURI_"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli.main", "verify", "--json", *words,
            stdout=PIPE, cwd=ROOT, env=outside | settings,
        )  # fmt: skip
        told, _ = await process.communicate()
        return process.returncode, json.loads(told)

    head, key = tmp_path / "setagaya" / "latest.json", tmp_path / "keys.json"
    code, [found] = await verify("--head", str(head), "--key", str(key))
    assert (code, found["is_sound"], found["unsealed"]) == (0, True, 0)
    assert found["sealed"] == found["entries"]
    await cut(town, 2)
    code, [found] = await verify("--key", str(key))
    assert (code, found["blocks"], found["faults"]) == (0, 2, [])
    code, [found] = await verify("--head", str(head))
    assert (code, found["is_sound"]) == (1, False)
    code, _ = await verify("--head", str(head), "--json")
    assert code == 1
