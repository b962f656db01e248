"""Commits that only this server has: PostgreSQL warns of them, and answers as if all was well.

A commit waits until the synchronous standby has it. No time limit of PostgreSQL ends that wait. An
operator who does so does not undo the commit: it stands here, and a standby that is promoted does
not know it. Nobody calls it done, unless the operator chose to go on without a standby
(`core/degrade.py`).
"""

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from core import metrics

if TYPE_CHECKING:
    import asyncpg

_WARNING: Final = "01000"
"""The wait has no code of its own. Nothing else that we run on commit warns under this one."""
_warned: "WeakSet[asyncpg.Connection[Any]]" = WeakSet()
_alone: "WeakSet[asyncpg.Connection[Any]]" = WeakSet()
"""Connections whose commits wait for no standby until they are told otherwise."""

_COMMIT_ALONE: Final = """
    SELECT set_config('synchronous_commit', 'local', true),
           pg_current_xact_id_if_assigned() IS NOT NULL AS has_written
"""


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


class Standby:
    """Whether the commits of one process wait for the standby: always, unless told otherwise."""

    def __init__(self) -> None:
        self.is_done_without = False
        self._ended_at = float("-inf")

    def do_without(self) -> None:
        """From the next commit on, wait for no standby."""
        self.is_done_without = True

    def wait_again(self) -> None:
        """From the next commit on, wait for it."""
        self.is_done_without = False
        self._ended_at = perf_counter()

    async def before_work(self, connection: "asyncpg.Connection[Any]") -> None:
        """Outside of a transaction: let what comes now commit as is right at this moment."""
        forget(connection)
        if self.is_done_without and connection not in _alone:
            await connection.execute("SET synchronous_commit = local")
            _alone.add(connection)
        elif not self.is_done_without and connection in _alone:
            await connection.execute("RESET synchronous_commit")
            _alone.discard(connection)

    async def before_commit(self, connection: "asyncpg.Connection[Any]") -> None:
        """The same as the last statement of a transaction, which is counted if it has written."""
        forget(connection)
        if self.is_done_without:
            row = await connection.fetchrow(_COMMIT_ALONE)
            if row is not None and row["has_written"]:
                metrics.commits_without_standby.inc()

    def count_commit(self, begun: float) -> None:
        """Count a commit that is told as done, if it may stand here alone.

        `begun` is when it was begun, on `perf_counter`: one that began before the standby was back
        may have waited for nobody.
        """
        if self.is_done_without or begun <= self._ended_at:
            metrics.commits_without_standby.inc()


def _hear(connection: Any, message: Any) -> None:
    if message.sqlstate == _WARNING:
        _warned.add(connection)
