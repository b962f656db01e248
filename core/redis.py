"""Redis: a client that answers within a deadline or fails, and never tries a second time by itself.

Redis holds what may vanish: rate limits, short-lived codes, live screens. A caller decides what
its absence means; a hidden retry could run a script twice.
"""

from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

REDIS_TROUBLE: Final = (RedisError, OSError, TimeoutError)
"""What a call to Redis raises when Redis is gone, slow or confused."""

MAX_CONNECTIONS: Final = 64
SOCKET_TIMEOUT_S: Final = 1.0
CONNECT_TIMEOUT_S: Final = 0.25


def connect_redis(url: str) -> Redis:
    """A client for `url` (redis://, rediss:// or unix://). Connects at its first command.

    No retries, at most 64 connections, one second for an answer. The caller closes it.
    """
    return Redis.from_url(
        url,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        max_connections=MAX_CONNECTIONS,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        health_check_interval=0,
    )
