"""When PostgreSQL is away: which failures say so, and what the caller is told."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import problem

DATABASE_UNAVAILABLE: Final = problem(
    "database-unavailable", 503, "The database cannot be reached; nothing was done."
)
OUTCOME_UNKNOWN: Final = problem(
    "outcome-unknown", 503, "It is not known yet whether this was done; ask again."
)

RETRY_AFTER_S: Final = 2

CONNECT_TROUBLE: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""While a connection is made, whatever the server or the network says means: not now."""

TROUBLE: Final = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
)
"""What a statement can raise; `is_outage` tells an outage from a bug."""

_AWAY: Final = (
    asyncpg.PostgresConnectionError,  # class 08: there is no connection any more
    asyncpg.OperatorInterventionError,  # class 57: shut down, not up yet, over the time limit
    asyncpg.InsufficientResourcesError,  # class 53: connections, memory or disk are used up
    asyncpg.PostgresSystemError,  # class 58: the disk reads or writes no more, a file is gone
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # it has become somebody's standby
    asyncpg.LockNotAvailableError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InternalClientError,  # the driver met a connection in the midst of being ended
    ConnectionError,
    TimeoutError,
)


class NotLetInError(ConnectionError):
    """PostgreSQL took no connection for a reason that is no outage of its own: a login that it
    does not know any more, a database that is shut or gone. Nothing was sent.
    """


def is_outage(error: BaseException) -> bool:
    """Whether a failure says nothing about the statement: it may succeed when tried again."""
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_away(getattr(error.orig, "__cause__", None))
    return _is_away(error)


def may_have_happened(error: BaseException) -> bool:
    """Whether a statement that failed may be committed: where PostgreSQL refused it, it is not."""
    lost = asyncpg.PostgresConnectionError | asyncpg.OperatorInterventionError
    return isinstance(error, lost) or not isinstance(error, asyncpg.PostgresError)


def _is_away(error: BaseException | None) -> bool:
    if isinstance(error, asyncpg.InterfaceError):
        # A lost connection, unless it is a value that does not fit its parameter: that is a bug.
        return not isinstance(error, ValueError | asyncpg.UnsupportedClientFeatureError)
    return isinstance(error, _AWAY)
