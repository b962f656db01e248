"""The engine: commands wait, and leave in batches; each is decided while the one before is written.

A batch in the air is a flight. It was decided without the head's lock, so it may turn out to stand
on nothing; then, and after any other failure, its commands are carried out anew under the lock.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Final

import asyncpg

from core import failpoints, metrics
from core.database import Connection, Database, bare
from core.errors import Problem, problem
from core.outage import OUTCOME_UNKNOWN, is_outage, may_have_happened
from core.standby import has_standby
from ledger.batch import (
    Decided,
    Outcome,
    Prepare,
    decide_ahead,
    load,
    newest_event,
    run_batch,
    settle,
)
from ledger.command import Command, Receipt
from ledger.flight import Flight
from ledger.journal import Journal
from ledger.lane import DEADLINE_S, Lane, failure_of
from ledger.waiting import Waiting, mark
from ledger.write import write

BUSY = problem("busy", 503, "Too many requests are waiting; nothing was done with this one.")
UNAVAILABLE = problem("ledger-unavailable", 503, "The ledger cannot be reached; nothing was done.")

MOST_WAITING: Final = 2048
LONGEST_WAIT_S: Final = 1.0
"""Once somebody has waited so long, nobody else is let in: late answers are work for nothing."""
LARGEST_BATCH: Final = 256
"""A job's may be larger, but not while another process moves the head: payments wait for each."""
MOST_TRIES: Final = 5
WORTH_HALVING: Final = 32
"""So many commands are better decided as two batches, of which one is written meanwhile."""
TAKING_TURNS_S: Final = 5.0
"""So long a process decides under the lock after another one moved the same region's head."""


