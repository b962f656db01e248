"""The servers that a process needs: those that its settings name, embedded ones for the rest."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from core.settings import Settings

DATABASE = "meguri"
"""Name of the embedded server's one database for use."""


@asynccontextmanager
async def embedded_services(settings: Settings) -> AsyncIterator[Settings]:
    """Settings with every URL filled in, good until the block ends.

    A server whose URL is set is left alone. An embedded one is started or joined, and stops when
    the last process that uses it has left. Raises `EmbeddedError` when one cannot be had.
    """
    filled: dict[str, str] = {}
    async with AsyncExitStack() as leases:
        if not settings.database_url:
            from core.embedded.postgres import start_postgres

            postgres = await start_postgres(settings.data_dir)
            leases.push_async_callback(postgres.leave)
            await postgres.create_database(DATABASE)
            filled["database_url"] = postgres.app_url(DATABASE)
            filled["owner_database_url"] = postgres.owner_url(DATABASE)
            filled["sealer_database_url"] = postgres.sealer_url(DATABASE)
        if not settings.redis_url:
            from core.embedded.valkey import start_valkey

            valkey = await start_valkey(settings.data_dir)
            leases.push_async_callback(valkey.leave)
            filled["redis_url"] = valkey.url
        yield settings.model_copy(update=filled)
