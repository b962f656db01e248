"""The engine: many commands wait, one batch at a time is decided, written and committed."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from core import failpoints, metrics
from core.database import Connection, Database, bare
from core.errors import Problem, problem
from core.outage import OUTCOME_UNKNOWN, is_outage
from ledger.batch import Outcome, Prepare, load, run_batch, settle
from ledger.command import Command, Receipt
from ledger.journal import Journal

BUSY = problem("busy", 503, "Too many requests are waiting; nothing was done with this one.")
UNAVAILABLE = problem("ledger-unavailable", 503, "The ledger cannot be reached; nothing was done.")

MOST_WAITING: Final = 2048
LARGEST_BATCH: Final = 256
MOST_TRIES: Final = 5

BATCH_DEADLINE_S: Final = 20
"""When a connection dies in silence nobody says so. PostgreSQL's own limit on waiting for the
head (10 s) is shorter, so whatever takes longer than this is not going to be answered."""


@dataclass(slots=True)
class _Waiting:
    command: Command
    outcome: asyncio.Future[Outcome]
    was_sent_to_commit: bool = False


class Engine:
    """Moves value in one region for one process; processes meet at the head's lock."""

    def __init__(
        self,
        database: Database,
        region_id: int,
        prepare: Prepare,
        *,
        most_waiting: int = MOST_WAITING,
        largest_batch: int = LARGEST_BATCH,
        deadline_s: float = BATCH_DEADLINE_S,
        after_commit: Callable[[int], None] | None = None,
    ) -> None:
        """`after_commit` hears the newest number of each batch that brought events, once its
        commands are answered. It must neither wait nor raise.
        """
        self.region_id = region_id
        self._database = database
        self._prepare = prepare
        self._most_waiting = most_waiting
        self._largest_batch = largest_batch
        self._deadline_s = deadline_s
        self._after_commit = after_commit
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._connection: Connection | None = None
        self._loop: asyncio.Task[None] | None = None
        self._is_stopping = False

    def start(self) -> None:
        """Begin to take batches; needs a running event loop."""
        self._loop = asyncio.create_task(self._run(), name=f"engine of region {self.region_id}")

    async def stop(self) -> None:
        """Finish the batch at hand, refuse what waits behind it, and give the connection back."""
        self._is_stopping = True
        while self._queue:
            _answer(self._queue.popleft(), Problem(UNAVAILABLE, retry_after=1))
        self._arrived.set()
        if self._loop is not None:
            await self._loop
        await self._disconnect()

    async def submit(self, command: Command) -> Receipt:
        """The receipt of `command`, once its batch is committed.

        Raises the `Problem` that leaves nothing behind (404, 422, 503). A remembered refusal is a
        receipt too: `receipt.accepted()` raises it. A caller that is cancelled does not take its
        command back: the batch goes on, and the id tells later what became of it.
        """
        if self._is_stopping:
            raise Problem(UNAVAILABLE, retry_after=1)
        if len(self._queue) >= self._most_waiting:
            raise Problem(BUSY, retry_after=1)
        waiting = _Waiting(command, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        metrics.engine_queue_length.set(len(self._queue))
        self._arrived.set()
        outcome = await waiting.outcome
        if isinstance(outcome, Problem):
            raise outcome
        return outcome

    async def quote(self, command: Command) -> Outcome:
        """What `command` would come to now; nothing is locked and nothing is written."""
        async with self._database.snapshot(self.region_id) as session:
            connection = await bare(session)
            books = await load(connection, self.region_id, [command], self._prepare, lock=False)
            return settle(books, Journal(books.seq, books.account_no), command)

    async def _run(self) -> None:
        while not self._is_stopping:
            await self._arrived.wait()
            self._arrived.clear()
            while self._queue:
                size = min(len(self._queue), self._largest_batch)
                batch = [self._queue.popleft() for _ in range(size)]
                metrics.engine_queue_length.set(len(self._queue))
                await self._carry_out(batch)

    async def _carry_out(self, batch: list[_Waiting]) -> None:
        """Answer every command of `batch`, whatever happens to it."""
        started = perf_counter()
        for attempt in range(MOST_TRIES):
            work = asyncio.create_task(self._commit(batch))
            await asyncio.wait([work], timeout=self._deadline_s)
            if not work.done():
                await self._disconnect()  # which ends the work that waits for the connection
                work.cancel()
                await asyncio.wait([work])
            failure = asyncio.CancelledError() if work.cancelled() else work.exception()
            if failure is None:
                failpoints.reach("engine.before_answer")
                for item, outcome in zip(batch, work.result(), strict=True):
                    _answer(item, outcome)
                failpoints.reach("engine.after_answer")
                metrics.engine_batch_size.observe(len(batch))
                metrics.engine_batch_seconds.observe(perf_counter() - started)
                self._tell_of_events(work.result())
                return
            await self._disconnect()
            metrics.engine_retries.labels(type(failure).__name__).inc()
            if not _may_pass(failure):
                await self._isolate(batch, failure)
                return
            await asyncio.sleep(0.01 * 4**attempt)
        for item in batch:
            told = OUTCOME_UNKNOWN if item.was_sent_to_commit else UNAVAILABLE
            _answer(item, Problem(told, retry_after=2))

    def _tell_of_events(self, outcomes: list[Outcome]) -> None:
        if self._after_commit is None:
            return
        new = [
            outcome.entry.seq
            for outcome in outcomes
            if isinstance(outcome, Receipt)
            and not outcome.is_replay
            and outcome.entry.refusal is None
        ]
        if new:
            failpoints.reach("engine.before_publish")
            self._after_commit(max(new))
            failpoints.reach("engine.after_publish")

    async def _isolate(self, batch: list[_Waiting], failure: BaseException) -> None:
        """Halve a batch that cannot be written until the culprit stands alone."""
        if len(batch) == 1:
            if not batch[0].outcome.done():
                batch[0].outcome.set_exception(failure)
            return
        half = len(batch) // 2
        await self._carry_out(batch[:half])
        await self._carry_out(batch[half:])

    async def _commit(self, batch: list[_Waiting]) -> list[Outcome]:
        """Run one batch in one transaction.

        When the connection breaks during COMMIT nobody knows whether it happened. The next try
        takes the head's lock, so it waits until that transaction has ended, and then finds its
        entries under their ids or does not: either way the answer is true.
        """
        connection = await self._connected()
        await connection.execute("BEGIN")
        failpoints.reach("engine.before_lock")
        commands = [item.command for item in batch]
        outcomes = await run_batch(connection, self.region_id, commands, self._prepare)
        for item in batch:
            item.was_sent_to_commit = True
        failpoints.reach("engine.before_commit")
        await connection.execute("COMMIT")
        failpoints.reach("engine.after_commit")
        for item in batch:
            item.was_sent_to_commit = False
        return outcomes

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect_region(self.region_id)
        return self._connection

    async def _disconnect(self) -> None:
        """Leave the connection at once; PostgreSQL rolls back what it had open."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _may_pass(failure: BaseException) -> bool:
    """Whether a failure says nothing about the commands: the same batch may succeed later."""
    return is_outage(failure) or isinstance(failure, asyncio.CancelledError | OSError)


def _answer(item: _Waiting, outcome: Outcome) -> None:
    if not item.outcome.done():
        item.outcome.set_result(outcome)
    if isinstance(outcome, Receipt) and outcome.entry.refusal is not None:
        metrics.engine_refusals.labels(outcome.entry.refusal).inc()
