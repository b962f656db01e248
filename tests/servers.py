"""The servers of a test session: embedded ones, or those that MEGURI_* variables name."""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from cli.migrate import upgrade
from core.database import Connection, Database
from core.embedded.postgres import start_postgres
from core.embedded.valkey import start_valkey
from tests.blank import Blank, read_blank, reset

ROLES = ("app", "owner", "sealer")
"""Each test session has a login for each, which is a member of it and of nothing else."""

MOST_LEFT_OVER = 30
"""Databases that are done with are dropped many at a time: each drop waits for a checkpoint."""


_FLEETING = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "ALTER SYSTEM SET autovacuum_naptime = '1min'",
    "SELECT pg_reload_conf()",
)
"""Nothing here survives the session, let alone a crash of the machine: docs/decisions/0049."""


@dataclass(frozen=True)
class Place:
    """One database of the tests, as each kind of login reaches it."""

    name: str
    app_url: str
    """Its login is a member of meguri_app, and of nothing else."""
    owner_url: str
    """Its login is a member of meguri_owner: migrations, and a demo's clock."""
    sealer_url: str
    """Its login is a member of meguri_sealer, and of nothing else."""
    superuser_url: str


@dataclass
class Stock:
    """Databases that are as good as new, and the one that they are clones of."""

    template: str
    blank: Blank
    as_new: list[Place] = field(default_factory=list)


