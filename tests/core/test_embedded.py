"""The embedded servers: shared, durable, closed to others, alive after every crash."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from core.embedded.account import EmbeddedError
from core.embedded.postgres import postgres_pid, start_postgres, stop_postgres
from core.embedded.services import embedded_services
from core.embedded.valkey import start_valkey, stop_valkey, valkey_pid
from core.settings import load_settings

ROOT = Path(__file__).parents[2]
NOBODY = 65534
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play another user")

STARTER = """
import asyncio, sys, time
from pathlib import Path
from core.embedded.postgres import start_postgres
server = asyncio.run(start_postgres(Path(sys.argv[1])))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
async def data_dir():
    """One folder for all tests of this file: not below pytest's own, which only root enters."""
    folder = Path(tempfile.mkdtemp(prefix="meguri-test-"))
    yield folder
    await stop_valkey(folder)
    await stop_postgres(folder)
    shutil.rmtree(folder)


@pytest.fixture
async def postgres(data_dir):
    server = await start_postgres(data_dir)
    yield server
    await server.leave()


async def one_value(url: str, query: str):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_three_that_start_at_once_share_one_server_and_the_last_stops_it(data_dir):
    first, second, third = await asyncio.gather(*(start_postgres(data_dir) for _ in range(3)))
    pid = postgres_pid(data_dir)
    assert pid is not None
    await first.leave()
    await second.leave()
    await second.leave()
    assert postgres_pid(data_dir) == pid
    assert await one_value(third.superuser_url, "SELECT 1") == 1
    await third.leave()
    assert postgres_pid(data_dir) is None


async def test_commits_are_durable(postgres):
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await one_value(postgres.superuser_url, f"SHOW {setting}") == "on"


async def test_text_is_utf8_and_sorts_the_same_on_every_machine(postgres):
    query = """
        SELECT concat_ws(' ', pg_encoding_to_char(encoding), datlocprovider, datlocale, datcollate)
        FROM pg_database WHERE datname = 'postgres'
    """
    assert await one_value(postgres.superuser_url, query) == "UTF8 b C.UTF-8 C"


async def test_a_database_is_made_once_and_cloned(postgres):
    assert await postgres.create_database("made") is True
    assert await postgres.create_database("made") is False
    connection = await asyncpg.connect(postgres.owner_url("made"))
    await connection.execute("CREATE SCHEMA seen; GRANT USAGE ON SCHEMA seen TO meguri_app")
    await connection.close()
    assert await postgres.create_database("cloned", template="made") is True
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'seen'"
    assert await one_value(postgres.app_url("cloned"), schemas) == 1
    for name in ("made", "cloned", "never made"):
        await postgres.drop_database(name)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(postgres.app_url("made"))


