"""What is written outside of PostgreSQL tells a database that is older than what was released."""

from pathlib import Path

import asyncpg
import pytest

from core.errors import Problem
from insights.newest_release import FILE, marked
from insights.release_due import release_due
from insights.verify import verify_whole_region
from tests.insights.statistics_builder import WEEK, go_to, hold_plan
from tests.town_builder import Town

BACK = """
    SET session_replication_role = replica;
    DELETE FROM insights.release WHERE release_no > 3;
    UPDATE insights.budget SET used = (SELECT sum(cost) FROM insights.release);
"""


async def release(town: Town, folder: Path | None) -> int:
    return await release_due(town.database, town.region, lambda: None, folder=folder)


async def faults(town: Town, folder: Path | None) -> list[str]:
    verdict = await verify_whole_region(town.database, town.region, folder)
    return [fault.place for fault in verdict.faults]


async def test_an_older_database_releases_nothing_and_verify_says_so(town: Town, tmp_path: Path):
    plan = await hold_plan(town)
    await go_to(town, plan.lists.first_week + 2 * WEEK)
    assert await release(town, tmp_path) == 6
    newest = marked(tmp_path, town.region.code)
    assert newest is not None
    assert newest.release_no == 6
    assert await release(town, tmp_path) == 0
    assert await faults(town, tmp_path) == []
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute(BACK)
    await superuser.close()
    assert await faults(town, None) == [], "all that is left looks whole"
    assert await faults(town, tmp_path) == ["release 6 is not there, or is another one"]
    with pytest.raises(Problem) as refusal:
        await release(town, tmp_path)
    assert refusal.value.type.slug == "release-missing"
    assert await release(town, None) == 3, "without the folder nobody knows"
    assert await faults(town, tmp_path) == ["release 6 is not there, or is another one"]
    assert marked(tmp_path, town.region.code) == newest


async def test_a_file_that_says_nothing_is_no_leave_to_release(town: Town, tmp_path: Path):
    path = tmp_path / town.region.code / FILE
    path.parent.mkdir()
    for said in ("", "[]", '{"release_no": "x", "hash": ""}', "{}"):
        path.write_text(said)
        with pytest.raises(OSError, match="cannot be read"):
            await release(town, tmp_path)


async def test_what_a_crash_left_out_is_written_the_next_time(town: Town, tmp_path: Path):
    plan = await hold_plan(town)
    await go_to(town, plan.lists.first_week + WEEK)
    assert await release(town, None) == 3
    assert await release(town, tmp_path) == 0
    found = marked(tmp_path, town.region.code)
    assert found is not None
    assert found.release_no == 3
