"""31: points are held, released and rejected while they vest, and while worker and API die."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from torture.desk import Desk, Told
from torture.judge.promise import Broken
from torture.load import clients, load_for, load_while
from torture.scenario import Scenario
from torture.scene import TownSize, open_campaign
from torture.stage import Stage
from torture.turn_clock import turn_clock
from town import terms
from town.client import open_client
from town.wire import SETTINGS, ZONE

DAY_S: Final = 2.0
"""So long a day's payments last."""
NIGHT_S: Final = 8.0
"""So long desks decide and processes die, from when the worker has held something."""
PATIENCE_S: Final = 20.0
"""So long that is waited for."""
DAYS_ON: Final = (4, 1, 1)
"""From one business date to the next one: what was granted waits for some of them, and vests."""
JUST_AFTER: Final = time(0, 6)
"""The jobs of a day begin five minutes late."""
MOST_NIGHTS: Final = 12
"""They take 48 days at most, and the campaigns end after 60; in so many something vests."""
DESKS: Final = 6
LATER: Final = {"closes": "three_a_month", "bank_days_after": 1}
RULES: Final = {
    "same_payment": {"is_on": True, "times": 1, "within_seconds": 3_600, "days": 10},
    "loops": {
        "is_on": True, "times": 1, "least_top_up_yen": 100, "share_bp": 5_000, "days": 10,
    },
}  # fmt: skip
"""They find far more than those of a city would: here it is about what becomes of it."""

_HOLDS: Final = """
    SELECT h.entry_id, p.kind AS earned_by, h.refers_to, h.amount,
           array_remove(array_agg(d.kind), NULL) AS decisions,
           coalesce(sum(d.amount), 0) AS decided
      FROM ledger.entry h
      JOIN ledger.entry p ON p.region_id = h.region_id AND p.entry_id = h.refers_to
      LEFT JOIN ledger.entry d
        ON d.region_id = h.region_id AND d.refers_to = h.entry_id AND d.refusal IS NULL
     WHERE h.region_id = $1 AND h.kind = 'hold.placed' AND h.refusal IS NULL
     GROUP BY h.entry_id, p.kind, h.refers_to, h.amount
"""
_WAITING: Final = """
    SELECT sum(CASE kind WHEN 'hold.placed' THEN 1 ELSE -1 END) > 0
      FROM ledger.entry WHERE region_id = $1 AND refusal IS NULL AND kind LIKE 'hold.%'
"""
_MOVED: Final = """
    SELECT count(*) FILTER (WHERE kind = 'vesting') AS vested,
           count(*) FILTER (WHERE facts -> 'clawed_back' @? '$[*].held_points') AS taken
      FROM ledger.entry WHERE region_id = $1 AND refusal IS NULL
"""


async def play(stage: Stage) -> None:
    """Days of payments; in each night holds are placed and decided, and processes die."""
    await _open_bonus(stage)
    crowd, told = clients(stage), Told()
    day, until, nights = _today(), monotonic() + stage.seconds, 0
    while nights < MOST_NIGHTS and (not nights or monotonic() < until):
        nights += 1
        await load_for(crowd, DAY_S)
        day += timedelta(days=DAYS_ON[nights % len(DAYS_ON)])
        await _turn_to(stage, day)
        await load_while(crowd, asyncio.create_task(_be_night(stage, told)))
    await _promise(stage, told, nights)


async def _turn_to(stage: Stage, day: date) -> None:
    """Let it be shortly after midnight."""
    began = stage.now()
    await turn_clock(stage, datetime.combine(day, JUST_AFTER, ZoneInfo(ZONE)))
    stage.meter.fault("a midnight, at which all processes die", began, stage.now())


def _today() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()


async def _open_bonus(stage: Stage) -> None:
    """A second campaign: 10 % on top-ups, credited as late."""
    form = terms.form(_today())
    del form["rebate"], form["cashback"]
    form |= {"name": "チャージで進呈", "bonus": {"rate_bp": 1_000}, "credited": LATER}
    scene = stage.scene
    async with open_client(stage.apis[0].address, b"") as client:
        await open_campaign(client, scene.tokens, scene.clock, form, scene.budget_yen)


