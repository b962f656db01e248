"""Whoever hangs holds nobody else up, an emergency least of all: anybody may name such a side."""

import asyncio
from uuid import UUID

from notifications.fill_inboxes import fill_inboxes
from tests.notifications.deliver_side import Side
from worker.carry_web_push import WebPushCarrier


async def somebody_who_hangs(side: Side, path: str, within_s: float) -> UUID:
    """The push service takes what is for them, and never answers."""
    carrier = side.teller.carriers["web_push"]
    assert isinstance(carrier, WebPushCarrier)
    carrier._deadline_s = within_s
    side.push.answers[path] = "silent"
    return await side.somebody(path=path)


async def until_it_got(side: Side, path: str) -> None:
    """Round after round, as the worker does."""
    while path not in side.push.paths():
        await side.teller.round()
        await asyncio.sleep(0.01)


async def test_who_hangs_holds_nobody_else_up(side: Side):
    side.teller.trips_of_a_way, side.teller.at_once, side.teller.waited_for = 1, 2, 1
    await side.notice(await somebody_who_hangs(side, "/hangs", within_s=30))
    await fill_inboxes(side.database, side.region, lambda: None)
    others = [await side.somebody(path=f"/{nth}") for nth in range(3)]
    await side.notice(*others)
    await side.teller.round()
    async with asyncio.timeout(10):
        while len(side.push.got) < 4:
            await asyncio.sleep(0.01)
    await side.teller.trips.close(within_s=0)
    assert sorted(side.push.paths()) == ["/0", "/1", "/2", "/hangs"]


async def test_an_emergency_waits_for_none_of_those_who_keep_each_trip_busy(side: Side):
    who_hang = []
    for path in ("/first", "/second"):
        who_hang.append(await somebody_who_hangs(side, path, within_s=20))
        await side.notice(who_hang[-1])
        await until_it_got(side, path)
    await side.emergency(await side.somebody(path="/alarm"))
    await until_it_got(side, "/alarm")
    for each in who_hang:
        assert (await side.became(each))["web_push"] == ("waiting", None), "it has not ended yet"
    await side.teller.trips.close(within_s=0)


async def test_who_closes_takes_nothing_more_and_marks_what_is_at_hand(side: Side):
    side.teller.trips_of_a_way, side.teller.at_once, side.teller.waited_for = 1, 1, 0
    await side.notice(*[await side.somebody(path=f"/{nth}") for nth in range(20)])
    began = asyncio.Event()
    side.push.on_push = began.set
    await side.teller.round()
    await began.wait()
    await side.teller.close()
    rows = await side.rows(
        "SELECT count(*) FILTER (WHERE state = 'sent') AS sent,"
        " count(*) FILTER (WHERE tries = 0) AS untouched"
        " FROM notifications.outbox WHERE channel = 'web_push'"
    )
    [(sent, untouched)] = [tuple(row) for row in rows]
    assert sent == len(side.push.got) < 20
    assert untouched == 20 - sent
