"""Every scenario, by its number in the list."""

from typing import Final

from torture.scenario import Scenario
from torture.scenarios import (
    amounts,
    attack_directly,
    bank,
    cancel,
    cut_commits,
    drop_answers,
    empty_wallet,
    force_retries,
    kill_api,
    kill_postgres,
    lose_redis,
    midnight,
    moments,
    outbox,
    overload,
    promote_standby,
    refund_twice,
    same_id,
    shift_clocks,
    stay_refused,
    strangers,
    tamper,
    timeouts,
    use_up_budget,
)

_FILES: Final = (
    amounts,
    attack_directly,
    bank,
    cancel,
    cut_commits,
    drop_answers,
    empty_wallet,
    force_retries,
    kill_api,
    kill_postgres,
    lose_redis,
    midnight,
    moments,
    outbox,
    overload,
    promote_standby,
    refund_twice,
    same_id,
    stay_refused,
    shift_clocks,
    strangers,
    tamper,
    timeouts,
    use_up_budget,
)
SCENARIOS: Final[tuple[Scenario, ...]] = tuple(
    sorted((file.SCENARIO for file in _FILES), key=lambda scenario: scenario.number)
)


def find(name: str) -> Scenario | None:
    """The scenario of this name or number."""
    for scenario in SCENARIOS:
        if name in (scenario.name, str(scenario.number)):
            return scenario
    return None
