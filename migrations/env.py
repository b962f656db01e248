"""Runs the revisions as meguri_owner, under a lock, with limits on how long it may wait."""

import asyncio
from typing import Any

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

# Each of these declares its tables on the one metadata.
import campaigns.tables  # noqa: F401
import core.revocations  # noqa: F401
import ledger.tables  # noqa: F401
import merchants.tables  # noqa: F401
import seals.tables  # noqa: F401
from core.database import Connection as BareConnection
from core.database import metadata

VERSION_SCHEMA = "meguri"
"""Where Alembic keeps the revision; the application may read it, to know that it is ready."""


def run(connection: Connection) -> None:
    """Bring the database behind `connection` to the revision that was asked for."""
    # Two deployments that start at once: the second waits here and then finds nothing to do.
    connection.execute(text("SET lock_timeout = '60s'"))
    connection.execute(text("SELECT pg_advisory_lock(hashtext('meguri.migrations'))"))
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {VERSION_SCHEMA}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {VERSION_SCHEMA} TO meguri_app"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        include_schemas=True,
        version_table_schema=VERSION_SCHEMA,
        include_object=is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


def is_ours(item: Any, name: str | None, kind: str, *_: object) -> bool:
    """Leaves the partitions of entry and posting out of comparisons: they come month by month."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", "")
    return not str(table).startswith(("entry_2", "entry_default", "posting_2", "posting_default"))


async def migrate() -> None:
    """Connect as the owner and run."""
    url = context.config.attributes["owner_database_url"]

    async def connect() -> BareConnection:
        return await asyncpg.connect(
            url,
            server_settings={
                "role": "meguri_owner",
                "lock_timeout": "4s",
                "statement_timeout": "60s",
                "timezone": "UTC",
            },
        )

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(migrate())
