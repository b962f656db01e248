"""23: screens follow stores, while processes die and transactions roll back."""

import asyncio

from torture.faults import failing_transactions, kill_again_and_again
from torture.load import clients, load_while
from torture.scenario import Scenario
from torture.screen import screens
from torture.stage import Stage


async def play(stage: Stage) -> None:
    """One process is killed again and again, one transaction in twenty rolls back."""
    crowd = clients(stage)
    await screens(stage, 10)

    async def faults() -> None:
        async with failing_transactions(stage, 0.05):
            await kill_again_and_again(stage, stage.apis[1], 3)
        await asyncio.sleep(3)

    await load_while(crowd, asyncio.create_task(faults()))


SCENARIO = Scenario(
    number=23,
    name="outbox",
    does="Ten screens follow stores by their live feed; one API process is killed again and again,"
    " and one transaction in twenty is rolled back by PostgreSQL.",
    proves="every committed event is told, once and in order, also to screens that were cut off;"
    " none of a transaction that rolled back is.",
    leaves_open="readers that were away for more than a day or 1,000 events: they are told to begin"
    " anew.",
    play=play,
    least_a_minute=300,
    least_faults_a_minute=6,
)
