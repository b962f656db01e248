"""PostgreSQL forbids: blocks are appended by the sealer alone, one after another, for good."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from core.database import Connection, Database
from seals.chain import NOTHING, header_of
from seals.check_proof import block_hash, skipped_to
from seals.keys import SealKeys, new_seal_keys
from tests.seals.sealed_town import live, sealed
from tests.servers import Place, Servers
from tests.town_builder import Town, open_region, running_engine

APPEND = "SELECT seals.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
TABLES = ("block", "salt", "erasure", "publication", "key")


@pytest.fixture(scope="module")
async def place(servers: Servers) -> AsyncIterator[Place]:
    """One database for the whole file: what is refused leaves it as it was."""
    place = await servers.clone()
    yield place
    await servers.leave(place)


@pytest.fixture(scope="module")
async def town(place: Place) -> AsyncIterator[Town]:
    """A town in it."""
    database = Database(place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    async with running_engine(database, region) as engine:
        yield Town(place, database, region, engine)
    await database.close()


@pytest.fixture(scope="module")
async def keys(town: Town) -> SealKeys:
    """The keys of a sealed town; one entry is not sealed yet."""
    await live(town)
    keys = await sealed(town)
    await town.open_wallet()
    return keys


@pytest.fixture
async def application(town: Town, keys: SealKeys) -> AsyncIterator[Connection]:
    """The application in the session of the region."""
    connection = await town.database.connect_region(town.region.region_id)
    yield connection
    await connection.close()


@pytest.fixture
async def sealer(
    town: Town, keys: SealKeys, sealing_database: Database
) -> AsyncIterator[Connection]:
    """The sealer in the session of the region."""
    connection = await sealing_database.connect_region(town.region.region_id)
    yield connection
    await connection.close()


async def next_block(reader: Connection, keys: SealKeys, **wrong: Any) -> list[Any]:
    """The arguments of a block that comes next, but for what is `wrong`; its hash is right."""
    newest = await reader.fetchrow(
        "SELECT *, ledger.now() AS now FROM seals.block ORDER BY number DESC LIMIT 1"
    )
    assert newest is not None
    number = newest["number"] + 1
    skip = await reader.fetchval(
        "SELECT hash FROM seals.block WHERE number = $1", skipped_to(number)
    )
    first = newest["last_seq"] + 1
    block = {
        "number": number, "first_seq": first, "last_seq": first, "root": bytes(32),
        "previous": newest["hash"], "skip": skip or NOTHING, "sealed_at": newest["now"], **wrong,
    }  # fmt: skip
    named = block_hash(header_of("setagaya", block))
    count = block["last_seq"] - block["first_seq"] + 1
    block = {
        "region_id": 1, "leaves": bytes(32 * count), "salts": bytes(16 * count), "hash": named,
        "signature": keys.sign(named), "key_id": keys.key_id, **block, **wrong,
    }  # fmt: skip
    order = (
        "region_id", "number", "first_seq", "last_seq", "root", "sealed_at", "hash", "key_id",
        "signature",
    )  # fmt: skip
    return [*(block[name] for name in order), block["leaves"], b"", block["salts"]]


async def test_a_block_that_comes_next_is_taken(town: Town, sealer: Connection, keys: SealKeys):
    await sealer.execute(APPEND, *await next_block(sealer, keys))
    await town.open_wallet()  # again one entry is not sealed yet


async def test_the_application_appends_nothing_that_would_fit(
    application: Connection, keys: SealKeys
):
    key = new_seal_keys()
    tried: list[tuple[str, list[Any]]] = [
        (APPEND, await next_block(application, keys)),
        (
            "INSERT INTO seals.key (key_id, public) VALUES ($1, $2)",
            [key.key_id, key.public[0]],
        ),
        ("INSERT INTO seals.publication VALUES (1, '2031-01-01', 1, now())", []),
    ]
    for statement, values in tried:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(statement, *values)


WRONG: dict[str, tuple[Callable[[Any], dict[str, Any]], str]] = {
    "another region": (lambda _: {"region_id": 2}, "MG001"),
    "a number that was taken": (lambda b: {"number": b["number"]}, "40001"),
    "a number ahead": (lambda b: {"number": b["number"] + 2}, "40001"),
    "entries that were sealed": (lambda b: {"first_seq": b["last_seq"]}, "40001"),
    "entries left out": (lambda b: {"first_seq": b["last_seq"] + 2}, "40001"),
    "entries that are not there": (lambda b: {"last_seq": b["last_seq"] + 2}, "MG010"),
    "no entries": (lambda b: {"last_seq": b["last_seq"]}, "23514"),
    "another predecessor": (lambda _: {"previous": bytes(32)}, "MG010"),
    "another earlier block": (lambda _: {"skip": bytes([1] * 32)}, "MG010"),
    "another hash": (lambda _: {"hash": bytes(32)}, "MG010"),
    "salts too few": (lambda _: {"salts": b""}, "MG010"),
    "leaves too few": (lambda _: {"leaves": b""}, "23514"),
    "an unknown key": (lambda _: {"key_id": "0123456789abcdef"}, "23503"),
    "half a signature": (lambda _: {"signature": bytes(32)}, "23514"),
    "a time before the last block": (
        lambda b: {"sealed_at": b["sealed_at"].replace(year=2020)}, "MG010",
    ),
    "a time ahead": (lambda b: {"sealed_at": b["sealed_at"].replace(year=2090)}, "MG010"),
    "nothing at all": (lambda _: {"leaves": None}, "23502"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_block_that_does_not_follow_on_is_refused(
    sealer: Connection, keys: SealKeys, wrong: str
):
    spoil, state = WRONG[wrong]
    newest = await sealer.fetchrow("SELECT * FROM seals.block ORDER BY number DESC LIMIT 1")
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await sealer.execute(APPEND, *await next_block(sealer, keys, **spoil(newest)))
    assert refusal.value.sqlstate == state


@pytest.mark.parametrize("role", ["application", "sealer"])
async def test_neither_application_nor_sealer_changes_what_is_sealed(
    application: Connection, sealer: Connection, role: str
):
    connection = {"application": application, "sealer": sealer}[role]
    for name in TABLES:
        for statement in (f"DELETE FROM seals.{name}", f"TRUNCATE seals.{name}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    for statement in (
        "UPDATE seals.block SET root = hash",
        "UPDATE seals.salt SET salts = ''",
        "UPDATE seals.publication SET number = 2",
        "UPDATE seals.key SET public = public",
        "INSERT INTO seals.block SELECT * FROM seals.block",
        "INSERT INTO seals.salt SELECT * FROM seals.salt",
        "INSERT INTO seals.erasure SELECT * FROM seals.erasure",
        "INSERT INTO seals.publication VALUES (2, '2027-01-01', 1, now())",
        "SET meguri.erasing = 'on'; UPDATE ledger.entry SET facts = '{}'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_not_even_the_owner_changes_what_is_sealed(town: Town, keys: SealKeys):
    settings = {"role": "meguri_owner"}
    owner = await asyncpg.connect(town.place.owner_url, server_settings=settings)
    statements = [
        *(f"DELETE FROM seals.{name}" for name in TABLES),
        *(f"TRUNCATE seals.{name} CASCADE" for name in TABLES),
        "UPDATE seals.block SET root = hash",
        "UPDATE seals.publication SET number = 2",
        "UPDATE seals.key SET public = public",
        "UPDATE seals.salt SET salts = ''",
        # The one door is for texts of entries and their salts, and for nothing else.
        "SET meguri.erasing = 'on'; UPDATE seals.block SET root = hash",
        "SET meguri.erasing = 'on'; UPDATE ledger.posting SET amount = 1",
        "SET meguri.erasing = 'on'; DELETE FROM ledger.entry",
    ]
    for statement in statements:
        with pytest.raises(asyncpg.PostgresError) as refusal:
            await owner.execute(statement)
        assert refusal.value.sqlstate == "MG008", statement
    await owner.close()
