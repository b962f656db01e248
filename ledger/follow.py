"""Follow a region's events as they are committed, by whichever process, for many subscribers.

One reader a process and region asks the table, woken by the bell or each half second, and hands
events on. A subscriber that does not keep up is dropped; the table has everything it missed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from core import failpoints
from core.database import Database
from core.errors import Problem
from ledger.bell import GATHER_S, Bell
from ledger.events import Event, newest_seq, read_events

POLL_S: Final = 0.5
MOST_WAITING: Final = 1000
LARGEST_READ: Final = 500

DATABASE_TROUBLE: Final = (Problem, SQLAlchemyError, asyncpg.PostgresError, OSError, TimeoutError)


class Subscription:
    """The events at whose other end `other_id` stands, from the number after `since` on."""

    def __init__(self, other_id: UUID, most_waiting: int) -> None:
        self.other_id = other_id
        self.is_dropped = False
        """It fell behind: what waits can still be taken, and nothing follows."""
        self._events: asyncio.Queue[Event] = asyncio.Queue(most_waiting)
        self._since: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def is_over(self) -> bool:
        """It was dropped, and everything that waited was taken."""
        return self.is_dropped and self._events.empty()

    async def since(self) -> int:
        """The number after which no event is missing, once that is known."""
        return await asyncio.shield(self._since)

    async def next(self, within_s: float) -> Event | None:
        """The next event; None when `within_s` are over without one."""
        if self.is_over:
            return None
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return await self._events.get()
        return None

    def begin(self, since: int) -> None:
        """Say where it begins; only the first time counts."""
        if not self._since.done():
            self._since.set_result(since)

    def offer(self, event: Event) -> bool:
        """Hand an event over; False when there is no room, and then it is dropped."""
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self.is_dropped = True
        return not self.is_dropped


class Follower:
    """Hands the events of one region to its subscribers; rests while there are none."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        region_id: int,
        *,
        poll_s: float = POLL_S,
        most_waiting: int = MOST_WAITING,
        largest_read: int = LARGEST_READ,
    ) -> None:
        self.region_id = region_id
        self._database = database
        self._bell = bell
        self._poll_s = poll_s
        self._most_waiting = most_waiting
        self._largest_read = largest_read
        self._subscribers: dict[UUID, set[Subscription]] = {}
        self._is_needed = asyncio.Event()
        self._seq: int | None = None
        """Up to here every subscriber has got its events; None while there are none."""
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow; needs a running event loop."""
        self._loop = asyncio.create_task(self._run(), name=f"follower of region {self.region_id}")

    async def stop(self) -> None:
        """Follow no more. To subscribers it looks as if they had been dropped."""
        for subscription in frozenset().union(*self._subscribers.values()):
            subscription.is_dropped = True
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop

    @asynccontextmanager
    async def following(self, other_id: UUID) -> AsyncIterator[Subscription]:
        """A subscription that lasts as long as the block."""
        subscription = Subscription(other_id, self._most_waiting)
        self._subscribers.setdefault(other_id, set()).add(subscription)
        self._is_needed.set()
        self._bell.rouse(self.region_id)
        try:
            yield subscription
        finally:
            self._forget(subscription)

    async def _run(self) -> None:
        while True:
            await self._is_needed.wait()
            try:
                while await self._read():
                    pass
            except DATABASE_TROUBLE:
                await asyncio.sleep(self._poll_s)
                continue
            await self._bell.wait(self.region_id, self._poll_s)
            await asyncio.sleep(GATHER_S)

    async def _read(self) -> bool:
        """Hand on what is new; True when there may be more at once."""
        # Whoever subscribes while the table is being read waits for the next reading.
        subscribers = {other: frozenset(each) for other, each in self._subscribers.items()}
        if not subscribers:
            return False
        failpoints.reach("feed.before_read")
        async with self._database.snapshot(self.region_id) as session:
            newest = await newest_seq(session, self.region_id)
            since = newest if self._seq is None else self._seq
            events = (
                await read_events(
                    session, self.region_id, since, self._largest_read, others=subscribers.keys()
                )
                if newest > since
                else []
            )
        failpoints.reach("feed.after_read")
        is_full = len(events) == self._largest_read
        reached = events[-1].seq if is_full else newest
        self._seq = reached if self._subscribers else None
        for subscription in frozenset().union(*subscribers.values()):
            subscription.begin(since)
        for event in events:
            assert event.other_id is not None, "events were asked for by their other end"
            for subscription in subscribers[event.other_id]:
                if not subscription.is_dropped and not subscription.offer(event):
                    self._forget(subscription)
        return is_full

    def _forget(self, subscription: Subscription) -> None:
        others = self._subscribers.get(subscription.other_id, set())
        others.discard(subscription)
        if not others:
            self._subscribers.pop(subscription.other_id, None)
        if not self._subscribers:
            self._is_needed.clear()
            self._seq = None
