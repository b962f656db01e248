"""The worker's loop: what is due is done once a day, trouble is survived, an end is clean."""

import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from core.database import Database
from core.errors import Problem
from core.settings import Settings
from ledger.engine import UNAVAILABLE
from tests.town_builder import Town, open_region
from worker.heartbeat import STALE_S, Heartbeat
from worker.job import Job
from worker.main import Worker, run
from worker.partitions import make_partitions

BREAK_SETTINGS = """
    UPDATE ledger.holder SET facts = facts || '{"coin_months": "not of this world"}'
     WHERE region_id = $1 AND kind = 'issuer'
"""
NOON = datetime(2027, 1, 10, 3, 0, tzinfo=UTC)


@pytest.fixture
def heart(settings: Settings, tmp_path: Path) -> Heartbeat:
    """A heart in a folder of this test alone."""
    return Heartbeat(settings.model_copy(update={"data_dir": tmp_path}))


@pytest.fixture(autouse=True)
def worker_speaks(caplog: pytest.LogCaptureFixture) -> None:
    """What the worker says is heard."""
    caplog.set_level(logging.INFO, logger="worker")


async def expiries(town: Town) -> int:
    return len(await town.rows("SELECT 1 FROM ledger.entry WHERE kind = 'expiry'"))


async def test_a_round_does_what_is_due_and_the_next_does_it_no_more(
    town: Town, heart: Heartbeat, caplog: pytest.LogCaptureFixture
):
    await town.set_clock(NOON)
    await town.change_settings(coin_months=1)
    await town.top_up(await town.open_wallet(), 5_000)
    worker = Worker(town.database, heart)
    await worker.round()
    assert await expiries(town) == 0
    assert "expire setagaya until 2027-01-10: expired 0, closed 0, found done 0" in caplog.text

    await town.set_clock(NOON + timedelta(days=60))
    await worker.round()
    assert await expiries(town) == 1
    assert "expire setagaya until 2027-03-11: expired 1, closed 0, found done 0" in caplog.text
    caplog.clear()
    await worker.round()
    assert caplog.text == ""
    assert heart.is_fresh()


async def test_a_day_begins_five_minutes_late(town: Town, heart: Heartbeat):
    await town.set_clock(NOON)
    await town.change_settings(coin_months=1)
    await town.top_up(await town.open_wallet(), 5_000)
    midnight = datetime(2027, 2, 28, 15, 0, tzinfo=UTC)  # in Tokyo
    worker = Worker(town.database, heart)
    await town.set_clock(midnight + timedelta(minutes=4))
    await worker.round()
    assert await expiries(town) == 0
    await town.set_clock(midnight + timedelta(minutes=5))
    await worker.round()
    assert await expiries(town) == 1


async def test_partitions_are_made_ahead_once(town: Town):
    await town.set_clock(datetime(2031, 5, 10, tzinfo=UTC))
    made = await asyncio.gather(*(make_partitions(town.database) for _ in range(3)))
    assert sorted(made) == [0, 0, 4]  # this month and the three that follow
    rows = await town.rows("SELECT to_regclass('ledger.posting_2031_08') IS NOT NULL")
    assert rows[0][0] is True


async def test_a_dead_database_is_survived_and_said(
    heart: Heartbeat, caplog: pytest.LogCaptureFixture
):
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    worker = Worker(database, heart)
    await worker.round()
    assert "look failed, again in 5 s: " in caplog.text
    caplog.clear()
    await worker.round()
    assert caplog.text == ""  # it rests first
    assert heart.is_fresh()
    await database.close()


async def test_a_job_that_fails_does_not_stop_the_others(
    town: Town, heart: Heartbeat, caplog: pytest.LogCaptureFixture
):
    worker, day, done = Worker(town.database, heart), NOON.date(), []

    async def refused() -> None:
        raise Problem(UNAVAILABLE, retry_after=1)

    async def succeeds() -> None:
        done.append(day)

    for _ in range(2):
        assert not await worker._do("first", day, refused)  # what waits for it goes on waiting
        assert await worker._do("second", day, succeeds)
    assert done == [day]
    assert caplog.messages == ["first failed, again in 5 s: ledger-unavailable"]


async def test_a_bug_that_one_region_meets_keeps_no_other_from_its_money(
    town: Town, heart: Heartbeat, caplog: pytest.LogCaptureFixture
):
    """Settings that nobody can read are none of the troubles that a worker knows. What forgets does
    so in all regions at once.
    """
    other = await open_region(town.database, "hakodate", "Asia/Tokyo")
    await town.set_clock(NOON)
    await town.change_settings(coin_months=1)
    await town.top_up(await town.open_wallet(), 5_000)
    await town.set_clock(NOON + timedelta(days=60))
    owner = await asyncpg.connect(town.place.owner_url, server_settings={"role": "meguri_owner"})
    await owner.execute(BREAK_SETTINGS, other.region_id)
    await owner.close()
    worker = Worker(town.database, heart)
    await worker.round()
    assert await expiries(town) == 1
    bugs = [record for record in caplog.records if "met a bug" in record.getMessage()]
    assert all(record.levelno == logging.ERROR for record in bugs)
    met = {record.getMessage().partition(" met")[0] for record in bugs}
    assert met >= {"hold hakodate", "settle hakodate"}
    assert not [name for name in met if "setagaya" in name]
    assert "not of this world" not in caplog.text
    caplog.clear()
    await worker.round()
    assert caplog.text == ""  # what met a bug rests first


def test_a_job_rests_longer_after_each_failure_and_never_too_long():
    job = Job("expire")
    assert [job.failed() for _ in range(6)] == [5, 10, 20, 40, 60, 60]
    for _ in range(5_000):
        assert job.failed() == 60
    day = NOON.date()
    assert not job.is_due(day)
    job.succeeded(day)
    assert not job.is_due(day)
    assert job.is_due(day + timedelta(days=1))


async def test_it_stops_when_it_is_cancelled(
    town: Town, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    chosen = settings.model_copy(update={"data_dir": tmp_path / "new"})
    heart = Heartbeat(chosen)
    assert not heart.is_fresh()
    task = asyncio.create_task(run(chosen))
    async with asyncio.timeout(10):
        while "expire setagaya" not in caplog.text:
            await asyncio.sleep(0.02)
    assert heart.is_fresh()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert caplog.messages[-1] == "the worker ends"


@pytest.mark.parametrize(("policy", "watches"), [("stop", 0), ("degrade", 2)])
async def test_it_watches_the_standby_where_it_may_do_without(
    policy: str, watches: int, town: Town, settings: Settings, caplog: pytest.LogCaptureFixture
):
    task = asyncio.create_task(run(settings.model_copy(update={"without_standby": policy})))
    async with asyncio.timeout(10):
        while "expire setagaya" not in caplog.text:
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])
    assert caplog.text.count("will be done without") == watches


def test_an_old_heartbeat_is_no_sign_of_life(heart: Heartbeat):
    heart.beat()
    assert heart.is_fresh()
    long_ago = heart.path.stat().st_mtime - STALE_S - 1
    os.utime(heart.path, (long_ago, long_ago))
    assert not heart.is_fresh()
