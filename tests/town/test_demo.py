"""The demo from end to end, as its reader starts it: real processes, a database of its own each."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core.database import Database
from core.embedded.folder import resolved
from ledger.regions import load_regions
from payments.replay import replay
from tests.servers import Place, Servers

ROOT = Path(__file__).parents[2]
SIZE = ("--residents", "40", "--merchants", "8", "--payments", "60", "--port", "0")
OF_THE_DAY = "kind = 'payment' AND refusal IS NULL AND extract(isodow FROM business_date) = 7"
"""The town's day is the Sunday; what was written in bulk is of the days before it."""
DAY_HAS_BEGUN = f"SELECT count(*) > 0 FROM ledger.entry WHERE {OF_THE_DAY}"
A_SALE = f"""
    UPDATE ledger.entry SET amount = amount + 1
     WHERE (region_id, entry_id) IN (SELECT region_id, entry_id FROM ledger.entry
                                      WHERE {OF_THE_DAY} LIMIT 1)
"""
THE_CASH = "UPDATE ledger.account SET balance = balance + 1 WHERE kind = 'cash' AND balance > 0"

ENDS_WITHIN_S = 300

Demo = Callable[..., Coroutine[Any, Any, Process]]


@asynccontextmanager
async def demos(servers: Servers) -> AsyncIterator[Demo]:
    """Starts `meguri demo` on a place, with these words besides; whatever still runs is ended."""
    running: list[Process] = []

    async def start(place: Place, *words: str) -> Process:
        settings = {
            "MEGURI_ENVIRONMENT": "demo",
            "MEGURI_DATABASE_URL": place.app_url,
            "MEGURI_OWNER_DATABASE_URL": place.owner_url,
            "MEGURI_REDIS_URL": servers.redis_url,
            "MEGURI_DATA_DIR": str(resolved(servers.folder) / place.name),
        }
        outside = {name: kept for name, kept in os.environ.items() if name[:7] != "MEGURI_"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "demo", *SIZE, *words),
            stdout=PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=ROOT,
            env=outside | settings,
        )
        running.append(process)
        return process

    try:
        yield start
    finally:
        for process in running:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture
async def demo(servers: Servers) -> AsyncIterator[Demo]:
    """Starts demos of one test."""
    async with demos(servers) as start:
        yield start


@dataclass(frozen=True)
class Days:
    """One day of one seed, lived three times at once."""

    place: Place
    serving: Process
    told: str
    """Of the one that serves on."""
    sale: tuple[int | None, str]
    """Exit code and words of the one in which a sale was tampered with."""
    cash: tuple[int | None, str]
    """The same where a balance was that no sale moves."""


@pytest.fixture(scope="module")
async def days(servers: Servers) -> AsyncIterator[Days]:
    """One demo as it is, and two in which a figure is changed as soon as the day has begun."""
    async with demos(servers) as start:
        place, one, another = [await servers.clone() for _ in range(3)]
        serving = await start(place)
        sale, cash = [await start(each, "--once") for each in (one, another)]
        told, of_sale, of_cash, _, _ = await asyncio.gather(
            until(serving, "Ctrl-C ends it"),
            rest(sale),
            rest(cash),
            tamper(one, A_SALE),
            tamper(another, THE_CASH),
        )
        yield Days(place, serving, told, (sale.returncode, of_sale), (cash.returncode, of_cash))


async def until(process: Process, words: str) -> str:
    """What the demo says until a line with these words, that line included."""
    assert process.stdout is not None
    told = ""
    async with asyncio.timeout(ENDS_WITHIN_S):
        async for line in process.stdout:
            told += line.decode()
            if words in told:
                return told
    raise AssertionError(told)


async def rest(process: Process) -> str:
    async with asyncio.timeout(ENDS_WITHIN_S):
        told, _ = await process.communicate()
    return told.decode()


def section(told: str, title: str) -> str:
    """One table of the summary, without what goes around it."""
    return told.partition(f"\n  {title}")[2].partition("\n\n")[0]


def amounts(told: str) -> list[str]:
    lines = section(told, "Verdict").splitlines()
    return [line for line in lines if line.rstrip().endswith(("✓ agrees", "✗ DIFFERS"))]


@pytest.mark.slow
async def test_one_seed_comes_to_the_same_twice(days: Days) -> None:
    told, (_, again) = days.told, days.cash
    await grants_are_decided_again_the_same(days.place)
    assert len(amounts(told)) == 18
    assert amounts(told) == amounts(again)
    assert "this server has ended" in again
    assert "this server has ended" not in told
    assert ("no worker runs beside" in told, "no worker runs beside" in again) == (True, False)
    for title in ("The day's books", "Mistakes that were refused"):
        assert section(told, title) == section(again, title) != ""
    assert "of the week's tables are too small to be told" in again
    nearest = section(told, "Nearest to the station").splitlines()[3:]
    assert len(nearest) == 8, "each shop is in the directory"
    assert all(" open " in line or " closed " in line for line in nearest)


