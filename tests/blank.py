"""Make a used database as good as new: take out the rows of its test, if there is no more.

To make, to warm up and to drop a database of its own took longer than what most tests do with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from core.database import Connection

MOST_BYTES: Final = 2**20
"""A database whose tables are larger is not worth cleaning."""

CATALOGS: Final = """
    SELECT oid::regclass::text FROM pg_class
     WHERE relkind = 'r' AND NOT relisshared AND relname NOT LIKE 'pg_statistic%'
       AND relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
     ORDER BY oid"""
"""What a change of shape or of rights shows in. Statistics change by themselves."""
SEQUENCES: Final = """
    SELECT seqrelid::regclass::text, coalesce(pg_sequence_last_value(seqrelid), seqstart),
           pg_sequence_last_value(seqrelid) IS NOT NULL FROM pg_sequence ORDER BY seqrelid"""
"""Where each one stands, and whether anybody has had that number."""
COLUMNS: Final = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
     WHERE attrelid = $1::text::regclass AND attnum > 0 AND attgenerated = ''
       AND NOT attisdropped"""
SIZES: Final = """
    SELECT oid::regclass::text, pg_relation_size(oid) FROM pg_class
     WHERE relkind = 'r' AND oid >= 16384
       AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
     ORDER BY oid"""
"""Of each table; one that nobody wrote to has none."""
AROUND: Final = """
    SELECT datallowconn, datconnlimit, datacl::text, datdba,
           (SELECT array_agg(setconfig::text) FROM pg_db_role_setting WHERE setdatabase = d.oid),
           (SELECT count(*) FROM pg_prepared_xacts WHERE database = datname),
           (SELECT count(*) FROM pg_replication_slots WHERE database = datname)
      FROM pg_database d WHERE datname = current_database()"""
"""What belongs to a database and is kept outside of it."""
ALONE: Final = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@dataclass(frozen=True)
class Blank:
    """What a migrated database is while nobody has used it."""

    shape: list[tuple[Any, ...]]
    """What `count_catalogs` tells, and AROUND."""
    count_catalogs: str
    """How many rows each catalog has, and how many of them are younger than the migrations."""
    count_seeds: str
    """The same of each table that migrations fill."""
    seeds: dict[str, tuple[int, str]]
    """How many rows each of those has, and the statements that fill it again."""
    beginning: list[str]
    """What lets each sequence begin anew."""


async def read_blank(url: str) -> Blank:
    """Look at a migrated database, as the superuser, before anybody uses it."""
    connection = await asyncpg.connect(url)
    try:
        tables = [row[0] for row in await connection.fetch(SIZES)]
        seeds = {name: seed for name in tables if (seed := await _seed(connection, name))}
        sequences = await connection.fetch(SEQUENCES)
        moment = await connection.fetchval("SELECT pg_current_xact_id()::xid::text::bigint")
        catalogs = [row[0] for row in await connection.fetch(CATALOGS)]
        count_catalogs = _count(catalogs, moment)
        return Blank(
            shape=await _shape(connection, count_catalogs),
            count_catalogs=count_catalogs,
            count_seeds=_count(seeds, moment),
            seeds=seeds,
            beginning=[
                f"SELECT setval('{name}', {at}, {is_had})" for name, at, is_had in sequences
            ],
        )
    finally:
        await connection.close()


async def reset(connection: Connection, blank: Blank) -> bool:
    """Make a clone of the blank database equal to it again, whoever is connected to it too.

    `connection` is a superuser's. False if more than its rows has changed: it is good for nothing.
    """
    await connection.execute(ALONE)
    if await _shape(connection, blank.count_catalogs) != blank.shape:
        return False
    sizes = {row[0]: row[1] for row in await connection.fetch(SIZES)}
    if sum(sizes.values()) > MOST_BYTES:
        return False
    seeded = await _counted(connection, blank.count_seeds)
    fill = [
        statements
        for now, (count, statements) in zip(seeded, blank.seeds.values(), strict=True)
        if now != (count, 0)
    ]
    empty = [f"DELETE FROM {name}" for name in sizes if sizes[name] and name not in blank.seeds]
    # As a standby does that applies changes: the triggers that forbid them are not asked.
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(";".join([*empty, *fill, *blank.beginning, "SELECT pg_stat_reset()"]))
    return True


async def _seed(connection: Connection, table: str) -> tuple[int, str] | None:
    rows = await connection.fetchval(f"SELECT jsonb_agg(t) FROM {table} t")
    if rows is None:
        return None
    count = await connection.fetchval(f"SELECT count(*) FROM {table}")
    columns = await connection.fetchval(COLUMNS, table)
    quoted = rows.replace("'", "''")
    return count, (
        f"DELETE FROM {table}; INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE"
        f" SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, '{quoted}')"
    )


async def _shape(connection: Connection, count_catalogs: str) -> list[tuple[Any, ...]]:
    around = await connection.fetchrow(AROUND)
    return [*await _counted(connection, count_catalogs), tuple(around or ())]


def _count(tables: Iterable[str], moment: int) -> str:
    return " UNION ALL ".join(
        f"SELECT {nth}, count(*), count(*) FILTER (WHERE xmin::text::bigint > {moment}) FROM {name}"
        for nth, name in enumerate(tables)
    )


async def _counted(connection: Connection, count: str) -> list[tuple[int, int]]:
    return [(rows, younger) for _, rows, younger in sorted(await connection.fetch(count))]
