"""PostgreSQL's own types are asked for once in a process, others by each connection."""

import asyncpg
import pytest

from core.database import Database
from core.own_types import KnowingConnection

ARRAYS = "SELECT $1::bigint[], $2::uuid[], $3::date[]"


async def asked(database: Database, statement: str, *values: object) -> list[str]:
    """What a new connection sends so as to run a statement."""
    sent: list[str] = []
    connection = await database.connect()
    try:
        connection.add_query_logger(lambda record: sent.append(record.query))
        await connection.fetch(statement, *values)
    finally:
        await connection.close()
    return sent


async def test_the_second_connection_asks_for_no_type_of_postgresql(database: Database):
    await asked(database, ARRAYS, [1], [], [])
    assert await asked(database, ARRAYS, [1], [], []) == [ARRAYS]


async def test_a_type_of_the_database_is_asked_for_by_each_connection(place, database: Database):
    owner = await asyncpg.connect(place.superuser_url)
    await owner.execute("CREATE TYPE mood AS ENUM ('calm')")
    await owner.close()
    for _ in range(2):
        assert len(await asked(database, "SELECT $1::mood[]", ["calm"])) > 1


async def test_arrays_come_back_as_they_went(database: Database):
    for _ in range(2):
        connection = await database.connect()
        assert isinstance(connection, KnowingConnection)
        assert await connection.fetchval("SELECT $1::bigint[]", [[1, 2], [3, None]]) == [
            [1, 2],
            [3, None],
        ]
        with pytest.raises(asyncpg.DataError):
            await connection.fetchval("SELECT $1::bigint[]", ["1"])
        await connection.close()