class Engine:
    """Moves value in one region for one process; processes meet at the head's lock."""

    def __init__(
        self,
        database: Database,
        region_id: int,
        prepare: Prepare,
        *,
        most_waiting: int = MOST_WAITING,
        longest_wait_s: float = LONGEST_WAIT_S,
        largest_batch: int = LARGEST_BATCH,
        deadline_s: float = DEADLINE_S,
        after_commit: Callable[[int], None] | None = None,
    ) -> None:
        """`after_commit` hears the newest number of each batch that brought events, once its
        commands are answered. It must neither wait nor raise.
        """
        self.region_id = region_id
        self._database = database
        self._prepare = prepare
        self._most_waiting = most_waiting
        self._longest_wait_s = longest_wait_s
        self._largest_batch = largest_batch
        self._largest_in_turns = min(largest_batch, LARGEST_BATCH)
        self._after_commit = after_commit
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._due = 1
        self._lanes = tuple(Lane(database, region_id, deadline_s) for _ in range(2))
        self._takes_turns_until = 0.0
        self._loop: asyncio.Task[None] | None = None
        self._is_stopping = False

    def start(self) -> None:
        """Begin to take batches; needs a running event loop."""
        self._loop = asyncio.create_task(self._run(), name=f"engine of region {self.region_id}")

    async def stop(self) -> None:
        """Finish the batches at hand, refuse what waits behind them, and leave."""
        self._is_stopping = True
        while self._queue:
            self._queue.popleft().answer(Problem(UNAVAILABLE, retry_after=1))
        self._arrived.set()
        if self._loop is not None:
            await self._loop
        for lane in self._lanes:
            lane.leave()

    async def submit(self, command: Command) -> Receipt:
        """The receipt of `command`, once its batch is committed.

        Raises the `Problem` that leaves nothing behind (404, 422, 503). A remembered refusal is a
        receipt too: `receipt.accepted()` raises it. A caller that is cancelled does not take its
        command back: the batch goes on, and the id tells later what became of it.
        """
        if self._is_full():
            raise Problem(BUSY, retry_after=1)
        [waiting] = self._enqueue([command])
        outcome = await waiting.outcome
        if isinstance(outcome, Problem):
            raise outcome
        return outcome

    async def submit_all(self, commands: Iterable[Command]) -> list[Outcome]:
        """What became of each of a job's commands, in their order, once all are answered.

        All of them wait at once, so such an engine is the job's own. Raises the first failure.
        """
        waiting = self._enqueue(commands)
        await asyncio.wait([one.outcome for one in waiting])
        return [one.outcome.result() for one in waiting]

    async def quote(self, command: Command) -> Outcome:
        """What `command` would come to now; nothing is locked and nothing is written."""
        async with self._database.snapshot(self.region_id) as session:
            connection = await bare(session)
            books = await load(connection, self.region_id, [command], self._prepare, lock=False)
            return settle(books, Journal(books.seq, books.account_no), command)

    def _enqueue(self, commands: Iterable[Command]) -> list[Waiting]:
        if self._is_stopping:
            raise Problem(UNAVAILABLE, retry_after=1)
        new_future = asyncio.get_running_loop().create_future
        waiting = [Waiting(command, new_future()) for command in commands]
        self._queue.extend(waiting)
        metrics.engine_queue_length.set(len(self._queue))
        if len(self._queue) >= self._due:
            self._arrived.set()
        return waiting

    def _is_full(self) -> bool:
        waited_s = perf_counter() - self._queue[0].since if self._queue else 0
        return len(self._queue) >= self._most_waiting or waited_s > self._longest_wait_s

    async def _run(self) -> None:
        flight: Flight | None = None
        while flight is not None or not self._is_stopping:
            await self._until_due(flight)
            following = await self._depart(flight) if self._is_due(flight) else None
            if flight is not None:
                await flight.work  # its lane is the next one's
            flight = following

    def _is_due(self, flight: Flight | None) -> bool:
        return bool(self._queue) if flight is None else flight.lets_follow(len(self._queue))

    async def _until_due(self, flight: Flight | None) -> None:
        self._due = 1 if flight is None else len(flight.batch)
        while not self._is_due(flight):
            if self._is_stopping if flight is None else flight.work.done():
                return
            self._arrived.clear()
            await self._arrived.wait()

    async def _depart(self, before: Flight | None) -> Flight:
        """Send the next batch on its way: decided ahead if that can be, or else under the lock."""
        waiting = len(self._queue)
        takes_turns = perf_counter() < self._takes_turns_until
        is_halved = before is None and waiting >= WORTH_HALVING and not takes_turns
        largest = self._largest_in_turns if takes_turns else self._largest_batch
        size = min((waiting + 1) // 2 if is_halved else waiting, largest)
        batch = [self._queue.popleft() for _ in range(size)]
        metrics.engine_queue_length.set(len(self._queue))
        lane = self._lanes[before is not None and before.lane is self._lanes[0]]
        decided = None if takes_turns else await self._decide_ahead(batch, lane, before)
        work = asyncio.create_task(self._fly(batch, lane, decided, before))
        work.add_done_callback(lambda _: self._arrived.set())
        return Flight(batch, lane, decided, work)

    async def _decide_ahead(
        self, batch: list[Waiting], lane: Lane, before: Flight | None
    ) -> Decided | None:
        commands = [item.command for item in batch]
        under = None if before is None else before.decided
        done = await lane.attempt(
            lambda connection: decide_ahead(
                connection, self.region_id, commands, self._prepare, under
            )
        )
        # Whatever failed fails again under the lock, where it is told whose fault it is.
        return None if failure_of(done) else done.result()

    async def _fly(
        self, batch: list[Waiting], lane: Lane, decided: Decided | None, before: Flight | None
    ) -> bool:
        """Write what was decided ahead and answer, or carry it out anew; whether it came to stand.

        Nothing is carried out anew before the flight before has ended: order of arrival holds.
        """
        started = perf_counter()
        stands = decided is not None and await self._stands(batch, lane, decided, before)
        if decided is not None and stands:
            self._answer_all(batch, decided.outcomes, started, may_stand=False)
            return True
        if before is not None:
            await before.work
        for first in range(0, len(batch), self._largest_in_turns):
            await self._carry_out(batch[first : first + self._largest_in_turns], lane)
        return False

    async def _stands(
        self, batch: list[Waiting], lane: Lane, decided: Decided, before: Flight | None
    ) -> bool:
        """Whether what was decided ahead is true now, and known to be."""
        if not decided.told:
            # What a replay tells may not stand, or not on the standby: a commit of its own knows.
            if before is not None and not await before.work:
                return False
            done = await lane.attempt(has_standby)
            return failure_of(done) is None and not done.result()
        mark(batch, is_sent=True)
        failpoints.reach("engine.before_commit")
        failure = failure_of(await lane.attempt(lambda line: write(line, decided.told)))
        if isinstance(failure, asyncpg.SerializationError) and before and await before.work:
            # It came to the head before the flight on which it stands, and did not find its stamp.
            failure = failure_of(await lane.attempt(lambda line: write(line, decided.told)))
        if failure is None:
            failpoints.reach("engine.after_commit")
            return True
        if isinstance(failure, asyncpg.SerializationError):
            self._takes_turns_until = perf_counter() + TAKING_TURNS_S
        if not may_have_happened(failure):
            mark(batch, is_sent=False)
        return False

    async def _carry_out(self, batch: list[Waiting], lane: Lane) -> None:
        """Answer every command of `batch`, decided under the lock."""
        started = perf_counter()
        for attempt in range(MOST_TRIES):
            may_stand = any(item.was_sent_to_commit for item in batch)
            done = await self._commit(batch, lane)
            failure = failure_of(done)
            if failure is None:
                self._answer_all(batch, done.result(), started, may_stand=may_stand)
                return
            if not is_outage(failure) and not isinstance(failure, OSError):
                await self._isolate(batch, lane, failure)
                return
            await asyncio.sleep(0.01 * 4**attempt)
        for item in batch:
            told = OUTCOME_UNKNOWN if item.was_sent_to_commit else UNAVAILABLE
            item.answer(Problem(told, retry_after=2))

    def _answer_all(
        self, batch: list[Waiting], outcomes: list[Outcome], started: float, *, may_stand: bool
    ) -> None:
        failpoints.reach("engine.before_answer")
        for item, outcome in zip(batch, outcomes, strict=True):
            item.answer(outcome)
        failpoints.reach("engine.after_answer")
        metrics.engine_batch_size.observe(len(batch))
        metrics.engine_batch_seconds.observe(perf_counter() - started)
        self._database.standby.count_commit(started)
        newest = newest_event(outcomes, with_replays=may_stand)
        if self._after_commit is not None and newest is not None:
            failpoints.reach("engine.before_publish")
            self._after_commit(newest)
            failpoints.reach("engine.after_publish")

    async def _isolate(self, batch: list[Waiting], lane: Lane, failure: BaseException) -> None:
        """Halve a batch that cannot be written until the culprit stands alone."""
        if len(batch) == 1:
            batch[0].fail(failure)
            return
        half = len(batch) // 2
        await self._carry_out(batch[:half], lane)
        await self._carry_out(batch[half:], lane)

    async def _commit(self, batch: list[Waiting], lane: Lane) -> asyncio.Future[list[Outcome]]:
        """Run one batch in one transaction, under the lock.

        When the connection breaks during COMMIT nobody knows whether it happened. The next try
        takes the head's lock, so it waits until that transaction has ended, and then finds its
        entries under their ids or does not: either way the answer is true.
        """
        commands = [item.command for item in batch]

        async def commit(connection: Connection) -> list[Outcome]:
            await connection.execute("BEGIN")
            outcomes = await run_batch(connection, self.region_id, commands, self._prepare)
            mark(batch, is_sent=True)
            failpoints.reach("engine.before_commit")
            await connection.execute("COMMIT")
            failpoints.reach("engine.after_commit")
            return outcomes

        return await lane.attempt(commit)
