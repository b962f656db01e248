"""Lives the day: every act at its town time, in order where one depends on another."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.clock import Clock
from town.acts import Act
from town.client import UnreachableError

AT_ONCE: Final = 40
"""Acts under way at the same time, as people in a town: more would only wait at the server."""

NAP_SECONDS: Final = 0.05
"""The longest sleep of the one who calls the acts, so that a stop is felt at once."""


async def live(
    perform: Callable[[Act], Awaitable[None]],
    acts: Sequence[Act],
    clock: Clock,
    midnight: datetime,
) -> None:
    """Perform `acts`, which are in order of town time; `midnight` began the town's day.

    An act waits for those it depends on, never for others; when the server is slower than the
    clock, acts come later than planned and none is left out. Raises UnreachableError
    when the server does not answer any more.
    """
    answered = {act.number: asyncio.Event() for act in acts}
    room = asyncio.Semaphore(AT_ONCE)
    unreachable: list[UnreachableError] = []

    async def carry_out(act: Act) -> None:
        try:
            for number in act.after:
                await answered[number].wait()
            await perform(act)
            answered[act.number].set()
        except UnreachableError as told:
            unreachable.append(told)
            raise
        finally:
            room.release()

    try:
        async with asyncio.TaskGroup() as group:
            for act in acts:
                await _until(clock, midnight + timedelta(seconds=act.second))
                await room.acquire()
                group.create_task(carry_out(act))
    except* UnreachableError:
        pass  # whatever else there is comes out of here by itself
    if unreachable:
        raise unreachable[0]


async def _until(clock: Clock, moment: datetime) -> None:
    while (ahead := (moment - clock.now()).total_seconds()) > 0:  # noqa: ASYNC110  time is no event
        await asyncio.sleep(min(ahead / clock.factor, NAP_SECONDS))
