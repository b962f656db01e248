"""When the job runs makes no difference: the same histories with it early, late, or in between."""

from collections import Counter
from itertools import count
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from core.database import Database
from tests.payments.histories import Step, long_history
from tests.payments.model_answers import Answer
from tests.payments.players import NOON, SETTINGS
from tests.payments.two_towns import two_towns
from tests.servers import Place
from tests.sizes import TWICE_PLAYED
from tests.town_builder import Town, open_region, running_engine, set_clock

REGIONS = count(1)
SEEN: Counter[str] = Counter()


def swept(groups: list[list[Step]], chance: float, seed: int) -> list[list[Step]]:
    """The history with the job after each move of the clock, as often as `chance` says.

    No wallet closes: it may only once what is over was swept.
    """
    often = Random(seed)
    told: list[list[Step]] = []
    for group in groups:
        steps = [step for step in group if step[0] != "expire" and not _closes_a_wallet(step)]
        if steps:
            told.append(steps)
        if group[0][0] == "advance" and often.random() < chance:
            told.append([("expire",)])
    return told


def _closes_a_wallet(step: Step) -> bool:
    return bool(step[0] == "turn" and step[1][0] == "w" and step[2] == "closed")


async def played(
    shared_place: Place, shared_database: Database, groups: list[list[Step]]
) -> tuple[list[Answer], dict[Any, int]]:
    """The answers, and the balances once all that is over was swept."""
    await set_clock(shared_place, NOON)
    region = await open_region(shared_database, f"twice-{next(REGIONS)}", "Asia/Tokyo", **SETTINGS)
    async with running_engine(shared_database, region) as engine:
        players = await two_towns(Town(shared_place, shared_database, region, engine))
        for group in [*groups, [("expire",)]]:
            await players.play(group)
        SEEN.update(players.seen())
        return players.answers, dict(await players.balances())


@example(seed=3)  # points and coin that had expired are counted
@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=TWICE_PLAYED,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_when_the_job_runs_makes_no_difference(
    shared_place: Place, shared_database: Database, seed: int
):
    groups = long_history(seed)
    early = await played(shared_place, shared_database, swept(groups, 1, seed))
    for often in (0, 0.5):
        assert await played(shared_place, shared_database, swept(groups, often, seed)) == early


def test_the_histories_had_what_could_differ():
    # Runs after the test above.
    assert SEEN["expired points were counted"] > 0, SEEN
    assert SEEN["expired coin was counted"] > 0, SEEN
