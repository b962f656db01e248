"""Which scenario must catch which planted fault, and by which promise."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

from torture.planted.in_database import skip_the_lock, write_past_the_door
from torture.processes import PLAIN, Starters
from torture.scenario import Scenario
from torture.scenarios import bank, holds, notices, outbox, strangers
from torture.stage import Stage


@dataclass(frozen=True, slots=True)
class Planted:
    """A planted fault, the scenario that has to catch it, and what must be found broken."""

    name: str
    what: str
    scenario: Scenario
    caught_by: tuple[str, ...]
    """Beginnings of promises: at least one of them must be broken."""
    place: Literal["api", "worker", "database"] = "api"
    is_in_the_tests: bool = True
    """False where the tests have no time for it: `meguri torture --planted` plants them all."""


Act = Callable[[Stage], Awaitable[None]]


def _notices(*caught_by: str) -> Scenario:
    """As soon as it is caught all is over: leases are not waited for."""
    return replace(notices.SCENARIO, play=partial(notices.play, stops_at=caught_by))


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
        place="database",
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
        place="database",
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
    Planted(
        "marked-before-sent",
        "notices are marked as sent before their providers have them",
        _notices("What is marked as sent"),
        ("What is marked as sent",),
        place="worker",
    ),
    Planted(
        "lease-ignored",
        "notices are taken while somebody else has them in hand",
        _notices("Twice comes only"),
        ("Twice comes only",),
        place="worker",
    ),
)


def starters(planted: Sequence[Planted]) -> Starters:
    """How the processes are started that have these."""

    def of(place: str) -> tuple[str, ...]:
        names = [each.name for each in planted if each.place == place]
        return ("torture.planted", "+".join(names)) if names else PLAIN

    return Starters(api=of("api"), worker=of("worker"))


def find(name: str) -> Planted | None:
    """The planted fault of this name."""
    return next((planted for planted in PLANTED if planted.name == name), None)
