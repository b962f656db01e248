"""`meguri serve` as a process: it begins in any order, and ends in order and soon."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
import pytest

from api.open_secrets import open_keys
from api.tokens import issue
from core.settings import Settings
from tests.cli.served import Served, environment, served
from tests.servers import Servers
from tests.town_builder import Store, Town

OUR_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING) [\w.]+: .+")


@asynccontextmanager
async def open_feed(
    server: Served, settings: Settings, store: Store
) -> AsyncIterator[asyncio.Task[str]]:
    """A live feed that was begun; the task ends with what it said."""
    token = issue(
        open_keys(settings), "merchant", store.staff_id, "setagaya",
        merchant=store.merchant_id, role="owner",
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{server.address}/v1/stores/{store.store_id}/feed"
    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        chunks = answer.aiter_text()
        assert "retry:" in await anext(chunks)

        async def rest() -> str:
            return "".join([chunk async for chunk in chunks])

        task = asyncio.create_task(rest())
        yield task
        await task


@pytest.mark.parametrize(("workers", "number"), [("1", signal.SIGINT), ("2", signal.SIGTERM)])
async def test_open_feeds_do_not_keep_it_from_ending(
    town: Town, settings: Settings, tmp_path: Path, workers: str, number: signal.Signals
):
    store = await town.open_store()
    async with served(settings, tmp_path, "--workers", workers) as server:
        await server.ready()
        async with (
            open_feed(server, settings, store) as one,
            open_feed(server, settings, store) as other,
        ):
            seconds = await server.end(number)
        assert (await one, await other) == ("", "")
    assert seconds < 4
    assert server.process.returncode in {0, 128 + signal.SIGTERM}
    for line in server.log.splitlines():
        assert OUR_LINE.fullmatch(line), server.log
    assert "Application shutdown complete" in server.log
    assert "Cancel" not in server.log


async def test_while_it_drains_it_serves_and_says_that_it_is_not_ready(
    town: Town, settings: Settings, tmp_path: Path
):
    store = await town.open_store()
    async with served(settings, tmp_path, MEGURI_DRAIN_SECONDS=3) as server:
        await server.ready()
        async with httpx.AsyncClient() as client, open_feed(server, settings, store) as feed:
            server.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(feed, 2) == ""
            answer = await client.get(f"{server.address}/readyz")
            assert (answer.status_code, answer.json()["process"]) == (503, "ending")
            assert answer.json()["status"] == "not ready"
            assert (await client.get(f"{server.address}/healthz")).status_code == 200
            with pytest.raises(AssertionError):  # another feed is refused
                async with open_feed(server, settings, store):
                    pass
        assert await server.ended() == 128 + signal.SIGTERM


async def test_a_second_signal_ends_it_at_once(town: Town, settings: Settings, tmp_path: Path):
    async with served(settings, tmp_path, MEGURI_DRAIN_SECONDS=60) as server:
        await server.ready()
        server.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        assert await server.end() < 3


async def test_processes_count_together_and_leave_no_folder(
    town: Town, settings: Settings, tmp_path: Path
):
    async with served(settings, tmp_path, "--workers", "2", "--with-worker") as server:
        await server.ready()
        async with httpx.AsyncClient() as client:
            for _ in range(40):  # each on a connection of its own, so that both processes get some
                await client.get(f"{server.address}/healthz", headers={"Connection": "close"})
            told = (await client.get(f"{server.address}/metrics")).text
        assert 'meguri_http_requests_total{method="GET",route="/healthz",status="200"} 40.0' in told
        [folder] = tmp_path.glob("meguri-metrics-*")
        assert len({file.stem.rpartition("_")[2] for file in folder.glob("counter_*.db")}) >= 2
        await server.end()
    assert list(tmp_path.glob("meguri-metrics-*")) == []
    assert "the worker ends" in server.log


async def test_a_database_that_is_not_there_is_waited_for_and_then_given_up(
    settings: Settings, tmp_path: Path
):
    url = "postgresql://meguri:hunter2@127.0.0.1:1/meguri"
    async with served(
        settings, tmp_path, "--patience", "1",
        MEGURI_DATABASE_URL=url, MEGURI_OWNER_DATABASE_URL=url,
    ) as server:  # fmt: skip
        assert await server.ended() == 1
    place = "postgresql://meguri@127.0.0.1:1/meguri"
    assert server.log.splitlines() == [
        f"meguri: waiting for the database {place}",
        f"meguri: the database {place} did not answer within 1 s",
    ]


async def test_a_database_that_comes_later_is_served(
    town: Town, settings: Settings, servers: Servers, tmp_path: Path
):
    name = town.place.name
    await servers.administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    async with served(settings, tmp_path) as server:
        async with asyncio.timeout(20):
            while "waiting" not in server.log:
                await asyncio.sleep(0.1)
        await servers.administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await server.ready()
        await server.end()


async def test_a_database_without_tables_says_what_to_run(
    settings: Settings, servers: Servers, tmp_path: Path
):
    empty = await servers.empty()
    async with served(settings, tmp_path, MEGURI_DATABASE_URL=empty.app_url) as server:
        assert await server.ended() == 1
    assert server.log.count("\n") == 1
    assert "is not migrated: run `meguri migrate`" in server.log
    await servers.leave(empty)


async def test_failpoints_are_refused_where_money_is_real_in_one_line(
    town: Town, settings: Settings, tmp_path: Path
):
    order = "engine.after_lock=kill@1"
    async with served(settings, tmp_path, MEGURI_FAILPOINTS=order) as server:
        assert await server.ended() == 1
    assert server.log.count("\n") == 1
    assert "MEGURI_FAILPOINTS is set, and postgresql://" in server.log
    assert server.log.endswith("is not marked as a demo\n")


@pytest.mark.parametrize("command", ["migrate", "serve", "worker"])
async def test_a_database_of_other_migrations_is_refused_in_one_line(
    town: Town, settings: Settings, servers: Servers, tmp_path: Path, command: str
):
    name = town.place.name
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("DROP TABLE meguri.migration_digest")
    await superuser.close()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", command,
        env=environment(settings), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    line = said.decode().splitlines()[-1]
    assert name in line
    assert "make a new one, and run `meguri migrate`" in line
    assert servers.password not in line


async def test_keys_that_cannot_be_read_are_said_in_one_line(settings: Settings, tmp_path: Path):
    keys = tmp_path / "keys.json"
    keys.write_text("no keys")
    async with served(settings, tmp_path, MEGURI_KEYS_FILE=keys) as server:
        assert await server.ended() == 1
    assert server.log.count("\n") == 1
    assert f"the keys in {keys} cannot be read" in server.log


async def test_a_connection_that_asks_nothing_is_cut(
    town: Town, settings: Settings, tmp_path: Path
):
    async with served(settings, tmp_path, "--workers", "2", MEGURI_HEAD_SECONDS=1) as server:
        await server.ready()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", int(server.address.rpartition(":")[2])
        )
        async with asyncio.timeout(8):
            with suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()


async def test_its_api_processes_end_when_it_is_killed(settings: Settings, tmp_path: Path):
    async with served(settings, tmp_path, "--workers", "2") as server:
        await server.ready()
        children = children_of(server.process.pid)
        assert len(children) >= 2
        server.process.kill()
        await server.process.wait()
        async with asyncio.timeout(30):
            while any(is_running(child) for child in children):
                await asyncio.sleep(0.1)
        async with httpx.AsyncClient() as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"{server.address}/livez")


def children_of(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in told.split()]


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    with suppress(FileNotFoundError, ProcessLookupError):
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    return False
