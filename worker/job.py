"""Job: one piece of periodic work, when it is due, and how long it rests after a failure."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Final

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from core.errors import Problem
from core.traces import trace_of

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0

TROUBLE: Final = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    Problem,
    OSError,
    TimeoutError,
)
"""What a database that is away, busy or not migrated yet raises; a bug is none of these."""


@dataclass(slots=True)
class Job:
    """One job of one day; its memory is this process's own, since to do it twice does no harm."""

    name: str
    done_for: date | None = None
    failures: int = 0
    not_before: float = 0.0
    """Seconds on the monotonic clock: how long it rests after a failure."""

    def is_due(self, day: date) -> bool:
        """Whether it was not done for this day yet, and has rested."""
        return self.done_for != day and monotonic() >= self.not_before

    def is_done(self, day: date) -> bool:
        """Whether it was done for this day."""
        return self.done_for == day

    def succeeded(self, day: date) -> None:
        """It is done for this day."""
        self.done_for, self.failures, self.not_before = day, 0, 0.0

    def failed(self) -> float:
        """Rest before the next attempt: twice as long each time, up to a minute. Seconds."""
        pause = min(LONGEST_PAUSE_S, LOOK_EVERY_S * 2.0 ** min(self.failures, 10))
        self.failures += 1
        self.not_before = monotonic() + pause
        return pause


def tell(job: Job, error: Exception) -> None:
    """Say in the log that a job failed, and let it rest. A bug is said as one, and louder."""
    why = error.type.slug if isinstance(error, Problem) else trace_of(error)
    if isinstance(error, TROUBLE):
        log.warning("%s failed, again in %d s: %s", job.name, job.failed(), why)
    else:
        log.error("%s met a bug, again in %d s: %s", job.name, job.failed(), why)


async def logged(say: str, work: Callable[[], Awaitable[int]]) -> None:
    """Do it, and say how much it was, where it was something; `say` has a place for the number."""
    if done := await work():
        log.info(say, done)
