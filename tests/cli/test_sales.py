"""`meguri sales` on real payments: it agrees, names what a superuser changed, and makes it anew."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import asyncpg

from merchants.roll_up_sales import roll_up_sales
from tests.servers import Place, Servers
from tests.town_builder import Town

ROOT = Path(__file__).parents[2]
WORDS = (sys.executable, "-m", "cli.main", "sales")


async def sales(servers: Servers, place: Place, *words: str) -> tuple[int | None, str, str]:
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


async def test_it_names_the_first_difference_and_mends_it(
    servers: Servers, place: Place, town: Town
):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    paid = await town.pay(wallet, store, 1_000)
    await roll_up_sales(town.database, town.region, lambda: None)
    superuser = await asyncpg.connect(place.superuser_url)
    await superuser.execute("UPDATE merchants.sales_day SET paid_yen = 1001 WHERE cut = 'all'")
    await superuser.close()
    code, told, _ = await sales(servers, place, "--region", "setagaya")
    assert code == 1
    day = await town.today()
    assert told == (
        "setagaya: sales DIFFER\n"
        f"  merchants.sales_day: merchant_id {store.merchant_id}, cut all, day {day},"
        f" store_id {store.store_id}, part : stored (1,1001,0,0,0,0,0,0),"
        " by the postings (1,1000,0,0,0,0,0,0)\n"
    )
    code, told, _ = await sales(servers, place, "--rebuild")
    assert (code, told) == (0, f"setagaya: sales were made anew until entry {paid.seq}\n")
    assert await sales(servers, place) == (0, "setagaya: sales agree with the postings\n", "")
    code, _, said = await sales(servers, place, "--region", "atlantis")
    assert (code, "no region atlantis" in said) == (2, True)
