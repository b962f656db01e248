"""3: the books at 1,000 past moments, after a long and busy history."""

from random import Random
from typing import Final

from torture.judge.books import balanced_at
from torture.load import clients, load_for
from torture.scenario import Scenario
from torture.stage import Stage

LONGEST_S: Final = 600.0


async def play(stage: Stage) -> None:
    """Work, and then look back at random moments."""
    await load_for(clients(stage), stage.seconds)
    superuser = await stage.ground.superuser()
    promise = await balanced_at(
        superuser, stage.scene.region_id, Random(stage.random.random()), LONGEST_S
    )
    await superuser.close()
    stage.promises.append(promise)


SCENARIO = Scenario(
    number=3,
    name="moments",
    does="64 clients work through two processes; then the trial balance is reckoned as it was at"
    " 1,000 random moments of that time, from the postings alone.",
    proves="every balance is the sum of its postings, now and at any moment before; versions have"
    " no gap.",
    leaves_open="moments before the newest 1,000 draws: they are drawn anew with each seed.",
    play=play,
    least_a_minute=3_000,
    least_faults=0,
)
