"""Senders that are killed again and again lose nothing, and repeat only what they had taken."""

import asyncio
import random
import signal
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy import text

from tests.notifications.deliver_side import Side
from tests.sizes import SCALE

ROOT = Path(__file__).parents[2]
PEOPLE, BETWEEN_KILLS = 120 * SCALE, 35
_TAKEN = """SELECT a.address FROM notifications.outbox o
              JOIN notifications.address a USING (region_id, address_id)
             WHERE o.state = 'waiting' AND o.tries > 0 AND o.not_before > clock_timestamp()"""
_WAITS = "SELECT 1 FROM notifications.outbox WHERE state = 'waiting' LIMIT 1"
_DUE = "UPDATE notifications.outbox SET not_before = clock_timestamp() WHERE state = 'waiting'"


async def test_who_is_killed_again_and_again_loses_nothing(side: Side):
    """Kill -9 in the middle of sending; then its leases are over, as after 40 seconds."""
    people = [await side.somebody(path=f"/{nth}") for nth in range(PEOPLE)]
    await side.notice(*people)
    side.push.got.clear()
    may_repeat, kills = set[str](), 0
    while await side.rows(_WAITS):
        assert kills < 20 * SCALE, "each got further"
        async with side.database.transaction(side.region.region_id) as db:
            await db.execute(text(_DUE))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.notifications.one_teller", side.place.app_url, cwd=ROOT
        )
        try:
            kill_at = len(side.push.got) + BETWEEN_KILLS
            while len(side.push.got) < kill_at and await side.rows(_WAITS):
                await asyncio.sleep(0.005)
            await asyncio.sleep(random.uniform(0, 0.3))
        finally:
            process.kill()
        assert await process.wait() == -signal.SIGKILL
        kills += 1
        may_repeat |= {row.address for row in await side.rows(_TAKEN)}
    got = Counter(side.push.url(path) for path in side.push.paths())
    assert got.keys() == {side.push.url(f"/{nth}") for nth in range(PEOPLE)}, "none is lost"
    assert {url for url, many in got.items() if many > 1} <= may_repeat
    assert kills >= 1
    inboxes = await side.rows(
        "SELECT count(*) AS many FROM notifications.inbox WHERE person_id = ANY(:who)", who=people
    )
    assert inboxes[0].many == PEOPLE
