"""Trips: tasks of a job that set out and come back by themselves, one for each destination."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from worker.job import TROUBLE, Job, tell

Key = TypeVar("Key")


@dataclass(slots=True)
class Trips(Generic[Key]):
    """What is on its way for a job."""

    job: Job
    _tasks: dict[Key, asyncio.Task[None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._tasks)

    def __contains__(self, key: Key) -> bool:
        return key in self._tasks

    def set_out(self, key: Key, trip: Coroutine[Any, Any, None]) -> None:
        """Begin; nothing is on its way there yet."""
        assert key not in self._tasks, "one at a time"
        self._tasks[key] = asyncio.create_task(trip, name=self.job.name)

    def collect(self) -> None:
        """Forget those that are over; a bug in one is raised here, and ends the worker."""
        for key, task in list(self._tasks.items()):
            if not task.done():
                continue
            del self._tasks[key]
            error = task.exception()
            if isinstance(error, TROUBLE):
                tell(self.job, error)
            elif error is not None:
                raise error

    async def finish(self) -> None:
        """Wait until all are back; raises what they raised."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())
            self.collect()

    async def close(self, within_s: float) -> None:
        """Those on their way have some seconds; then they are cancelled, and none is left."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=within_s)
            for task in late:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        self._tasks.clear()
