"""Which scenario must catch which planted fault, and by which promise."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from torture.planted.in_database import skip_the_lock, write_past_the_door
from torture.scenario import Scenario
from torture.scenarios import bank, holds, outbox, strangers
from torture.stage import Stage


@dataclass(frozen=True, slots=True)
class Planted:
    """A planted fault, the scenario that has to catch it, and what must be found broken."""

    name: str
    what: str
    scenario: Scenario
    caught_by: tuple[str, ...]
    """Beginnings of promises: at least one of them must be broken."""
    is_in_the_api: bool = True
    is_in_the_tests: bool = True
    """False where the tests have no time for it: `meguri torture --planted` plants them all."""


Act = Callable[[Stage], Awaitable[None]]


def _first(one: Act, then: Act) -> Act:
    async def acted(stage: Stage) -> None:
        await one(stage)
        await then(stage)

    return acted


PLANTED: Final = (
    Planted(
        "answer-before-commit",
        "answers come from a decision that is committed behind them",
        bank.SCENARIO,
        ("Every acknowledged operation is in", "Every amount that was answered"),
    ),
    Planted(
        "skipped-lock",
        "the head of a region is not locked, and not compared with what was read",
        replace(bank.SCENARIO, play=_first(skip_the_lock, bank.SCENARIO.play)),
        ("Numbers have no gap", "Processes take turns under the lock"),
        is_in_the_api=False,
    ),
    Planted(
        "lost-event",
        "one event in forty is never told",
        outbox.SCENARIO,
        ("Every screen was told",),
    ),
    Planted(
        "refund-loses-a-yen",
        "a refund gives back a yen less than it says",
        bank.SCENARIO,
        ("Every amount that was answered",),
    ),
    Planted(
        "balance-past-the-door",
        "a superuser writes a balance without a posting",
        replace(bank.SCENARIO, play=_first(bank.SCENARIO.play, write_past_the_door)),
        ("Every balance is the sum",),
        is_in_the_api=False,
    ),
    Planted(
        "released-stays-held",
        "points that were released are still counted as held",
        holds.SCENARIO,
        ("`meguri verify` says",),
        is_in_the_tests=False,
    ),
    Planted(
        "others-wallets",
        "a resident is shown any wallet of the region",
        strangers.SCENARIO,
        ("Whoever it does not belong to",),
        is_in_the_tests=False,
    ),
    Planted(
        "ended-sessions-count",
        "nothing is asked about sessions, devices and clients that have ended",
        strangers.SCENARIO,
        ("Whoever it does not belong to",),
        is_in_the_tests=False,
    ),
)


def find(name: str) -> Planted | None:
    """The planted fault of this name."""
    return next((planted for planted in PLANTED if planted.name == name), None)
