"""21: clocks of processes ten minutes apart, and a database clock that goes back and forth."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from torture.ground import REGION
from torture.load import clients, load_while
from torture.processes import Program
from torture.scenario import Scenario
from torture.scene import TownSize
from torture.stage import Stage
from town.startup import set_clock
from town.tokens import Tokens
from town.wire import ZONE

APART_S: Final = 300
FURTHEST: Final = timedelta(minutes=4, seconds=50)
BEFORE_MIDNIGHT: Final = timedelta(minutes=4)
"""So far is it to the day after the wallets' coin expires; the worker's clock passes it early."""

_EXPIRED: Final = "SELECT count(*) FROM ledger.entry WHERE region_id = $1 AND kind = 'expiry'"
_AHEAD: Final = """
    SELECT count(*) FROM ledger.entry
     WHERE region_id = $1 AND business_date <> (at AT TIME ZONE $2)::date
"""


async def play(stage: Stage) -> None:
    """Shift both processes, go to the last minutes of the coin's last day, and let time jump."""
    stage.scene.mint.ago_s = APART_S + 5
    stage.scene = replace(stage.scene, tokens=Tokens(stage.scene.mint, REGION))
    for api, shift in zip(stage.apis, (APART_S, -APART_S), strict=True):
        await _start_shifted(stage, api, shift)
    crowd = clients(stage)
    end = datetime.combine(_last_day() + timedelta(days=1), time(), ZoneInfo(ZONE))
    began_at, began = end - BEFORE_MIDNIGHT, monotonic()

    async def faults() -> None:
        until = monotonic() + min(stage.seconds, BEFORE_MIDNIGHT.total_seconds() - 10)
        while monotonic() < until:
            true = began_at + timedelta(seconds=monotonic() - began)
            shift = stage.random.uniform(-1, 1) * FURTHEST
            await set_clock(stage.ground.settings.owner_database_url, true + shift, 1)
            stage.meter.fault("the database's clock jumped", stage.now(), stage.now())
            await asyncio.sleep(stage.random.uniform(0.3, 1.5))

    await load_while(crowd, asyncio.create_task(faults()))
    await _promise(stage)
    for api in stage.apis:
        await api.stop()
        api.starter = ("cli.main",)
        await stage.restart(api)


async def _start_shifted(stage: Stage, api: Program, seconds: int) -> None:
    await api.stop()
    api.starter = ("torture.shifted", str(seconds))
    await stage.restart(api)
    stage.meter.fault(f"{api.name}'s clock is {seconds:+} s off", stage.now(), stage.now())


def _last_day() -> date:
    """The coin of this run expires at the end of next month in the region's zone."""
    today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
    month_after_next = (today.replace(day=1) + timedelta(days=62)).replace(day=1)
    return month_after_next - timedelta(days=1)


async def _promise(stage: Stage) -> None:
    superuser = await stage.ground.superuser()
    expired = await superuser.fetchval(_EXPIRED, stage.scene.region_id)
    ahead = await superuser.fetchval(_AHEAD, stage.scene.region_id, ZONE)
    await superuser.close()
    stage.promise(
        "No lot expires before its day is over",
        expired == 0,
        f"{expired} lots of {len(stage.scene.holders)} wallets, in the last minutes of their day",
    )
    stage.promise("Every entry counts to the day of its own time", ahead == 0, f"{ahead} do not")


SCENARIO = Scenario(
    number=21,
    name="shift-clocks",
    does="One API process is five minutes ahead and one behind; PostgreSQL's clock jumps back and"
    " forth by up to 4:50 minutes, in the last minutes of the day on which all coin expires.",
    proves="numbers and times of entries stay in order, and nothing is expired early.",
    leaves_open="clocks that are off by more: a token lives for 15 minutes. While the"
    " database's clock is past midnight, payments count to the next day, and see no coin that"
    " ended.",
    play=play,
    least_a_minute=200,
    least_faults=4,
    size=TownSize(settings={"coin_months": 1}),
)
