"""`meguri replay` on real grants: none differs, and one that a superuser changed does."""

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
WORDS = (sys.executable, "-m", "cli.main", "replay")


async def replay(servers: Servers, place: Place, *words: str) -> tuple[int | None, str, str]:
    settings = {
        "MEGURI_ENVIRONMENT": "test",
        "MEGURI_DATABASE_URL": place.app_url,
        "MEGURI_REDIS_URL": servers.redis_url,
        "MEGURI_DATA_DIR": str(servers.folder),
    }
    outside = {name: kept for name, kept in os.environ.items() if name[:7] != "MEGURI_"}
    process = await asyncio.create_subprocess_exec(
        *WORDS, *words, stdout=PIPE, stderr=PIPE, cwd=ROOT, env=outside | settings
    )
    told, said = await process.communicate()
    return process.returncode, told.decode(), said.decode()


async def test_it_says_what_differs_and_where(servers: Servers, place: Place, town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 5_000)
    paid = await town.pay(wallet, store, 1_000)
    await town.refund(paid.entry_id, store, 100)
    code, told, _ = await replay(servers, place)
    assert code == 0
    assert told == (
        "setagaya: 1 payments, 0 top-ups, 1 grants, 1 refunds, 0 reversed top-ups,"
        " 0 benefits; 0 erased, 0 not kept: 0 differences\n"
    )
    superuser = await asyncpg.connect(place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE ledger.entry SET facts = jsonb_set(facts, '{grants,0,rebate_points}', '301')"
        " WHERE kind = 'payment'"
    )
    await superuser.close()
    words = ("--region", "setagaya", "--from", str(await town.today()), "--json")
    code, told, _ = await replay(servers, place, *words)
    [region] = json.loads(told)
    assert (code, region["differences"] > 0) == (1, True)
    assert f"payment {paid.entry_id}, number {paid.seq}: " in region["places"][0]
    code, told, said = await replay(servers, place, "--region", "atlantis")
    assert (code, told) == (2, "")
    assert "no region atlantis" in said
