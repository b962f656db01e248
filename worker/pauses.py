"""Pauses: how long a message waits for its next attempt, and who asked to be left alone."""

import random
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Generic, TypeVar

Side = TypeVar("Side")

FIRST_PAUSE_S: Final = 5
LONGEST_PAUSE_S: Final = 900


@dataclass(slots=True)
class Rests(Generic[Side]):
    """Until when (monotonic seconds) each side of one process wants to be left alone."""

    _until: dict[Side, float] = field(default_factory=dict)

    def ask(self, side: Side, after_s: int | None) -> None:
        """It asked for this pause; a longer one that it asked for before stands."""
        if after_s is not None:
            self._until[side] = max(self._until.get(side, 0), monotonic() + after_s)

    def clear(self) -> None:
        """Nobody rests any more."""
        self._until.clear()

    def left_s(self, side: Side) -> float:
        """How much of its pause is left; 0: it may be asked."""
        left = self._until.get(side, 0) - monotonic()
        if left <= 0:
            self._until.pop(side, None)
        return max(0.0, left)


def next_pause_s(tries: int, after_s: int | None) -> float:
    """As long as the other side said; else twice as long each time, a little at random."""
    if after_s is not None:
        return max(1, after_s)
    pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(tries - 1, 10))
    return pause_s * random.uniform(0.8, 1.2)  # noqa: S311  no secret
