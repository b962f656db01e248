"""Commits that only this server has: PostgreSQL warns of them, and answers as if all was well.

A commit waits until the synchronous standby has it. Whoever ends that wait (an operator, or a time
limit) does not undo the commit: it stands here, and a standby that is promoted does not know it.
"""

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

if TYPE_CHECKING:
    import asyncpg

_WARNING: Final = "01000"
"""The wait has no code of its own. Nothing else that we run on commit warns under this one."""
_warned: "WeakSet[asyncpg.Connection[Any]]" = WeakSet()


class OnlyLocalError(ConnectionError):
    """What was committed is not known to stand on the standby: its outcome is unknown."""


def listen(connection: "asyncpg.Connection[Any]") -> None:
    """Hear the warnings of a new connection."""
    connection.add_log_listener(_hear)


def forget(connection: "asyncpg.Connection[Any]") -> None:
    """Begin to listen for the next commit."""
    _warned.discard(connection)


def confirm(connection: "asyncpg.Connection[Any]") -> None:
    """Raises OnlyLocalError if there was a warning since `forget`."""
    if connection in _warned:
        raise OnlyLocalError("a commit was not confirmed by the synchronous standby")


async def has_standby(connection: "asyncpg.Connection[Any]") -> bool:
    """Whether commits wait for a standby, so that what is read may not be there yet."""
    found = await connection.fetchval("SELECT current_setting('synchronous_standby_names') <> ''")
    return bool(found)


def _hear(connection: Any, message: Any) -> None:
    if message.sqlstate == _WARNING:
        _warned.add(connection)
