"""Which failures of PostgreSQL are outages, and which are bugs."""

import asyncpg
import pytest
from asyncpg.exceptions._base import DataError as MisfitError
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.outage import is_outage

OUTAGES = [
    asyncpg.ConnectionDoesNotExistError("x"),
    asyncpg.CannotConnectNowError("x"),
    asyncpg.AdminShutdownError("x"),
    asyncpg.CrashShutdownError("x"),
    asyncpg.QueryCanceledError("x"),
    asyncpg.LockNotAvailableError("x"),
    asyncpg.TooManyConnectionsError("x"),
    asyncpg.DiskFullError("x"),
    asyncpg.PostgresIOError("x"),
    asyncpg.IdleInTransactionSessionTimeoutError("x"),
    asyncpg.SerializationError("x"),
    asyncpg.DeadlockDetectedError("x"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("another operation is in progress"),
    ConnectionResetError(),
]
BUGS = [
    asyncpg.UndefinedTableError("x"),
    asyncpg.CheckViolationError("x"),
    asyncpg.InsufficientPrivilegeError("x"),
    asyncpg.DivisionByZeroError("x"),
    MisfitError("invalid input for query argument"),
]


def wrapped(error: Exception) -> DBAPIError:
    """As SQLAlchemy raises it: around its driver's error, whose cause it is."""
    driver = Exception("x")
    driver.__cause__ = error
    return DBAPIError("SELECT 1", {}, driver)


@pytest.mark.parametrize("error", OUTAGES, ids=lambda error: type(error).__name__)
def test_an_outage(error: Exception):
    assert is_outage(error)
    assert is_outage(wrapped(error))


@pytest.mark.parametrize("error", BUGS, ids=lambda error: type(error).__name__)
def test_a_bug(error: Exception):
    assert not is_outage(error)
    assert not is_outage(wrapped(error))


def test_what_sqlalchemy_says_itself():
    assert is_outage(PoolTimeoutError("the pool is used up"))
    assert is_outage(DBAPIError("SELECT 1", {}, Exception("x"), connection_invalidated=True))
    assert not is_outage(InvalidRequestError("x"))
