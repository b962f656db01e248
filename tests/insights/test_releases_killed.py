"""Who is killed at any point of a release leaves no output without its debit, and none twice."""

import asyncio
import random
import signal
import sys
from pathlib import Path

from core import failpoints
from insights.mechanism import WEEKLY, WEEKLY_COST
from insights.release_due import release_due
from insights.verify import verify_whole_region
from tests.insights.statistics_builder import WEEK, go_to, hold_plan
from tests.sizes import KILLED_RELEASES
from tests.town_builder import Town

ROOT = Path(__file__).parents[2]
CHILD = """
import asyncio, sys
from core import failpoints
from core.database import Database
from insights.release_due import release_due
from ledger.regions import load_regions

async def main(url, order):
    failpoints.arm(order, is_demo=True)
    database = Database(url)
    region = (await load_regions(database))["setagaya"]
    await release_due(database, region, lambda: None)

asyncio.run(main(*sys.argv[1:]))
"""
ONCE_A_TABLE = {"release.after_noise", "release.after_keep"}
POINTS = [
    (point, nth)
    for point in sorted(failpoints.POINTS)
    if point.startswith(("release.", "session."))
    for nth in range(1, 1 + (len(WEEKLY) if point in ONCE_A_TABLE else 1))
]


async def killed(town: Town, point: str, nth: int) -> int | None:
    """How a process ended that releases what is due."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, town.place.app_url, f"{point}=kill@{nth}", cwd=ROOT
    )
    return await child.wait()


async def test_no_output_is_without_its_debit_and_none_comes_twice(town: Town):
    plan = await hold_plan(town)
    times = 1 + KILLED_RELEASES // len(POINTS)
    weeks = times + 1  # each point is drawn at most so often, so a week is due for every kill
    await go_to(town, plan.lists.first_week + weeks * WEEK)
    chance, kept = random.Random(3), dict[int, bytes]()
    for point, nth in chance.sample([*POINTS] * times, KILLED_RELEASES):
        assert await killed(town, point, nth) == -signal.SIGKILL, (point, nth)
        rows = await town.rows("SELECT release_no, output, cost FROM insights.release")
        used = await town.rows("SELECT coalesce(sum(used), 0)::bigint AS used FROM insights.budget")
        assert used[0].used == sum(row.cost for row in rows), (point, nth)
        told = {row.release_no: row.output for row in rows}
        assert kept.items() <= told.items(), "what was told stays"
        assert len(told) % len(WEEKLY) == 0, "a week comes whole, or not at all"
        kept = told
    await release_due(town.database, town.region, lambda: None)
    [[count, cost]] = await town.rows("SELECT count(*), sum(cost)::bigint FROM insights.release")
    assert (count, cost) == (weeks * len(WEEKLY), weeks * WEEKLY_COST)
    assert (await verify_whole_region(town.database, town.region)).is_sound
