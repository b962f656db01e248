"""Runs the revisions as meguri_owner, under a lock, with limits on how long it may wait."""

import asyncio
from typing import Any

import asyncpg
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

import migrations.models  # noqa: F401
from core.database import Connection as BareConnection
from core.database import metadata
from migrations.digest import TABLE as DIGESTS
from migrations.digest import OtherMigrationsError, digest, is_made_by_these

VERSION_SCHEMA = "meguri"
"""Where Alembic keeps the revision; the application may read it, to know that it is ready."""

_MAKE_DIGESTS = f"""
    CREATE TABLE {DIGESTS} (
        revision text NOT NULL CONSTRAINT migration_digest_pk PRIMARY KEY,
        digest   text NOT NULL
    )
"""
_KEEP_DIGEST = f"INSERT INTO {DIGESTS} VALUES (:revision, :digest)"  # noqa: S608  (our own name)
_WITHOUT_MODEL = (
    "entry_2", "entry_default", "posting_2", "posting_default", "migration_digest",
)  # fmt: skip


def run(connection: Connection) -> None:
    """Bring the database behind `connection` to the revision that was asked for.

    Raises `OtherMigrationsError`, and leaves everything as it is, if other ones made it.
    """
    # Two deployments that start at once: the second waits here and then finds nothing to do.
    connection.execute(text("SET lock_timeout = '60s'"))
    connection.execute(text("SELECT pg_advisory_lock(hashtext('meguri.migrations'))"))
    connection.execute(text("SET lock_timeout = '4s'"))
    _refuse_what_others_made(connection)
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {VERSION_SCHEMA}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {VERSION_SCHEMA} TO meguri_app"))
    if not _has_table(connection, DIGESTS):
        connection.execute(text(_MAKE_DIGESTS))
        connection.execute(text(f"GRANT SELECT ON {DIGESTS} TO meguri_app"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        include_schemas=True,
        version_table_schema=VERSION_SCHEMA,
        include_object=is_ours,
        on_version_apply=_keep_digest,
    )
    with context.begin_transaction():
        context.run_migrations()


def is_ours(item: Any, name: str | None, kind: str, *_: object) -> bool:
    """Leaves out of comparisons what has no model: the digests, and the partitions of entry and
    posting, which come month by month.
    """
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", "")
    return not str(table).startswith(_WITHOUT_MODEL)


def _refuse_what_others_made(connection: Connection) -> None:
    if not _has_table(connection, f"{VERSION_SCHEMA}.alembic_version"):
        return
    found: dict[str, str] = {}
    if _has_table(connection, DIGESTS):
        rows = connection.execute(text(f"TABLE {DIGESTS}"))
        found = {row.revision: row.digest for row in rows}
    known = {script.revision: digest(script.revision) for script in context.script.walk_revisions()}
    if not is_made_by_these(found, known):
        raise OtherMigrationsError


def _has_table(connection: Connection, name: str) -> bool:
    asked = text("SELECT to_regclass(:name) IS NOT NULL")
    return bool(connection.execute(asked, {"name": name}).scalar_one())


def _keep_digest(ctx: MigrationContext, step: MigrationInfo, *_: object, **__: object) -> None:
    """In the revision's own transaction."""
    revision = step.up_revision_id
    assert revision is not None
    assert ctx.connection is not None
    kept = {"revision": revision, "digest": digest(revision)}
    ctx.connection.execute(text(_KEEP_DIGEST), kept)


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
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(migrate())