@pytest.mark.slow
async def test_the_calls_that_it_shows_work_until_ctrl_c(days: Days) -> None:
    await the_calls_work(days.told)
    days.serving.send_signal(signal.SIGINT)
    await rest(days.serving)
    assert days.serving.returncode == 0


async def grants_are_decided_again_the_same(place: Place) -> None:
    """Replay all that the day's campaigns granted."""
    database = Database(place.app_url)
    for region in (await load_regions(database)).values():
        found = await replay(database, region, (None, None), lambda *_: None)
        assert (found.differences, found.places, found.not_kept) == (0, [], 0)
        assert found.payments > 40
    await database.close()


async def the_calls_work(told: str) -> None:
    """Run what stands under "Try it" in a shell, as a reader would who copies it."""
    lines = told.partition("Try it")[2].splitlines()
    script = [line for line in lines if not line.startswith(("  ", "MEGURI_"))]
    calls = [line for line in script if line.startswith("curl")]
    assert len(calls) == 6
    shell = await asyncio.create_subprocess_exec(
        "sh", "-eu", stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.STDOUT
    )
    failing = [line.replace("curl -sS", "curl -sS --fail-with-body") for line in script]
    answers, _ = await shell.communicate("\n".join(failing[1:]).encode())
    assert shell.returncode == 0, answers
    assert len(answers.splitlines()) == 6, "each answer stands on a line of its own"
    assert answers.count(b'"rebate_points"') >= 2  # what a payment would bring, and brought
    assert b'"difference_yen":0' in answers
    assert b'"is_open_now":false' not in answers


@pytest.mark.slow
async def test_a_figure_that_was_tampered_with_is_seen(days: Days) -> None:
    """By the town's own count and the audit: one sale. By the audit: a balance no sale moves."""
    assert "✓ Every figure agrees" in days.told
    for (code, told), differs in ((days.sale, True), (days.cash, False)):
        assert code == 1, told
        assert ("✗ DIFFERS" in told) is differs
        assert "NOT SOUND" in told


async def tamper(place: Place, statement: str) -> None:
    """Change a figure past every guard, as soon as it is there and the day has begun."""
    superuser = await asyncpg.connect(place.superuser_url)
    try:
        await superuser.execute("SET session_replication_role = replica")
        async with asyncio.timeout(ENDS_WITHIN_S):
            while not await superuser.fetchval(DAY_HAS_BEGUN):
                await asyncio.sleep(0.1)
        assert await superuser.execute(statement) == "UPDATE 1"
    finally:
        await superuser.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGINT, 130)]
)
async def test_a_demo_that_is_stopped_leaves_nothing_running(
    servers: Servers, demo: Demo, number: signal.Signals, code: int
) -> None:
    place = await servers.clone()
    process = await demo(place, "--once")
    told = await until(process, "✓ Server")
    process.send_signal(number)
    told += await rest(process)
    assert process.returncode == code
    assert told.endswith("Stopped.\n")
    assert "Traceback" not in told
    assert not await is_listened_to(told)
    owner = await asyncpg.connect(place.owner_url)
    assert await owner.fetchval("SELECT factor FROM ledger.deployment") == 1
    await owner.close()


@pytest.mark.slow
async def test_the_server_does_not_outlive_a_demo_that_is_killed(
    servers: Servers, demo: Demo
) -> None:
    process = await demo(await servers.clone(), "--once")
    told = await until(process, "✓ Server")
    process.kill()
    async with asyncio.timeout(30):
        while await is_listened_to(told):
            await asyncio.sleep(0.1)


async def is_listened_to(told: str) -> bool:
    """Whether anybody answers at the address that the demo told."""
    port = int(told.partition("http://127.0.0.1:")[2].split()[0])
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


ALL_OBJECTS = """
    SELECT count(*), (SELECT max(version_num) FROM meguri.alembic_version) FROM pg_class
"""


@pytest.mark.slow
async def test_a_database_with_real_regions_is_left_alone(servers: Servers, demo: Demo) -> None:
    place = await servers.clone()
    owner = await asyncpg.connect(place.owner_url)
    await owner.execute("SELECT ledger.open_region('kitamachi', 'Kitamachi', 'Asia/Tokyo')")
    # A migration that is still to come would show by this: it must not be run either.
    await owner.execute("UPDATE meguri.alembic_version SET version_num = '0001'")
    await owner.execute("DROP SCHEMA merchants, campaigns, access CASCADE")
    before = await owner.fetchrow(ALL_OBJECTS)
    process = await demo(place, "--once")
    told = await rest(process)
    assert process.returncode == 1
    assert "a demo needs one of its own" in told
    assert not await owner.fetchval("SELECT is_demo FROM ledger.deployment")
    assert await owner.fetchrow(ALL_OBJECTS) == before
    await owner.close()