@dataclass
class Servers:
    """A PostgreSQL whose template databases are migrated, and a Redis."""

    superuser_url: str
    redis_url: str
    folder: Path
    """Closed to nobody who runs the servers; gone when the session ends."""
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    session: str = field(default_factory=lambda: secrets.token_hex(4))
    _left_over: list[str] = field(default_factory=list)
    _stocks: dict[bool, Stock] = field(default_factory=dict)
    """Of clones with a region, and of those without."""
    _stock_of: dict[str, Stock] = field(default_factory=dict)
    _cleaners: dict[str, Connection] = field(default_factory=dict, repr=False)
    """A superuser's connection to each clone: a new one plans what cleans it for 10 ms."""
    _made: int = 0

    def place(self, name: str) -> Place:
        """The URLs of a database."""
        return Place(
            name,
            self._url(name, f"meguri_test_{self.session}_app"),
            self._url(name, f"meguri_test_{self.session}_owner"),
            self._url(name, f"meguri_test_{self.session}_sealer"),
            self._url(name, None),
        )

    async def empty(self) -> Place:
        """A new database with nothing in it."""
        return await self._create("template0")

    async def clone(self, *, is_new: bool = False, has_region: bool = False) -> Place:
        """A new database that is migrated, or one that is as good as new unless `is_new`.

        With `has_region` what `make_templates` was given has been done to it. A clone is made
        through the write-ahead log: 0.13 s each here, where copying files takes 1.4 s.
        """
        stock = self._stocks[has_region]
        if stock.as_new and not is_new:
            return stock.as_new.pop()
        place = await self._create(stock.template)
        self._stock_of[place.name] = stock
        return place

    async def leave(self, place: Place) -> None:
        """Say that nobody needs this database any more; as good as new, the next one has it."""
        stock = self._stock_of.get(place.name)
        if stock is not None and await self._cleaned(place, stock.blank):
            stock.as_new.append(place)
            return
        self._left_over.append(place.name)
        if len(self._left_over) >= MOST_LEFT_OVER:
            await self.drop_left_over()

    async def drop_left_over(self) -> None:
        """Drop what nobody needs any more, all at once."""
        names, self._left_over = self._left_over, []
        for name in names:
            if (cleaner := self._cleaners.pop(name, None)) is not None:
                cleaner.terminate()
        await asyncio.gather(
            *(self.administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)") for name in names)
        )

    async def administer(self, *statements: str) -> None:
        """Run statements as the superuser, one by one, outside of a transaction."""
        connection = await asyncpg.connect(self.superuser_url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def make_templates(self, open_first: Callable[[Database], Awaitable[object]]) -> None:
        """Make the roles, a login of this session for each, and the migrated templates.

        One is as migrations leave it; to the other, `open_first` is done.
        """
        for role in ROLES:
            login = f"meguri_test_{self.session}_{role}"
            await self.administer(
                f"DO $$ BEGIN CREATE ROLE meguri_{role} NOLOGIN;"
                " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
                # Thousands of rounds keep weak passwords safe; this one is random, and often shown.
                "SET scram_iterations = 1",
                f"CREATE ROLE {login} LOGIN PASSWORD '{self.password}'",
                f"GRANT meguri_{role} TO {login}",
            )
        for role in ("meguri_city", "meguri_matcher", "meguri_sender"):
            await self.administer(
                f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN;"
                " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
                f"GRANT {role} TO meguri_app WITH INHERIT FALSE, SET TRUE",
            )
        template = await self._create("template0")
        await upgrade(template.owner_url)
        self._stocks[False] = Stock(template.name, await read_blank(template.superuser_url))
        opened = await self._create(template.name)
        database = Database(opened.app_url)
        await open_first(database)
        await database.close()
        self._stocks[True] = Stock(opened.name, await read_blank(opened.superuser_url))

    async def forget(self) -> None:
        """Drop every database and login of this session."""
        for stock in self._stocks.values():
            self._left_over += [stock.template, *(place.name for place in stock.as_new)]
        await self.drop_left_over()
        await self.administer(
            *(f"DROP ROLE IF EXISTS meguri_test_{self.session}_{role}" for role in ROLES)
        )

    async def _cleaned(self, place: Place, blank: Blank) -> bool:
        for _ in range(2):  # a test may have killed every connection, this one too
            try:
                if (cleaner := self._cleaners.get(place.name)) is None:
                    cleaner = await asyncpg.connect(place.superuser_url)
                    self._cleaners[place.name] = cleaner
                return await reset(cleaner, blank)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                if (cleaner := self._cleaners.pop(place.name, None)) is not None:
                    cleaner.terminate()
        return False

    async def _create(self, template: str) -> Place:
        self._made += 1
        name = f"meguri_test_{self.session}_{self._made}"
        await self.administer(*_creation(name, template))
        return self.place(name)

    def _url(self, database: str, login: str | None) -> str:
        parts = urlsplit(self.superuser_url)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{login}:{self.password}@{host}" if login else parts.netloc
        return urlunsplit(parts._replace(netloc=netloc, path=f"/{quote(database)}"))


@asynccontextmanager
async def running_servers(
    open_first: Callable[[Database], Awaitable[object]],
) -> AsyncIterator[Servers]:
    """The servers of one session; `open_first` opens the region that most tests have.

    MEGURI_DATABASE_URL (of a superuser, who makes databases and logins) and MEGURI_REDIS_URL are
    used where they are set: their Redis is flushed. Else both are embedded, and PostgreSQL
    waits for no disk (docs/decisions/0049).
    """
    # Not pytest's own folder: the account that servers of root run as could not pass through it.
    folder = Path(tempfile.mkdtemp(prefix="meguri-tests-"))
    postgres = None if os.environ.get("MEGURI_DATABASE_URL") else await start_postgres(folder)
    valkey = None if os.environ.get("MEGURI_REDIS_URL") else await start_valkey(folder)
    servers = Servers(
        postgres.superuser_url if postgres else os.environ["MEGURI_DATABASE_URL"],
        valkey.url if valkey else os.environ["MEGURI_REDIS_URL"],
        folder,
    )
    try:
        if postgres:
            await servers.administer(*_FLEETING)
        await servers.make_templates(open_first)
        yield servers
    finally:
        if postgres is None:
            await servers.forget()
        else:
            await postgres.leave()
        if valkey is not None:
            await valkey.leave()
        shutil.rmtree(folder)


def _creation(name: str, template: str) -> list[str]:
    return [
        f"CREATE DATABASE {name} OWNER meguri_owner TEMPLATE {template} STRATEGY wal_log",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO meguri_app, meguri_sealer",
    ]
