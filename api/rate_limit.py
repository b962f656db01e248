"""Limits on how often one subject, or one address, may ask; Redis shares them, nothing waits.

GCRA: of each key one number is kept, the moment at which its quota is whole again. A request is
decided at once on what this process knows. Every 20 ms it tells Redis what it let through, all in
one call, and learns what other processes did. So Redis costs a request no latency, a busy process
makes 50 calls a second however many requests it serves, and without Redis each process still
limits what it sees itself. The price: several processes together may let a little more through
than the quota, for some 20 ms. Nothing that matters rests on a limit; a one-time code needs more.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from prometheus_client import Counter
from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from api.envelope import add_header
from core.errors import Problem, problem
from core.redis import REDIS_TROUBLE

TOO_MANY_REQUESTS: Final = problem("too-many-requests", 429, "There were too many requests.")

SHARE_S: Final = 0.02
DEADLINE_S: Final = 0.05
PAUSE_S: Final = 1.0
"""How long Redis is left alone after it failed."""
LARGEST_SHARE: Final = 1000
MOST_KNOWN: Final = 65_536

unshared: Final = Counter(
    "meguri_rate_limit_unshared",
    "Requests whose quota only this process counted, because Redis could not be told.",
)

# In and out go microseconds. `taken` was decided already, so it is added whatever comes of it, up
# to an empty quota.
_SHARE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answers = {}
for i, key in ipairs(KEYS) do
  local taken = tonumber(ARGV[2 * i - 1])
  local window = tonumber(ARGV[2 * i])
  local whole_at = math.max(tonumber(redis.call('GET', key) or 0), now)
  local ahead = math.min(whole_at + taken - now, window)
  redis.call('SET', key, now + ahead, 'PX', math.ceil(ahead / 1000))
  answers[i] = ahead
end
return answers
"""


@dataclass(frozen=True, slots=True)
class Quota:
    """`requests` in any `window_s` seconds; they may come all at once."""

    name: str
    requests: int
    window_s: int

    @property
    def window_us(self) -> int:
        """The window in microseconds."""
        return self.window_s * 1_000_000

    @property
    def interval_us(self) -> int:
        """Microseconds in which one request grows back, rounded down: in favour of the client."""
        return self.window_us // self.requests

    @property
    def policy(self) -> str:
        """The quota as the RateLimit-Policy header says it (IETF httpapi draft)."""
        return f'"{self.name}";q={self.requests};w={self.window_s}'


class RateLimiter:
    """The quotas as this process knows them."""

    def __init__(
        self,
        redis: Redis,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        most_known: int = MOST_KNOWN,
    ) -> None:
        self._redis = redis
        self._monotonic_ns = monotonic_ns
        self._most_known = most_known
        self._whole_at: dict[str, int] = {}
        self._untold: dict[str, tuple[Quota, int]] = {}
        self._sharing: asyncio.Task[None] | None = None

    def limit(self, connection: HTTPConnection, quota: Quota, who: str) -> None:
        """Count this request against `quota` of `who`; 429 too-many-requests when it is used up.

        The answer tells what is left: RateLimit-Policy and RateLimit of the IETF httpapi draft.
        A refused request counts for nothing.
        """
        left_us = self.take(quota, who)
        remaining = max(0, left_us // quota.interval_us)
        whole_in_s = min(quota.window_s, quota.window_s - left_us // 1_000_000)
        add_header(connection, "ratelimit-policy", quota.policy)
        add_header(connection, "ratelimit", f'"{quota.name}";r={remaining};t={whole_in_s}')
        if left_us < 0:
            raise Problem(TOO_MANY_REQUESTS, retry_after=-(left_us // 1_000_000))

    def take(self, quota: Quota, who: str) -> int:
        """Take one request; returns the microseconds of quota that are left, below 0 if refused."""
        now = self._monotonic_ns() // 1000
        key = f"limit:{quota.name}:{who}"
        whole_at = max(self._whole_at.get(key, 0), now) + quota.interval_us
        left_us = now + quota.window_us - whole_at
        if left_us >= 0:
            self._whole_at[key] = whole_at
            self._untold[key] = (quota, self._untold.get(key, _NOTHING)[1] + 1)
            if self._sharing is None or self._sharing.done():
                self._sharing = asyncio.create_task(self._share(), name="rate limiter")
        return left_us

    async def close(self) -> None:
        """Stop sharing. What was not told yet is lost, to the client's advantage."""
        if self._sharing is not None:
            self._sharing.cancel()
            await asyncio.wait([self._sharing])

    async def _share(self) -> None:
        while self._untold:
            await asyncio.sleep(SHARE_S)
            told = {key: self._untold.pop(key) for key in list(self._untold)[:LARGEST_SHARE]}
            try:
                answers = await self._tell(told)
            except REDIS_TROUBLE:
                untold, self._untold = told | self._untold, {}
                unshared.inc(sum(count for _, count in untold.values()))
                await asyncio.sleep(PAUSE_S)
            else:
                self._learn(told, answers)
            self._forget(self._monotonic_ns() // 1000)

    async def _tell(self, told: dict[str, tuple[Quota, int]]) -> list[int]:
        arguments: list[str | int] = list(told)
        for quota, count in told.values():
            arguments += [quota.interval_us * count, quota.window_us]
        async with asyncio.timeout(DEADLINE_S):
            answers: list[int] = await self._redis.eval(_SHARE, len(told), *arguments)
        return answers

    def _learn(self, told: dict[str, tuple[Quota, int]], answers: list[int]) -> None:
        now = self._monotonic_ns() // 1000
        for (key, (quota, _)), ahead in zip(told.items(), answers, strict=True):
            since = self._untold.get(key, _NOTHING)[1] * quota.interval_us
            self._whole_at[key] = now + ahead + since

    def _forget(self, now: int) -> None:
        """Drop the keys whose quota is whole; if that leaves too many, all of them."""
        if len(self._whole_at) > self._most_known:
            whole_at = self._whole_at
            self._whole_at = {key: at for key, at in whole_at.items() if at > now}
        if len(self._whole_at) > self._most_known:
            self._whole_at.clear()


_NOTHING: Final = (None, 0)


def address_of(connection: HTTPConnection) -> str:
    """Whose address a request came from; of IPv6 the /64, which one household or host has whole."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)
