"""A connection to PostgreSQL on which nobody says anything any more: how that is noticed.

A network that drops every packet says nothing, and neither does a server that hangs. The machine
itself asks across an idle line whether anybody is there, which ends long statements of none; and
the answer of each statement has its time.
"""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from core.own_types import KnowingConnection

ANSWER_S: Final = 40.0
"""Longer than PostgreSQL itself lets a statement take: what is not there by then does not come."""
GRACE_S: Final = ANSWER_S - 30
"""So much longer than PostgreSQL's own limit, whatever that is, an answer is waited for."""

LINE: Final[Mapping[str, int]] = {
    "TCP_KEEPIDLE": 10,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 20_000,  # milliseconds, of what was sent and nobody took
}
"""A line is dead after 25 silent seconds; the kernel's own limits are a quarter of an hour, and two
hours where nothing was sent. Not every kernel has every one of these."""


class BoundedConnection(KnowingConnection):
    """A connection that waits for each answer for a time only; the failure is TimeoutError."""

    if TYPE_CHECKING:  # what the stubs keep to themselves
        _config: Any
        _transport: Any

    def answer_within(self, seconds: float | None) -> None:
        """Wait so long for what is asked from now on; None: for as long as it takes."""
        if seconds != self._config.command_timeout:
            self._config = self._config._replace(command_timeout=seconds)

    @contextmanager
    def left_after(self, seconds: float) -> Iterator[None]:
        """Give the connection up when the block takes longer, and cancel nothing: a commit that
        waits for the standby would come to stand here alone.
        """
        self.answer_within(None)
        alarm = asyncio.get_running_loop().call_later(seconds, self.terminate)
        try:
            yield
        finally:
            alarm.cancel()
            self.answer_within(seconds)  # it may be in use still: to roll back

    def watch_line(self, limits: Mapping[str, int] = LINE) -> None:
        """Let the kernel end it when the other machine is silent. One machine needs none of it."""
        line = self._transport.get_extra_info("socket")
        if line is None or line.family not in {socket.AF_INET, socket.AF_INET6}:
            return
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in limits.items():
            if (option := getattr(socket, name, None)) is not None:
                line.setsockopt(socket.IPPROTO_TCP, option, value)
