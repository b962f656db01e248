"""32: residents are told by four ways, and the worker that tells them dies again and again."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from core.database import Database
from torture.judge.notices import Due, Kill, judge_notices
from torture.judge.promise import Promise
from torture.load import clients, load_while
from torture.processes import BrokenRunError
from torture.providers import Providers, providers
from torture.reach import Reach, alert_body
from torture.scenario import Scenario
from torture.scene import TownSize
from torture.stage import Stage
from torture.turn_clock import turn_clock
from torture.unread import keep_turns
from town import wire
from town.client import open_client
from town.wire import ZONE, Call

LIFE_S: Final = 2.0
"""So long a worker works before it is killed."""
BEGINS_WITHIN_S: Final = 60.0
BEGINS: Final = "the worker begins"
CLIENTS: Final = 16
PAUSE_S: Final = 0.15
SOMETHING_EVERY_S: Final = 3.0
MOST_A_MONTH: Final = 4
"""Notices to a segment; a fifth one would be dropped."""
ENDS_WITHIN_S: Final = 240.0
"""Leases of 40 seconds are to be over, and what failed is tried again a few times."""


async def play(stage: Stage, stops_at: tuple[str, ...] = (), crowd: int = CLIENTS) -> None:
    """Tell and kill while people pay; then let one worker come to its end, and judge.

    It stops as soon as a promise is broken that begins so: faults are planted to break one.
    """
    told = await stage.parts.enter_async_context(
        providers(stage.now, Random(stage.random.random()))
    )
    stage.worker.variables |= told.variables(Path(stage.ground.settings.data_dir))
    heard = _heard(stage)
    await turn_clock(stage, _noon())  # at night most of it would wait until the morning
    database = Database(stage.ground.settings.database_url, pool_size=2)
    superuser = await stage.ground.superuser()
    try:
        reach = Reach(stage.scene, database)
        await reach.open(told, stage.random)
        await keep_turns(stage.ground)
        due, kills = list[Due](), list[Kill]()

        async def fault() -> None:
            until = monotonic() + stage.seconds
            await asyncio.gather(
                _talk(stage, reach, due, until),
                _kill(stage, reach, superuser, kills, until, heard, told),
            )

        async def judge() -> list[Promise]:
            rows, inboxes = await reach.rows(superuser), await reach.inboxes(superuser)
            unread = await reach.unread(stage, superuser)
            return judge_notices(rows, inboxes, due, told.attempts, kills, unread)

        await load_while(clients(stage, crowd, pause_s=PAUSE_S), asyncio.create_task(fault()))
        until = monotonic() + ENDS_WITHIN_S
        while await reach.left(superuser) and monotonic() < until:
            if stops_at and _is_broken(await judge(), stops_at):
                break
            await asyncio.sleep(0.5)
        stage.promises.extend(await judge())
    finally:
        await superuser.close()
        await database.close()
    stage.promise(
        "Providers failed, wanted pauses and were killed in the midst of it",
        any(not attempt.is_taken for attempt in told.attempts) and any(k.in_hand for k in kills),
        f"{len(told.attempts):,} attempts, {sum(a.is_taken for a in told.attempts):,} taken",
    )


def _is_broken(promises: list[Promise], names: tuple[str, ...]) -> bool:
    return any(not each.holds and each.name.startswith(names) for each in promises)


def _noon() -> datetime:
    """The next one in the town: time only goes on."""
    zone = ZoneInfo(ZONE)
    now = datetime.now(UTC).astimezone(zone)
    noon = datetime.combine(now.date(), time(12), zone)
    return noon if noon > now else noon + timedelta(days=1)


async def _talk(stage: Stage, reach: Reach, due: list[Due], until: float) -> None:
    """Now a notice, while the month has room for it, now an alert."""
    said = 0
    while monotonic() < until:
        now = stage.scene.clock.now()
        if said % 2 == 0 and said // 2 < MOST_A_MONTH:
            due += await reach.put(now)
        else:
            await _alert(stage, stage.scene.new_id(), now)
        said += 1
        await asyncio.sleep(min(SOMETHING_EVERY_S, max(0.0, until - monotonic())))


async def _alert(stage: Stage, alert_id: UUID, now: datetime) -> None:
    """Typed by one person, let out by another."""
    tokens, path = stage.scene.tokens, f"/v1/admin/alerts/{alert_id}"
    async with open_client(stage.apis[0].address, b"") as client:
        asked = await client.send(Call("PUT", path, alert_body(now), tokens.admin("campaigns")))
        decided = await client.send(wire.approve(alert_id, tokens.admin("approver")))
    for answer in (asked, decided):
        if answer.status >= 300:
            raise BrokenRunError(f"no alert comes out: {answer.status} {answer.slug}")


async def _kill(
    stage: Stage, reach: Reach, superuser: Any, kills: list[Kill], until: float, heard: int,
    told: Providers,
) -> None:  # fmt: skip
    """Kill -9 of the worker, again and again: as it sends, then when it has worked for a while."""
    while monotonic() < until:
        await _begun(stage, heard)
        if len(kills) % 2 == 0:
            await _sending(told)
        else:
            await asyncio.sleep(stage.random.uniform(0.5, 1.5) * LIFE_S)
        began = stage.now()
        await stage.worker.kill()
        kills.append(Kill(stage.now(), await reach.in_hand(superuser)))
        heard = _heard(stage)
        await stage.worker.start()
        stage.meter.fault("kill -9 of the worker", began, stage.now())


async def _sending(told: Providers) -> None:
    """Wait until a provider hears of something; not for long where there is nothing to tell."""
    before, until = len(told.attempts), monotonic() + 2 * SOMETHING_EVERY_S
    while monotonic() < until:
        if len(told.attempts) > before:
            break
        await asyncio.sleep(0.005)


def _heard(stage: Stage) -> int:
    return stage.worker.log.stat().st_size


async def _begun(stage: Stage, heard: int) -> None:
    """Wait until the worker says so, behind what was heard of it before."""
    worker, until = stage.worker, monotonic() + BEGINS_WITHIN_S
    while BEGINS not in worker.log.read_bytes()[heard:].decode():
        if monotonic() > until or not worker.is_running:
            raise BrokenRunError(f"the worker does not begin; its words are in {worker.log}")
        await asyncio.sleep(0.05)


SCENARIO = Scenario(
    number=32,
    name="notices",
    does="Notices and alerts go to everybody by phone, browser, text message and e-mail, from"
    " providers that fail, want pauses and are silent, also where they have taken what came; the"
    " worker dies by SIGKILL as it sends, or after two seconds of its work, again and again, while"
    " people pay, and are told of refunds too.",
    proves="each inbox has once what it is due, everything that is queued comes to its end, none is"
    " lost, and twice comes only what a killed worker had in hand, 40 seconds later, and what its"
    " provider took without an answer in time, as the worker itself marked.",
    leaves_open="providers that take something and say that they did not: it is sent again; push"
    " services by TLS.",
    play=play,
    least_a_minute=300,
    least_faults_a_minute=6,
    size=TownSize(residents=200),
)
