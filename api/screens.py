"""The screens of this process: who has how many open, and what they follow."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from core.database import Database
from core.errors import Problem, problem
from ledger.bell import Bell
from ledger.follow import Follower

TOO_MANY_FEEDS: Final = problem("too-many-feeds", 429, "You have too many live feeds open.")
FEEDS_FULL: Final = problem("feeds-full", 503, "No more live feeds can be opened at present.")

MOST_OF_ONE: Final = 10
MOST_OF_ALL: Final = 1000
MOST_LINES: Final = 1024
"""Lines that a process keeps for its screens: enough for all of a shop to come back at once."""


class Screens:
    """Live feeds: at most 10 of one subject, at most 1,000 of all, in this process."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        *,
        most_of_one: int = MOST_OF_ONE,
        most_of_all: int = MOST_OF_ALL,
    ) -> None:
        self._database = database
        self._bell = bell
        self._most_of_one = most_of_one
        self._most_of_all = most_of_all
        self._open: Counter[str] = Counter()
        self._followers: dict[int, Follower] = {}
        self._lines: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self.are_closing = False
        """The process ends: no feed begins, and each that is open ends within a second."""

    def follower(self, region_id: int) -> Follower:
        """The one follower of a region, begun when it is first asked for."""
        follower = self._followers.get(region_id)
        if follower is None:
            follower = self._followers[region_id] = Follower(self._database, self._bell, region_id)
            follower.start()
        return follower

    def line(self, region_id: int, seq: int, write: Callable[[], bytes]) -> bytes:
        """The line of event `seq`, as `write` gives it: written once for all screens of its store.

        It must be the same for each of them, for ever: an event has one store and never changes.
        """
        name = (region_id, seq)
        found = self._lines.get(name)
        if found is None:
            found = self._lines[name] = write()
            if len(self._lines) > MOST_LINES:
                self._lines.popitem(last=False)
        return found

    @contextmanager
    def seat(self, who: str) -> Iterator[None]:
        """One more screen of `who` is open while the block lasts.

        Raises 429 too-many-feeds or 503 feeds-full where one more would be too many.
        """
        if self._open[who] >= self._most_of_one:
            raise Problem(TOO_MANY_FEEDS, retry_after=5, most=self._most_of_one)
        if self.are_closing or self._open.total() >= self._most_of_all:
            raise Problem(FEEDS_FULL, retry_after=5)
        self._open[who] += 1
        try:
            yield
        finally:
            self._open[who] -= 1
            if self._open[who] == 0:
                del self._open[who]

    def close(self) -> None:
        """Let every feed end by itself: a server waits for open ones before it ends its parts."""
        self.are_closing = True

    async def stop(self) -> None:
        """End what is followed; every screen ends with it."""
        for follower in self._followers.values():
            await follower.stop()
        self._followers.clear()
