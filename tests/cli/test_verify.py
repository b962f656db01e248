"""`meguri verify` on real books: sound as they are, and not once somebody went past every guard."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import asyncpg

from cli.verify import KEYS_OF_THE_DATABASE
from seals.keys import create_seal_keys_file, trust
from tests.seals.sealed_town import sealed
from tests.servers import Place, Servers
from tests.town_builder import Town

ROOT = Path(__file__).parents[2]
WORDS = (sys.executable, "-m", "cli.main", "verify")


async def verify(
    servers: Servers, place: Place, *words: str, folder: Path | None = None
) -> tuple[int | None, str]:
    settings = {
        "MEGURI_ENVIRONMENT": "test",
        "MEGURI_DATABASE_URL": place.app_url,
        "MEGURI_REDIS_URL": servers.redis_url,
        "MEGURI_DATA_DIR": str(folder or servers.folder / "no keys"),
    }
    outside = {name: kept for name, kept in os.environ.items() if name[:7] != "MEGURI_"}
    process = await asyncio.create_subprocess_exec(
        *WORDS, *words, stdout=PIPE, cwd=ROOT, env=outside | settings
    )
    told, _ = await process.communicate()
    return process.returncode, told.decode()


async def test_it_says_what_is_wrong_and_where(servers: Servers, place: Place, town: Town):
    wallet = await town.open_wallet()
    await town.top_up(wallet, 5_000)
    code, told = await verify(servers, place)
    assert code == 0
    assert told.startswith("setagaya: ")
    assert told.splitlines()[0].endswith(": sound")
    superuser = await asyncpg.connect(place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE ledger.account SET balance = balance + 1 WHERE kind = 'coin'")
    await superuser.execute("UPDATE ledger.counter SET value = 0 WHERE name = 'wallets'")
    await superuser.execute(
        "ALTER TABLE notifications.received DROP CONSTRAINT received_is_counted_once"
    )
    await superuser.close()
    code, told = await verify(servers, place)
    assert code == 1
    assert "NOT SOUND" in told
    assert "balance 5001" in told
    assert f"wallets of {wallet.person_id}" in told
    gone = "constraint received_is_counted_once of notifications.received: is not there"
    assert gone in told
    code, told = await verify(servers, place, "--json")
    [region] = json.loads(told)
    assert (code, region["region"], region["is_sound"]) == (1, "setagaya", False)
    assert {"check", "place"} == set(region["faults"][0])


async def test_it_says_whose_keys_it_believes(
    servers: Servers, place: Place, town: Town, tmp_path: Path
):
    await town.open_wallet()
    keys = await sealed(town)
    stranger = await sealed(town, after=keys)  # has sealed nothing
    key, other = keys.public[0].hex(), stranger.public[0].hex()

    async def source(*words: str, folder: Path | None = None) -> tuple[int | None, str]:
        code, told = await verify(servers, place, "--json", *words, folder=folder)
        return code, json.loads(told)[0]["keys_from"]

    code, told = await verify(servers, place)
    assert (code, told.splitlines()[-1]) == (0, KEYS_OF_THE_DATABASE)
    assert await source() == (0, "database")
    code, told = await verify(servers, place, "--key", key)
    assert (code, KEYS_OF_THE_DATABASE in told) == (0, False)
    assert await source("--key", key) == (0, "given")
    assert await source("--key", other) == (1, "given")
    create_seal_keys_file(tmp_path / "seal-keys.json")
    assert await source(folder=tmp_path) == (1, "file")
    trust(tmp_path / "seal-keys.json", keys.public[0])
    assert await source(folder=tmp_path) == (0, "file")
    (tmp_path / "seal-keys.json").write_text("{}")
    code, told = await verify(servers, place, folder=tmp_path)
    assert (code, told) == (1, "")  # said on stderr, in one line
    code, _ = await verify(servers, place, "--key", "no key")
    assert code == 2
