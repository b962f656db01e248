"""7: caps of a day across midnight in the region's zone, midnight after midnight."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from torture import operations
from torture.caller import Caller
from torture.judge.promise import Broken
from torture.load import clients
from torture.scenario import Scenario
from torture.scene import Holder, TownSize
from torture.stage import Stage
from town.startup import set_clock
from town.wire import ZONE

CAP_POINTS: Final = 100
PAYMENT_YEN: Final = 110
"""33 points each: four payments are more than a day's cap."""
BEFORE: Final = timedelta(seconds=1)
MOST_NIGHTS: Final = 50
NIGHT_S: Final = 2.2
WIDE: Final = 32
"""Residents who pay, each by two clients."""

_GRANTED: Final = """
    SELECT holder_id::text, business_date, at AT TIME ZONE $2 AS local,
           (facts->'grants'->0->>'rebate_points')::int AS points
      FROM ledger.entry WHERE region_id = $1 AND kind = 'payment' AND refusal IS NULL ORDER BY seq
"""


async def play(stage: Stage) -> None:
    """Set the clock shortly before a midnight, pay across it, and on to the next day's."""
    crowd = [client.caller for client in clients(stage)]
    day = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
    until, nights = monotonic() + stage.seconds, 0
    while nights < MOST_NIGHTS and (not nights or monotonic() < until):
        nights += 1
        midnight = datetime.combine(day + timedelta(days=nights), time(), ZoneInfo(ZONE))
        began = stage.now()
        await set_clock(stage.ground.settings.owner_database_url, midnight - BEFORE, 1)
        people = stage.random.sample(stage.scene.holders, WIDE)
        ends = monotonic() + NIGHT_S
        await asyncio.gather(
            *(
                _pay(stage, caller, people[number % WIDE], ends)
                for number, caller in enumerate(crowd)
            )
        )
        stage.meter.fault("a midnight", began, stage.now())
    await _promise(stage, nights)


async def _pay(stage: Stage, caller: Caller, holder: Holder, ends: float) -> None:
    while monotonic() < ends:
        shop = stage.random.choice(stage.scene.shops)
        await stage.carry_out(caller, operations.payment(stage.scene, holder, shop, PAYMENT_YEN))


async def _promise(stage: Stage, nights: int) -> None:
    superuser = await stage.ground.superuser()
    rows = await superuser.fetch(_GRANTED, stage.scene.region_id, ZONE)
    await superuser.close()
    caps, days = Broken(), Broken()
    granted: dict[tuple[str, object], int] = {}
    for row in rows:
        if row["local"].date() != row["business_date"]:
            days.add(f"{row['local']} was counted to {row['business_date']}")
        key = (row["holder_id"], row["business_date"])
        granted[key] = granted.get(key, 0) + row["points"]
    for (holder, date), points in granted.items():
        if points > CAP_POINTS:
            caps.add(f"wallet {holder} was granted {points} points on {date}")
    full = sum(points == CAP_POINTS for points in granted.values())
    seen = f"{nights} midnights, {len(granted):,} days of people, {full:,} of them at the cap"
    stage.promises.append(caps.promise("Nobody gets more on a day than its cap", seen))
    stage.promises.append(
        days.promise("Each payment counts to the day of its moment in the zone", f"{len(rows):,}")
    )
    stage.promise("Caps were reached, so they were at stake", full > 0, f"{full:,}")


SCENARIO = Scenario(
    number=7,
    name="midnight",
    does="The deployment's clock is set to a second before midnight in Tokyo, again and again, and"
    " 64 clients pay across it, two for each of 32 people who have a cap of 100 points a day.",
    proves="no grant exceeds its day's cap, on either side of midnight, and each counts to its"
    " day.",
    leaves_open="zones with summer time; caps of months, which are the same counters.",
    play=play,
    least_operations=200,
    least_faults_a_minute=10,
    size=TownSize(per_person_day_points=CAP_POINTS),
)