async def _be_night(stage: Stage, told: Told) -> None:
    await _until_held(stage)
    until = monotonic() + NIGHT_S
    desks = [Desk(stage, told, number, stage.caller(number)) for number in range(DESKS)]
    await asyncio.gather(_kill(stage, until), *(desk.work(until) for desk in desks))
    for desk in desks:
        await desk.caller.close()


async def _until_held(stage: Stage) -> None:
    superuser = await stage.ground.superuser()
    until = monotonic() + PATIENCE_S
    while monotonic() < until:
        if await superuser.fetchval(_WAITING, stage.scene.region_id):
            break
        await asyncio.sleep(0.2)
    await superuser.close()


async def _kill(stage: Stage, until: float) -> None:
    """The worker in the midst of its jobs, and one of the processes that are asked."""
    while monotonic() < until - 1:
        await asyncio.sleep(stage.random.uniform(0.2, 1.5))
        began, api = stage.now(), stage.random.choice(stage.apis)
        for program in (stage.worker, api):
            await program.kill()
        await stage.worker.start()
        await stage.restart(api)
        await asyncio.sleep(stage.random.uniform(0.5, 3))
        stage.meter.fault("kill -9 of the worker and of an API process", began, stage.now())


async def _promise(stage: Stage, told: Told, nights: int) -> None:
    superuser = await stage.ground.superuser()
    holds = await superuser.fetch(_HOLDS, stage.scene.region_id)
    moved = await superuser.fetchrow(_MOVED, stage.scene.region_id)
    await superuser.close()
    assert moved is not None, "an aggregate has a row"
    once, kept = Broken(), Broken()
    held = {hold["refers_to"] for hold in holds}
    if len(held) < len(holds):
        once.add(f"{len(holds) - len(held)} payments or top-ups are held twice")
    for hold in holds:
        name, decisions = hold["entry_id"], hold["decisions"]
        if len(decisions) > 1:
            once.add(f"hold {name} was decided {len(decisions)} times: {', '.join(decisions)}")
        if hold["decided"] > hold["amount"]:
            once.add(f"hold {name} of {hold['amount']} points let go of {hold['decided']}")
        answered = told.taken.get(name, [])
        if answered and answered != decisions:
            kept.add(f"hold {name}: answered {answered}, the ledger has {decisions}")
    decided = sum(bool(hold["decisions"]) for hold in holds)
    of_top_ups = sum(hold["earned_by"] != "payment" for hold in holds)
    stage.promises.append(
        once.promise(
            "What is held is held once, and decided once",
            f"{len(holds):,} holds, {decided:,} decided",
        )
    )
    stage.promises.append(
        kept.promise(
            "Each decision that was answered is the one that stands",
            f"{len(told.taken):,} answered as taken, of {told.asked:,} asked for",
        )
    )
    stage.promise(
        "Holds, bonuses among them, were decided and refunded, so they were at stake",
        min(decided, of_top_ups, moved["taken"]) > 0
        and (moved["vested"] > 0 or nights < MOST_NIGHTS),
        f"{nights} nights, {of_top_ups:,} holds of top-ups, {moved['vested']:,} lots vested,"
        f" {moved['taken']:,} refunds of what was held; {told.unanswered} times no answer came",
    )


SCENARIO = Scenario(
    number=31,
    name="holds",
    does="Days of payments whose points come later, with rules that hold many of them; in each"
    " night six desks release and reject what waits, two at once now and then, while points vest,"
    " shops refund, and the worker and an API process die by SIGKILL.",
    proves="what is held is held once and decided once, as it was answered; none of it vests, and"
    " refunds, vestings and decisions together lose no point.",
    leaves_open="whether the rules find the right payments: the tests of each rule have that.",
    play=play,
    least_a_minute=300,
    least_faults_a_minute=4,
    size=TownSize(
        shops=6,
        terms={"credited": LATER},
        settings={**SETTINGS, "holds": RULES},
    ),
)
