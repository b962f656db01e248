"""`meguri sales` on real payments: it agrees, names what a superuser changed, and makes it anew."""

import asyncpg

from merchants.roll_up_sales import roll_up_sales
from tests.commands import meguri_at
from tests.servers import Place, Servers
from tests.town_builder import Town


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
    code, told, _ = await meguri_at(servers, place, "sales", "--region", "setagaya")
    assert code == 1
    day = await town.today()
    assert told == (
        "setagaya: sales DIFFER\n"
        f"  merchants.sales_day: merchant_id {store.merchant_id}, cut all, day {day},"
        f" store_id {store.store_id}, part : stored (1,1001,0,0,0,0,0,0),"
        " by the postings (1,1000,0,0,0,0,0,0)\n"
    )
    code, told, _ = await meguri_at(servers, place, "sales", "--rebuild")
    assert (code, told) == (0, f"setagaya: sales were made anew until entry {paid.seq}\n")
    assert await meguri_at(servers, place, "sales") == (
        0,
        "setagaya: sales agree with the postings\n",
        "",
    )
    code, _, said = await meguri_at(servers, place, "sales", "--region", "atlantis")
    assert (code, "no region atlantis" in said) == (2, True)
