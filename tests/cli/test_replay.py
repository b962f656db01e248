"""`meguri replay` on real grants: none differs, and one that a superuser changed does."""

import json

import asyncpg

from tests.commands import meguri_at
from tests.servers import Place, Servers
from tests.town_builder import Town


async def test_it_says_what_differs_and_where(servers: Servers, place: Place, town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign()
    await town.top_up(wallet, 5_000)
    paid = await town.pay(wallet, store, 1_000)
    await town.refund(paid.entry_id, store, 100)
    code, told, _ = await meguri_at(servers, place, "replay")
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
    code, told, _ = await meguri_at(servers, place, "replay", *words)
    [region] = json.loads(told)
    assert (code, region["differences"] > 0) == (1, True)
    assert f"payment {paid.entry_id}, number {paid.seq}: " in region["places"][0]
    code, told, said = await meguri_at(servers, place, "replay", "--region", "atlantis")
    assert (code, told) == (2, "")
    assert "no region atlantis" in said
