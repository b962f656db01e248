"""A database that a test had is as good as new for the next one, or nobody gets it any more."""

import asyncpg
import pytest

from core.database import Database
from tests.access.rows import fill_access
from tests.blank import SEQUENCES, SIZES
from tests.seals.sealed_town import seal_publish_and_erase
from tests.servers import Place, Servers
from tests.town_builder import Town, open_region, running_engine, set_clock


async def contents(place: Place) -> dict[str, str]:
    """All rows of each table, and where each sequence stands."""
    superuser = await asyncpg.connect(place.superuser_url)
    try:
        tables = [row[0] for row in await superuser.fetch(SIZES)]
        rows = "SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM {} t"
        found = {name: await superuser.fetchval(rows.format(name)) for name in tables}
        for name, _, _ in await superuser.fetch(SEQUENCES):
            row = await superuser.fetchrow(f"SELECT last_value, is_called FROM {name}")
            found[name] = str(tuple(row or ()))
        return found
    finally:
        await superuser.close()


async def use(place: Place) -> None:
    """Leave something in most tables, and another time on the clock."""
    database = Database(place.app_url)
    region = await open_region(database, "tsubame", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        town = Town(place, database, region, engine)
        wallet, store = await town.open_wallet(), await town.open_store()
        await town.live_campaign(per_person_day_points=1000)
        await town.top_up(wallet, 1000)
        await town.pay(wallet, store, 1000)
        await seal_publish_and_erase(town)
        await set_clock(place, await town.now())
        await fill_access(database, region.region_id)
    await database.close()


@pytest.mark.parametrize("has_region", [False, True])
async def test_a_used_database_is_as_good_as_new(servers: Servers, has_region: bool):
    # One that many tests had is soon too large to be cleaned again: pages stay when rows go.
    place = await servers.clone(is_new=True, has_region=has_region)
    new = await contents(place)
    await use(place)
    used = await contents(place)
    assert sum(used[name] != new[name] for name in new) > 30
    left_open = await asyncpg.connect(place.app_url)
    await servers.leave(place)
    again = await servers.clone(has_region=has_region)
    assert again == place, "it was not given to the next one"
    assert await contents(again) == new
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await left_open.execute("SELECT 1")
    await use(again)
    await servers.leave(again)


MORE_THAN_ROWS = [
    "DROP TABLE meguri.migration_digest",
    "REVOKE SELECT ON ledger.entry FROM meguri_app",
    "REVOKE EXECUTE ON FUNCTION pg_catalog.now() FROM PUBLIC",
    "DROP TRIGGER only_grows ON ledger.entry_default",
    "SELECT ledger.make_partitions(24)",
    "ALTER DATABASE {name} SET work_mem = '1MB'",
    "ALTER DATABASE {name} CONNECTION LIMIT 3",
]


async def test_a_database_whose_shape_was_changed_is_given_to_nobody(servers: Servers):
    for statement in MORE_THAN_ROWS:
        place = await servers.clone()
        superuser = await asyncpg.connect(place.superuser_url)
        await superuser.execute(statement.format(name=place.name))
        await superuser.close()
        await servers.leave(place)
        other = await servers.clone()
        assert other != place, f"the next one has a database after {statement}"
        await servers.leave(other)