async def test_logins_begin_as_their_role_and_are_nothing_else(postgres):
    await postgres.create_database("roles")
    assert await one_value(postgres.app_url("roles"), "SELECT current_user") == "meguri_app"
    assert await one_value(postgres.owner_url("roles"), "SELECT current_user") == "meguri_owner"
    for query in (
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine ()",
        "CREATE TEMPORARY TABLE mine ()",
        "SET ROLE meguri_owner",
        "SET ROLE postgres",
        "CREATE ROLE friend",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await one_value(postgres.app_url("roles"), query)
    await postgres.drop_database("roles")


async def test_a_port_of_the_environment_is_that_of_somebody_elses_server(postgres, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    assert await one_value(postgres.superuser_url, "SELECT 1") == 1
    assert await one_value(postgres.superuser_url, "SHOW port") == "5432"


async def test_a_wrong_password_is_refused(postgres):
    url = postgres.superuser_url.replace(postgres.folder.passwords["postgres"], "guess")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url)


async def test_nobody_else_can_read_the_passwords_or_open_the_sockets(data_dir, postgres):
    assert stat.S_IMODE((data_dir / "passwords.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((data_dir / "postgres.lock").stat().st_mode) == 0o600
    assert stat.S_IMODE(postgres.folder.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(data_dir.stat().st_mode) in {0o700, 0o711}
    assert postgres.folder.passwords["postgres"] not in repr(postgres)


@only_root
async def test_another_user_is_kept_out(data_dir, postgres):
    socket = f"{postgres.folder.sockets}/.s.PGSQL.5432"
    code = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    tried = subprocess.run(
        ["/usr/bin/python3", "-c", code, socket],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PermissionError" in tried.stderr


@only_root
async def test_the_server_does_not_run_as_root(data_dir, postgres):
    pid = postgres_pid(data_dir)
    assert Path(f"/proc/{pid}").stat().st_uid == postgres.folder.account.uid != 0


async def test_a_killed_starter_leaves_a_server_that_the_next_one_joins_and_stops(data_dir):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data_dir)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"ready\n"
        starter.kill()
    pid = postgres_pid(data_dir)
    assert pid is not None
    server = await start_postgres(data_dir)
    assert postgres_pid(data_dir) == pid
    await server.leave()
    assert postgres_pid(data_dir) is None


async def test_a_killed_server_comes_back_with_all_that_was_committed(data_dir):
    server = await start_postgres(data_dir)
    await server.create_database("kept")
    await one_value(server.owner_url("kept"), "CREATE TABLE kept AS SELECT 42 AS answer")
    kill(postgres_pid(data_dir))
    await wait_until_gone(data_dir)
    again = await start_postgres(data_dir)
    assert await one_value(again.owner_url("kept"), "SELECT answer FROM kept") == 42
    await again.drop_database("kept")
    await again.leave()
    await server.leave()
    assert postgres_pid(data_dir) is None


def kill(pid: int | None):
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def wait_until_gone(data_dir):
    async with asyncio.timeout(10):
        while postgres_pid(data_dir) is not None:
            await asyncio.sleep(0.01)


async def test_a_pid_file_from_before_a_restart_of_the_machine_is_no_obstacle(data_dir):
    server = await start_postgres(data_dir)
    await server.leave()
    stale = f"{os.getpid()}\n{data_dir}/postgres\n1\n5432\n{server.folder.sockets}\n\n\nready   \n"
    server.folder.write(data_dir / "postgres/postmaster.pid", stale)
    server.folder.write(server.folder.sockets / ".s.PGSQL.5432.lock", stale)
    assert postgres_pid(data_dir) is None
    again = await start_postgres(data_dir)
    assert await one_value(again.superuser_url, "SELECT 1") == 1
    await again.leave()


async def test_stop_ends_a_server_that_is_in_use(data_dir):
    server = await start_postgres(data_dir)
    assert await stop_postgres(data_dir) is True
    assert await stop_postgres(data_dir) is False
    await server.leave()


async def test_data_of_another_major_version_are_left_alone(data_dir):
    server = await start_postgres(data_dir)
    await server.leave()
    server.folder.write(data_dir / "postgres/PG_VERSION", "17\n")
    try:
        with pytest.raises(EmbeddedError, match="PostgreSQL 17"):
            await start_postgres(data_dir)
    finally:
        server.folder.write(data_dir / "postgres/PG_VERSION", "18\n")


async def test_a_database_without_its_passwords_is_refused(data_dir, tmp_path):
    server = await start_postgres(data_dir)
    await server.leave()
    kept = (data_dir / "passwords.json").rename(tmp_path / "passwords.json")
    try:
        with pytest.raises(EmbeddedError, match="its passwords are gone"):
            await start_postgres(data_dir)
    finally:
        shutil.move(kept, data_dir / "passwords.json")


async def test_valkey_is_shared_and_forgets(data_dir):
    first, second = await asyncio.gather(start_valkey(data_dir), start_valkey(data_dir))
    async with redis.asyncio.from_url(first.url) as one, redis.asyncio.from_url(second.url) as two:
        await one.set("code", "1234")
        assert await two.get("code") == b"1234"
    await first.leave()
    assert valkey_pid(data_dir) is not None
    await second.leave()
    assert valkey_pid(data_dir) is None
    third = await start_valkey(data_dir)
    async with redis.asyncio.from_url(third.url) as client:
        assert await client.get("code") is None
    kill(valkey_pid(data_dir))
    fourth = await start_valkey(data_dir)
    await third.leave()
    await fourth.leave()


async def test_valkey_asks_for_its_password(data_dir):
    server = await start_valkey(data_dir)
    url = f"unix://:guess@{server.folder.sockets}/valkey.sock"
    async with redis.asyncio.from_url(url) as client:
        with pytest.raises(redis.ConnectionError, match="invalid username-password"):
            await client.ping()
    await server.leave()
    written = "".join(path.read_text() for path in server.folder.sockets.glob("valkey.*"))
    assert server.folder.passwords["valkey"] not in written


async def test_services_fill_in_what_is_not_set(data_dir, monkeypatch):
    for name in ("MEGURI_DATABASE_URL", "MEGURI_REDIS_URL"):  # of the tests' own servers
        monkeypatch.delenv(name, raising=False)
    settings = load_settings(environment="test", data_dir=data_dir)
    async with embedded_services(settings) as filled:
        assert await one_value(filled.database_url, "SELECT current_user") == "meguri_app"
        assert await one_value(filled.owner_database_url, "SELECT current_user") == "meguri_owner"
        assert filled.redis_url.startswith("unix://")
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == (None, None)


async def test_services_leave_alone_what_is_set(tmp_path):
    settings = load_settings(
        environment="test",
        data_dir=tmp_path / "never",
        database_url="postgresql://app@db.example/meguri",
        redis_url="redis://cache.example",
    )
    async with embedded_services(settings) as filled:
        assert filled == settings
    assert not (tmp_path / "never").exists()
