"""A flight: a batch that has left the queue and is on its way into the database."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.batch import Decided
from ledger.lane import Lane
from ledger.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Flight:
    """One batch, until all who wait in it are answered."""

    batch: Sequence[Waiting]
    lane: Lane
    decided: Decided | None
    """None for a batch that is decided under the lock."""
    work: asyncio.Task[bool]
    """Ends when all are answered; true if what was decided ahead came to stand."""

    def lets_follow(self, waiting: int) -> bool:
        """Whether so many who wait depart behind it: not before they are as many as in here.

        Nobody would be answered earlier, and small batches cost more.
        """
        if self.decided is None or not self.decided.can_be_followed or self.work.done():
            return False
        return waiting >= len(self.batch)
