"""20: PostgreSQL fails one transaction in ten with 40001 or 40P01."""

from torture.faults import count_retries, failing_transactions
from torture.load import clients, load_for
from torture.scenario import Scenario
from torture.stage import Stage

SHARE = 0.1
ONE_IN = 100
"""Batches fail in all of their five tries once in 100,000; so few of a hundred answers may be 5xx
that it cannot be anything else."""


async def play(stage: Stage) -> None:
    """Everybody works while one transaction in ten fails, in its midst or at COMMIT."""
    crowd = clients(stage)
    async with failing_transactions(stage, SHARE):
        await load_for(crowd, stage.seconds)
    retries = [await count_retries(api) for api in stage.apis]
    tried = sum(sum(found.values()) for found in retries)
    failed = len(stage.meter.faults)
    stage.promise(
        "Every failed transaction is tried again, and counted",
        tried >= failed,
        f"{failed:,} failed, {tried:,} retries",
    )
    turned_away = sum(seen["turned away"] for seen in stage.meter.by_second.values())
    answers = sum(sum(seen.values()) for seen in stage.meter.by_second.values())
    stage.promise(
        "Nobody hears of it: no 5xx below the bound of five tries",
        turned_away * ONE_IN <= answers * (tried > 10_000),
        f"{turned_away:,} of {answers:,} answers",
    )


SCENARIO = Scenario(
    number=20,
    name="force-retries",
    does="PostgreSQL itself fails one transaction in ten, with 40001 or 40P01, in the midst of it"
    " or at COMMIT, while 64 clients work through two processes.",
    proves="retries are bounded, nobody hears of a failure that passed, and nothing is done twice.",
    leaves_open="real deadlocks: the order of locks has none to offer (scenario 1).",
    play=play,
    least_a_minute=600,
    least_faults_a_minute=30,
)
