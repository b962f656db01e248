"""What a source tells beside payments: who became known, what was refunded or funded."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, Protocol

from simulations.parties import Person, Shop
from simulations.trial import Trial

Act = Callable[[], None]
Pause = Callable[[int], Awaitable[None]]
"""Called after each slice, with the payments so far; it may wait, and may raise to stop."""
SLICE: Final = 500
"""Payments that are decided at once; then whoever else works in this process has a turn."""


class Source(Protocol):
    """Where payments come from: a region's journal, or a town that never was."""

    async def play(self, trial: Trial, pause: Pause) -> None:
        """Tell all that happened, in order."""


@dataclass(slots=True)
class Happenings:
    """What is no payment, each by its number in the journal."""

    _acts: list[tuple[int, Act]] = field(default_factory=list)

    def add(self, seq: int, act: Act) -> None:
        """This happened there; of equal numbers the first that was added happens first."""
        self._acts.append((seq, act))

    def until(self) -> Iterator[tuple[int, Act]]:
        """In order."""
        self._acts.sort(key=itemgetter(0))
        return iter(self._acts)


@dataclass(slots=True)
class Parties:
    """Everybody who pays, by the ids of wallets, and every shop, by the ids of stores."""

    payers: dict[bytes, Person] = field(default_factory=dict)
    people: dict[bytes, Person] = field(default_factory=dict)
    """By their own ids."""
    shops: dict[bytes, Shop] = field(default_factory=dict)

    def merchants(self) -> Iterable[Shop]:
        """Each once, however many stores it has."""
        return {shop.number: shop for shop in self.shops.values()}.values()
