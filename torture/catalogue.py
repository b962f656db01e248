"""Every scenario, by its number in the list."""

from typing import Final

from torture.scenario import Scenario
from torture.scenarios import kill_postgres

SCENARIOS: Final[tuple[Scenario, ...]] = (kill_postgres.SCENARIO,)


def find(name: str) -> Scenario | None:
    """The scenario of this name or number."""
    for scenario in SCENARIOS:
        if name in (scenario.name, str(scenario.number)):
            return scenario
    return None
