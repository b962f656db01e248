"""The deployment that a region is moved to; each file of tests says what is there already."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from core.database import Connection
from tests.servers import Place


@pytest.fixture
async def owner(elsewhere: Place) -> AsyncIterator[Connection]:
    """The owner of the other deployment's tables."""
    session = {"role": "meguri_owner", "timezone": "UTC"}
    connection = await asyncpg.connect(elsewhere.owner_url, server_settings=session)
    yield connection
    await connection.close()
