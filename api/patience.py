"""How long a connection may keep the server waiting, and how much it may send beside its bodies.

The framework sees a request when its head is there. Before that, and once it has answered without
the rest of a body, only the server itself can end a connection on which bytes still come. Nor does
the framework end one whose answers nobody takes.
"""

import asyncio
from functools import partial
from typing import Any, Final, cast

from api.door import Door

MOST_BESIDE_BYTES: Final = 256 * 1024
"""Of what comes with a body and is none: lengths of its pieces, and trailers."""
TAKES_WITHIN: Final = 3
"""Who takes nothing of what he asked for is cut after so many times the time of a head."""
MOST_HEAD_BYTES: Final = 64 * 1024
"""The head is kept in memory until it is whole; the parser itself has no limit."""


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
        self._is_in_head = False
        self._is_in_body = False
        self._head_bytes = 0
        self._beside_bytes = 0
        self._is_stuck_since: float | None = None
        self._untaken_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_a_head()
        self._ring_in(self._head_seconds)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")
        elif self._is_in_body:
            self._beside_bytes += len(data)
            if self._beside_bytes > MOST_BESIDE_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head, self._is_in_body = False, True
        self._beside_bytes = 0
        self._waits_since = None
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """Lines behind the last piece are no head: whoever reads the request has that already."""
        self.headers = []

    def on_body(self, body: bytes) -> None:
        self._beside_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_in_body = False
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._is_stuck_since = self.loop.time()
        self._untaken_bytes = self.transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_stuck_since = None

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
        if left_s > 0 and not self._is_stuck():
            self._ring_in(left_s)
        else:
            # Not close(): that would first wait until what was answered is read.
            self.transport.abort()

    def _is_stuck(self) -> bool:
        """Whether nothing of the answers was taken for too long; slowly is not nothing."""
        if self._is_stuck_since is None:
            return False
        untaken, now = self.transport.get_write_buffer_size(), self.loop.time()
        if untaken < self._untaken_bytes:
            self._untaken_bytes, self._is_stuck_since = untaken, now
        return now - self._is_stuck_since > TAKES_WITHIN * self._head_seconds
