"""Every scenario, by its number in the list."""

from typing import Final

from torture.scenario import Scenario
from torture.scenarios import (
    bank,
    cancel,
    cut_commits,
    drop_answers,
    force_retries,
    kill_api,
    kill_postgres,
    outbox,
)

SCENARIOS: Final[tuple[Scenario, ...]] = tuple(
    sorted(
        (
            module.SCENARIO
            for module in (
                bank,
                cancel,
                cut_commits,
                drop_answers,
                force_retries,
                kill_api,
                kill_postgres,
                outbox,
            )
        ),
        key=lambda scenario: scenario.number,
    )
)


def find(name: str) -> Scenario | None:
    """The scenario of this name or number."""
    for scenario in SCENARIOS:
        if name in (scenario.name, str(scenario.number)):
            return scenario
    return None
