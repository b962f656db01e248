"""Migrations: an upgrade from empty equals the models, and may run again or twice at once."""

import asyncio
import sys
from importlib.resources import files

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from cli.migrate import compare, upgrade
from core.database import Database
from ledger.books import ASSETS, FLOORLESS, VALUE
from migrations.digest import OtherMigrationsError, digest, digest_of, revisions
from tests.servers import Place, Servers
from tests.town_builder import open_region

UPGRADE = """
import asyncio, sys
from cli.migrate import upgrade
asyncio.run(upgrade(sys.argv[1]))
"""

pytestmark = pytest.mark.migrations


async def one_value(place: Place, query: str) -> object:
    connection = await asyncpg.connect(place.superuser_url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_an_upgrade_from_empty_equals_the_models(servers: Servers):
    place = await servers.empty()
    await upgrade(place.owner_url)
    await compare(place.owner_url)
    await servers.leave(place)


async def test_an_upgrade_that_has_nothing_to_do_changes_nothing(place: Place):
    query = "SELECT string_agg(oid::text || xmin::text, ',' ORDER BY oid) FROM pg_class"
    before = await one_value(place, query)
    await upgrade(place.owner_url)
    assert await one_value(place, query) == before


async def test_two_upgrades_at_once_are_one(servers: Servers):
    place = await servers.empty()
    both = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, place.owner_url)
        for _ in range(2)
    ]
    assert [await process.wait() for process in both] == [0, 0]
    assert await one_value(place, "SELECT count(*) FROM meguri.alembic_version") == 1
    await servers.leave(place)


async def test_everything_belongs_to_the_owner(place: Place):
    strangers = """
        SELECT count(*) FROM pg_class WHERE relowner <> 'meguri_owner'::regrole
           AND relnamespace::regnamespace::text IN
               ('ledger', 'merchants', 'campaigns', 'access', 'insights',
                'notifications', 'meguri')
    """
    assert await one_value(place, strangers) == 0


async def test_the_ledger_speaks_the_words_of_the_migrations(place: Place):
    query = "SELECT array_agg(kind ORDER BY kind) FROM ledger.account_kind WHERE {}"
    assert await one_value(place, query.format("class = 'asset'")) == sorted(ASSETS)
    assert await one_value(place, query.format("floor < 0")) == sorted(FLOORLESS)
    assert await one_value(place, query.format("value IS NOT NULL")) == sorted(VALUE)


async def test_partitions_of_the_coming_months_are_made_once(place: Place):
    made = "SELECT ledger.make_partitions(3)"
    assert await one_value(place, made) == 0
    assert await one_value(place, "SELECT ledger.make_partitions(5)") == 2
    assert await one_value(place, made) == 0
    with pytest.raises(asyncpg.PostgresError):
        await one_value(place, "SELECT ledger.make_partitions(25)")


async def test_new_entries_do_not_land_in_the_default_partition(place: Place):
    database = Database(place.app_url)
    await open_region(database, "setagaya", "Asia/Tokyo")
    await database.close()
    assert await one_value(place, "SELECT count(*) FROM ledger.entry_default") == 0
    assert await one_value(place, "SELECT count(*) FROM ledger.entry") == 1


async def test_what_other_migrations_made_is_refused_and_left_as_it_is(place: Place):
    superuser = await asyncpg.connect(place.superuser_url)
    await superuser.execute(
        "UPDATE meguri.migration_digest SET digest = '' WHERE revision = '0002'"
    )
    await superuser.execute("UPDATE meguri.alembic_version SET version_num = '0003'")
    with pytest.raises(OtherMigrationsError):
        await upgrade(place.owner_url)
    assert await superuser.fetchval("SELECT version_num FROM meguri.alembic_version") == "0003"
    # As it was before there were digests.
    await superuser.execute("DROP TABLE meguri.migration_digest")
    with pytest.raises(OtherMigrationsError):
        await upgrade(place.owner_url)
    assert await superuser.fetchval("SELECT to_regclass('meguri.migration_digest')") is None
    await superuser.close()


def test_a_digest_is_of_the_sql_and_not_of_its_comments():
    before = digest_of("-- Things.\nCREATE TABLE thing (n int);\n")
    assert digest_of("-- Things,\n  -- in earnest.\n\nCREATE TABLE thing (n int);\n") == before
    assert digest_of("-- Things.\nCREATE TABLE thing (n bigint);\n") != before
    assert len({digest(revision) for revision in ("0001", "0002", "0003", "0004", "")}) == 5


def test_revisions_are_numbered_in_the_order_in_which_they_are_carried_out():
    scripts = ScriptDirectory(str(files("migrations"))).walk_revisions()
    assert [script.revision for script in scripts] == [*reversed(revisions())]
