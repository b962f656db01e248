"""Every scenario, by its number in the list: each file of torture/scenarios/ has one."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from torture import scenarios
from torture.scenario import Scenario


def _scenario(file: str) -> Scenario:
    found: Scenario = import_module(f"{scenarios.__name__}.{file}").SCENARIO
    return found


SCENARIOS: Final[tuple[Scenario, ...]] = tuple(
    sorted(
        (_scenario(module.name) for module in iter_modules(scenarios.__path__)),
        key=lambda scenario: scenario.number,
    )
)


def find(name: str) -> Scenario | None:
    """The scenario of this name or number."""
    for scenario in SCENARIOS:
        if name in (scenario.name, str(scenario.number)):
            return scenario
    return None
