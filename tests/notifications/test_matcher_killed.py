"""Who kills the matcher at any point finds everybody in the outbox once, and the notice done."""

import asyncio
import signal
import sys
from pathlib import Path

from notifications.fill_inboxes import fill_inboxes
from notifications.match import _turn, send_due_notices
from notifications.notices import end_notice
from notifications.read_notices import Notice
from tests.notifications.notices_builder import DRAFTER, PLAIN, agree, approved_notice
from tests.somebody_waits import somebody_waits
from tests.town_builder import Town

ROOT = Path(__file__).parents[2]
CHILD = """
import asyncio, sys
from core import failpoints
from core.database import Database
from ledger.regions import load_regions
from notifications.match import send_due_notices

async def main(url, order):
    failpoints.arm(order, is_demo=True)
    database = Database(url)
    region = (await load_regions(database))["setagaya"]
    await send_due_notices(database, region, lambda: None)

asyncio.run(main(*sys.argv[1:]))
"""


async def killed(town: Town, point: str) -> int | None:
    """How a process ended that sends what is due."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, town.place.app_url, f"{point}=kill@1", cwd=ROOT
    )
    return await child.wait()


async def stands(town: Town) -> tuple[str, int, int]:
    """The notice's state, and how many rows of how many people are in the outbox."""
    [row] = await town.rows(
        "SELECT (SELECT state FROM notifications.notice), count(*), count(DISTINCT person_id)"
        " FROM notifications.outbox"
    )
    return row[0], row[1], row[2]


async def test_a_matcher_that_is_killed_puts_everybody_into_the_outbox_once(town: Town):
    for _ in range(3):
        await agree(town, await town.open_wallet(), "news_of_city", interests=["events"])
    await approved_notice(town, {"by": "declared", "interest": "events"}, PLAIN)
    for point, found in (
        ("matcher.after_begin", ("sending", 0, 0)),
        ("matcher.after_rows", ("sending", 0, 0)),
        ("matcher.after_match", ("sending", 3, 3)),
    ):
        assert await killed(town, point) == -signal.SIGKILL, point
        assert await stands(town) == found, point
    assert await fill_inboxes(town.database, town.region, lambda: None) == 3
    assert await send_due_notices(town.database, town.region, lambda: None) == 1
    assert await stands(town) == ("done", 3, 3)
    assert await fill_inboxes(town.database, town.region, lambda: None) == 0
    [[messages, items]] = await town.rows(
        "SELECT (SELECT count(*) FROM notifications.message), count(*) FROM notifications.inbox"
    )
    assert (messages, items) == (1, 3)


async def test_who_stops_a_notice_at_the_moment_in_which_it_is_done_stops_it(town: Town):
    region_id = town.region.region_id
    notice_id = await approved_notice(town, {"by": "declared"}, PLAIN)

    async def stop() -> Notice:
        async with town.database.transaction(region_id) as db:
            return await end_notice(db, region_id, notice_id, "wrong day", DRAFTER)

    assert await send_due_notices(town.database, town.region, lambda: None) == 1
    async with town.database.transaction(region_id) as db:
        assert await _turn(db, region_id, notice_id, "done", "sending")
    async with town.database.transaction(region_id) as db:
        assert await _turn(db, region_id, notice_id, "sending", "done")
        stopping = asyncio.create_task(stop())
        await somebody_waits(town.database)
    assert (await stopping).state == "stopped"
    [row] = await town.rows("SELECT state FROM notifications.message")
    assert row[0] == "stopped"
