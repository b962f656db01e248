"""The bell: tells every process at once that a region has new events, or tells nobody.

A ring carries nothing that counts. It goes through Redis to the other processes, and without Redis
it is heard in its own process only: the others look by themselves, only later.
"""

import asyncio
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis

from core import failpoints
from core.redis import REDIS_TROUBLE

CHANNEL: Final = "meguri:events"

GATHER_S: Final = 0.02
"""Rings within this time go out as one."""
DEADLINE_S: Final = 0.25
SILENCE_S: Final = 10.0
AGAIN_S: Final = 1.0


class _Ear:
    """What one process has heard of one region."""

    __slots__ = ("rang", "seq")

    def __init__(self) -> None:
        self.seq = 0
        self.rang = asyncio.Event()


class Bell:
    """One a process, for all regions. Needs a running event loop; stop it before it ends."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ears: dict[int, _Ear] = {}
        self._unsent: dict[int, int] = {}
        self._sender: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None

    def ring(self, region_id: int, seq: int) -> None:
        """Tell that `region_id` has events up to `seq`. Never waits, never fails."""
        self._hear(region_id, seq)
        self._unsent[region_id] = max(seq, self._unsent.get(region_id, 0))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send(), name="bell, ringing")

    async def wait(self, region_id: int, within_s: float) -> None:
        """Return at the next ring of `region_id`, or when `within_s` are over."""
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="bell, listening")
        ear = self._ears.setdefault(region_id, _Ear())
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await ear.rang.wait()
        ear.rang.clear()

    def rouse(self, region_id: int) -> None:
        """Let whoever waits for `region_id` here look at once."""
        if (ear := self._ears.get(region_id)) is not None:
            ear.rang.set()

    async def stop(self) -> None:
        """Ring and listen no more."""
        for task in (self._sender, self._listener):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def _hear(self, region_id: int, seq: int) -> None:
        # Only regions that somebody here waits for have an ear. Our own ring comes back from
        # Redis: its number is not above what was heard, so it wakes nobody a second time.
        ear = self._ears.get(region_id)
        if ear is not None and seq > ear.seq:
            ear.seq = seq
            ear.rang.set()

    async def _send(self) -> None:
        while self._unsent:
            rings, self._unsent = self._unsent, {}
            failpoints.reach("bell.before_ring")
            try:
                async with asyncio.timeout(DEADLINE_S):
                    for region_id, seq in rings.items():
                        await self._redis.publish(CHANNEL, b"%d %d" % (region_id, seq))
            except REDIS_TROUBLE:
                await asyncio.sleep(AGAIN_S)  # what was not told is found by looking
            failpoints.reach("bell.after_ring")
            await asyncio.sleep(GATHER_S)

    async def _listen(self) -> None:
        while True:
            try:
                await self._follow_channel()
            except REDIS_TROUBLE:
                await asyncio.sleep(AGAIN_S)

    async def _follow_channel(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(CHANNEL)
            while True:
                message = await channel.get_message(timeout=SILENCE_S)
                if message is None:
                    await channel.ping()  # so that a connection that died in silence is noticed
                elif message["type"] == "message":
                    self._take(message["data"])

    def _take(self, ring: bytes) -> None:
        region_id, _, seq = ring.partition(b" ")
        if region_id.isdigit() and seq.isdigit() and len(ring) < 40:
            self._hear(int(region_id), int(seq))
