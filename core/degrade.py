"""Going on without the standby, where the operator chose to: after a time, and for all to see.

The application's role may neither change the server's settings nor see who replicates. It need not:
a commit of nothing says whether a standby confirms, and each session decides for its own commits.
"""

import asyncio
import logging
from time import monotonic
from typing import Final

from core.database import Connection, Database
from core.outage import CONNECT_TROUBLE
from core.standby import OnlyLocalError, Standby, confirm, forget, has_standby

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
BACK_WITHIN_S: Final = 2.0
"""The standby is back when it has confirmed one commit within this time."""
SILENCE_S: Final = 10.0
"""So much longer than a look may take, and its connection is taken to be dead."""

# It changes nothing and yet it is a commit, which waits like any other.
_COMMIT_NOTHING: Final = "SELECT pg_logical_emit_message(true, 'meguri', '')"

# A commit that waits holds its locks. All processes with this login have one policy.
_END_WAITS: Final = """
    SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND usename = session_user AND wait_event = 'SyncRep'
"""


async def watch_standby(database: Database, patience_s: int) -> None:
    """Until cancelled: let `database` commit alone once no standby has confirmed for so long.

    It waits for the standby again as soon as that confirms. Both are told in the log.
    """
    log.warning("a standby that confirms nothing for %d s will be done without", patience_s)
    while True:
        try:
            await _follow(database, patience_s)
        except CONNECT_TROUBLE:
            await asyncio.sleep(LOOK_EVERY_S)


async def _follow(database: Database, patience_s: int) -> None:
    # As the login itself: only as that one may it end the waits of its other sessions.
    connection = await database.connect(role="none", statement_timeout="0")
    watch = _Watch(database.standby, patience_s)
    try:
        while True:
            async with asyncio.timeout(patience_s + SILENCE_S):
                await watch.look(connection)
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        connection.terminate()


class _Watch:
    """What the looks on one connection have seen."""

    def __init__(self, standby: Standby, patience_s: int) -> None:
        self._standby = standby
        self._patience_s = patience_s
        self._confirmed_at = monotonic()

    async def look(self, connection: Connection) -> None:
        """Ask PostgreSQL once, and act on it."""
        if not await has_standby(connection):
            self._confirmed("PostgreSQL names no synchronous standby any more")
        elif await _is_confirmed(connection, self._longest_wait_s()):
            self._confirmed("the standby confirms commits again")
        elif monotonic() - self._confirmed_at >= self._patience_s:
            if not self._standby.is_done_without:
                self._standby.do_without()
                log.critical(
                    "no standby has confirmed a commit for %d s: commits stand on one server alone",
                    self._patience_s,
                )
            await connection.execute(_END_WAITS)

    def _longest_wait_s(self) -> float:
        if self._standby.is_done_without:
            return BACK_WITHIN_S
        return max(self._confirmed_at + self._patience_s - monotonic(), 0.1)

    def _confirmed(self, why: str) -> None:
        self._confirmed_at = monotonic()
        if self._standby.is_done_without:
            self._standby.wait_again()
            log.critical("%s: commits are waited for as before", why)


async def _is_confirmed(connection: Connection, longest_wait_s: float) -> bool:
    forget(connection)
    try:
        await connection.execute(_COMMIT_NOTHING, timeout=longest_wait_s)
        confirm(connection)
    except (TimeoutError, OnlyLocalError):
        return False
    return True
