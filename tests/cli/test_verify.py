"""`meguri verify` on real books: sound as they are, and not once somebody went past every guard."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import asyncpg

from tests.servers import Place, Servers
from tests.town_builder import Town

ROOT = Path(__file__).parents[2]
WORDS = (sys.executable, "-m", "cli.main", "verify")


async def verify(servers: Servers, place: Place, *words: str) -> tuple[int | None, str]:
    settings = {
        "MEGURI_ENVIRONMENT": "test",
        "MEGURI_DATABASE_URL": place.app_url,
        "MEGURI_REDIS_URL": servers.redis_url,
        "MEGURI_DATA_DIR": str(servers.folder),
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
    assert told.endswith(": sound\n")
    superuser = await asyncpg.connect(place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE ledger.account SET balance = balance + 1 WHERE kind = 'coin'")
    await superuser.execute("UPDATE ledger.counter SET value = 0 WHERE name = 'wallets'")
    await superuser.close()
    code, told = await verify(servers, place)
    assert code == 1
    assert "NOT SOUND" in told
    assert "balance 5001" in told
    assert f"wallets of {wallet.person_id}" in told
    code, told = await verify(servers, place, "--json")
    [region] = json.loads(told)
    assert (code, region["region"], region["is_sound"]) == (1, "setagaya", False)
    assert {"check", "place"} == set(region["faults"][0])
