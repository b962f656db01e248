"""A promise: one sentence that must be true of a run, and what was seen."""

from dataclasses import dataclass, field
from typing import Final

MOST_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Promise:
    """What must hold, whether it did, what was seen, and the first places where it did not."""

    name: str
    holds: bool
    seen: str
    places: tuple[str, ...] = ()


@dataclass(slots=True)
class Broken:
    """Collects the places where a promise was broken; the first ten are kept."""

    places: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, place: str) -> None:
        """One more place."""
        self.count += 1
        if len(self.places) < MOST_SHOWN:
            self.places.append(place)

    def promise(self, name: str, seen: str) -> Promise:
        """The promise, broken if anything was added."""
        words = seen if not self.count else f"{seen}; broken {self.count:,} times"
        return Promise(name, not self.count, words, tuple(self.places))
