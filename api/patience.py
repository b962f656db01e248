"""How long a connection may keep the server waiting: until a head is whole, and after an answer.

The framework sees a request when its head is there. Before that, and once it has answered without
the rest of a body, only the server itself can end a connection on which bytes still drip.
"""

import asyncio
from functools import partial
from typing import Any, cast

from api.door import Door


def patient_for(head_seconds: float) -> type[asyncio.Protocol]:
    """What uvicorn takes as `http`. Each head must be whole so soon, or the connection is cut.

    It counts from the beginning of the connection, or from the answer to the request before.
    """
    return cast("type[asyncio.Protocol]", partial(_Connection, head_seconds=head_seconds))


class _Connection(Door):
    def __init__(self, *given: Any, head_seconds: float, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_seconds = head_seconds
        self._waits_since: float | None = None
        self._alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_a_head()
        self._ring_in(self._head_seconds)

    def on_headers_complete(self) -> None:
        self._waits_since = None
        super().on_headers_complete()

    def on_turned_away(self) -> None:
        self._wait_for_a_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.has_answered_all():  # else the next request was there before this answer
            self._wait_for_a_head()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        super().connection_lost(exc)

    def _wait_for_a_head(self) -> None:
        self._waits_since = self.loop.time()

    def _ring_in(self, seconds: float) -> None:
        """One alarm for all heads of a connection: to set one for each would cost more."""
        self._alarm = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        since = self._waits_since
        left_s = self._head_seconds
        if since is not None:
            left_s -= self.loop.time() - since
        if left_s > 0:
            self._ring_in(left_s)
        else:
            # Not close(): that would first wait until what was answered is read.
            self.transport.abort()
