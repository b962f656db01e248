"""A region moves as a whole: same balances, same hashes, same answers to old ids."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import asyncpg
import pytest

from archives.bring_in import ArchiveRefusedError, bring_in
from archives.export import export
from archives.tables import MOVED, STAYING
from campaigns.tell_gauges import tell_gauges
from core.database import Connection, Database
from ledger.books import Entry
from ledger.regions import load_regions
from ledger.verify import verify_region
from payments.verify_rows import ROWS
from seals.check_proof import key_id
from seals.keys import SealKeys
from seals.publish import publish
from seals.verify import verify_sealed
from tests import commands
from tests.access.rows import fill_access
from tests.archives.rows import enter_acts, nothing, rows_of
from tests.debit_notes import ask_a_shop
from tests.insights.statistics_builder import (
    WEEK,
    go_to,
    hold_plan,
    keep_delivery_figures,
    release_week,
)
from tests.merchant_rows import fill_merchants
from tests.notifications.message_rows import fill_notifications
from tests.seals.sealed_town import live, sealed, sealing
from tests.servers import Place, Servers
from tests.tampered import missed
from tests.town_builder import Town, open_region, running_engine


@pytest.fixture
async def elsewhere(servers: Servers) -> AsyncIterator[Place]:
    """Another deployment, which has a region of its own already."""
    place = await servers.clone()
    database = Database(place.app_url)
    await open_region(database, "kanazawa", "Asia/Tokyo")
    await database.close()
    yield place
    await servers.leave(place)


@pytest.fixture
async def keys(town: Town) -> SealKeys:
    """The keys of a sealed town with something in every table."""
    await live(town, rounds=2)
    await ask_a_shop(town)
    plan = await hold_plan(town)
    await go_to(town, plan.lists.first_week + WEEK)
    await release_week(town, plan, plan.lists.first_week)
    keys = await sealed(town)
    async with sealing(town.place) as database:
        await publish(database, town.region, None)
    await fill_access(town.database, town.region.region_id)
    await fill_merchants(town.database, town.region.region_id)
    await fill_notifications(town.database, town.region.region_id)
    await tell_gauges(town.database, town.region, await town.today() + timedelta(days=7))
    superuser = await asyncpg.connect(town.place.superuser_url)
    await enter_acts(superuser)
    await superuser.execute("UPDATE insights.budget SET used = used + 1000000")
    await keep_delivery_figures(town.place, 1)
    await superuser.execute("INSERT INTO ledger.reader VALUES ($1, 'test', 3)", 1)
    await superuser.execute("INSERT INTO ledger.base_date VALUES ($1, '2126-03-31', 1, '[]')", 1)
    await superuser.execute(
        "INSERT INTO access.revocation (region_id, kind, value, expires_at)"
        " VALUES (1, 'sub', gen_random_uuid(), now() + interval '1 day')"
    )
    await superuser.close()
    return keys


@pytest.fixture
async def archive(town: Town, keys: SealKeys, tmp_path: Path) -> Path:
    """The town in a file."""
    path = tmp_path / "setagaya.meguri"
    await export(town.database, town.region, path, nothing)
    return path


async def test_everything_arrives_as_it_was(
    town: Town, archive: Path, elsewhere: Place, owner: Connection, keys: SealKeys, tmp_path: Path
):
    region_id, chain = await bring_in(owner, archive, nothing)
    assert region_id != town.region.region_id
    before, after = await rows_of(town.place, "setagaya"), await rows_of(elsewhere, "setagaya")
    empty = {name for name, rows in before.items() if not rows}
    assert empty == {"seals.erasure"}
    assert after == before
    assert chain.sealed == len(before["ledger.entry"])

    database = Database(elsewhere.app_url)
    region = (await load_regions(database))["setagaya"]
    assert (await verify_region(database, region)).is_sound
    known = {key_id(public): public for public in keys.public}
    assert (await verify_sealed(database, region, known)).faults == []
    again = tmp_path / "again.meguri"
    await export(database, region, again, nothing)
    await database.close()
    with ZipFile(archive) as first, ZipFile(again) as second:
        for table in MOVED:
            name = f"{table.fullname}.copy"
            assert first.read(name) == second.read(name)


async def test_an_old_id_has_its_old_answer_and_life_goes_on(
    town: Town, keys: SealKeys, elsewhere: Place, owner: Connection, tmp_path: Path
):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    command = town.payment(wallet, store, 700)
    refused = town.payment(wallet, store, 9_000)
    first = await town.submit(command)
    second = await town.submit(refused)
    path = tmp_path / "setagaya.meguri"
    await export(town.database, town.region, path, nothing)
    await bring_in(owner, path, nothing)
    database = Database(elsewhere.app_url)
    region = (await load_regions(database))["setagaya"]
    async with running_engine(database, region) as engine:
        there = Town(elsewhere, database, region, engine)
        for wished, receipt in ((command, first), (refused, second)):
            replay = await there.submit(wished)
            assert replay.is_replay
            assert as_told(replay.entry) == as_told(receipt.entry)
        assert await there.balances(wallet.wallet_id) == await town.balances(wallet.wallet_id)
        paid = await there.pay(wallet, store, 100)
        assert paid.seq == second.entry.seq + 1
        await there.refund(command.entry_id, store, 100)
        assert (await verify_region(database, region)).is_sound
    await sealed(there, after=keys)
    await database.close()


def as_told(entry: Entry) -> tuple[Any, ...]:
    return tuple(getattr(entry, name) for name in entry.__slots__)


async def test_entries_of_months_long_over_get_their_partitions(
    town: Town, elsewhere: Place, owner: Connection, tmp_path: Path
):
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET ROLE meguri_owner")
    await superuser.execute("SELECT ledger.make_month('2019-11-15')")
    await superuser.execute("RESET ROLE")
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE ledger.entry SET entry_id = '016e6d00-0000-7000-8000-000000000001' WHERE seq = 1"
    )
    await superuser.close()
    path = tmp_path / "old.meguri"
    manifest = await export(town.database, town.region, path, nothing)
    assert str(manifest.first_month) == "2019-11-01"
    await bring_in(owner, path, nothing)
    assert await owner.fetchval("SELECT count(*) FROM ledger.entry_2019_11") == 1
    assert await owner.fetchval("SELECT count(*) FROM ledger.entry_default") == 0
    with pytest.raises(asyncpg.PostgresError):
        await owner.execute("DELETE FROM ledger.entry_2019_11")


async def test_a_region_that_is_there_is_refused(
    town: Town, archive: Path, owner: Connection, elsewhere: Place
):
    await bring_in(owner, archive, nothing)
    before = await rows_of(elsewhere, "setagaya")
    with pytest.raises(ArchiveRefusedError, match="the region setagaya is there already"):
        await bring_in(owner, archive, nothing)
    assert await rows_of(elsewhere, "setagaya") == before


async def test_two_imports_at_once_are_one(archive: Path, owner: Connection, elsewhere: Place):
    session = {"role": "meguri_owner", "timezone": "UTC"}
    other = await asyncpg.connect(elsewhere.owner_url, server_settings=session)
    both = (bring_in(owner, archive, nothing), bring_in(other, archive, nothing))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    await other.close()
    refusals = [each for each in outcomes if isinstance(each, ArchiveRefusedError)]
    assert len(refusals) == 1
    assert await owner.fetchval("SELECT count(*) FROM ledger.region") == 2


async def test_an_import_that_would_have_to_wait_is_refused(
    archive: Path, owner: Connection, elsewhere: Place
):
    """A large region takes longer to come in than anybody waits for a lock."""
    other = await asyncpg.connect(elsewhere.owner_url, server_settings={"role": "meguri_owner"})
    await owner.execute("SET lock_timeout = '100ms'")
    async with other.transaction():
        await other.execute("SELECT ledger.open_region('setagaya', 'Setagaya', 'Asia/Tokyo')")
        with pytest.raises(ArchiveRefusedError, match="somebody else is at it"):
            await bring_in(owner, archive, nothing)
    await other.close()


async def test_an_export_that_fails_leaves_no_file(town: Town, keys: SealKeys, tmp_path: Path):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        await export(town.database, town.region, tmp_path / "town.meguri", full)
    assert list(tmp_path.iterdir()) == []


async def test_every_table_of_a_region_moves(town: Town):
    rows = await town.rows(
        "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a"
        " ON a.attrelid = c.oid AND a.attname = 'region_id'"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    assert {row.name for row in rows} - {"ledger.region"} == {
        table.fullname for table in (*MOVED, *STAYING)
    }


async def test_the_commands(town: Town, keys: SealKeys, elsewhere: Place, tmp_path: Path):
    async def meguri(place: Place, *words: str) -> tuple[int | None, str]:
        settings = {
            "MEGURI_ENVIRONMENT": "test",
            "MEGURI_DATABASE_URL": place.app_url,
            "MEGURI_OWNER_DATABASE_URL": place.owner_url,
            "MEGURI_REDIS_URL": "redis://127.0.0.1:1/0",
            "MEGURI_DATA_DIR": str(tmp_path),
        }
        return await commands.meguri(*words, **settings)

    path = tmp_path / "town.meguri"
    code, told = await meguri(town.place, "export", "setagaya", str(path))
    assert (code, told.splitlines()[-1][:18]) == (0, "Exported setagaya "), told
    assert (await meguri(town.place, "export", "setagaya", str(path)))[0] == 2
    assert (await meguri(town.place, "export", "nowhere", str(path.with_name("x"))))[0] == 2
    code, told = await meguri(elsewhere, "import", str(path))
    assert code == 0, told
    assert told.endswith(": sound\n")
    (tmp_path / "seal-keys.json").unlink(missing_ok=True)
    assert (await meguri(elsewhere, "seals", "keys"))[0] == 0
    code, told = await meguri(elsewhere, "verify")
    assert code == 1
    assert "is not one that is trusted" in told
    assert (await meguri(elsewhere, "seals", "trust", keys.public[-1].hex()))[0] == 0
    assert (await meguri(elsewhere, "seals", "trust", "00"))[0] == 2
    code, told = await meguri(elsewhere, "verify")
    assert code == 0, told
    code, told = await meguri(elsewhere, "import", str(path))
    assert code == 1
    assert "the region setagaya is there already" in told
    assert "Traceback" not in told


TAKEN_OUT = {
    "DELETE FROM merchants.settlement_run": "what a row refers to",
    "DELETE FROM merchants.own_account": "what a row refers to",
    "DELETE FROM access.login": "what a row refers to",
    "DELETE FROM campaigns.benefit_list": "what a row refers to",
    "DELETE FROM merchants.bank_line": "the lines that a statement brought",
    "DELETE FROM merchants.bank_statement": "what a row refers to",
    "DELETE FROM merchants.paper": "papers are all there",
    "UPDATE merchants.paper_counter SET last_number = last_number + 1": "papers are all there",
    "UPDATE merchants.merchant SET area = 'X'": "merchants and stores",
    "UPDATE merchants.merchant SET merchant_class = 'large'": "merchants and stores",
    "UPDATE merchants.store SET name = 'X'": "merchants and stores",
    "UPDATE merchants.store SET merchant_id = gen_random_uuid()": "merchants and stores",
    "UPDATE ledger.holder SET facts = facts || jsonb_build_object('list_id', gen_random_uuid(),"
    " 'lines', 1), kind = 'benefit' WHERE kind = 'merchant'": "a list in force",
}


async def test_rows_that_were_taken_out_are_found(town: Town, keys: SealKeys):
    assert keys.public
    assert await missed(town.place.superuser_url, town.region, ROWS, TAKEN_OUT) == {}
