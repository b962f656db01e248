"""A command that waits for its outcome, from the queue until it is answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from core import metrics
from ledger.batch import Outcome
from ledger.command import Command, Receipt


@dataclass(slots=True)
class Waiting:
    """One call of `Engine.submit()`; whoever made it may be gone by now."""

    command: Command
    outcome: asyncio.Future[Outcome]
    since: float = field(default_factory=perf_counter)
    was_sent_to_commit: bool = False

    def answer(self, outcome: Outcome) -> None:
        """Tell what came of the command."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)
        if isinstance(outcome, Receipt) and outcome.entry.refusal is not None:
            metrics.engine_refusals.labels(outcome.entry.refusal).inc()

    def fail(self, failure: BaseException) -> None:
        """Let a bug reach whoever sent the command."""
        if not self.outcome.done():
            self.outcome.set_exception(failure)


def mark(batch: Sequence[Waiting], *, is_sent: bool) -> None:
    """Note that a batch is on its way into the database, or that it did not come to stand."""
    for item in batch:
        item.was_sent_to_commit = is_sent
