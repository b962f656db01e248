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
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_a_head()

    def on_headers_complete(self) -> None:
        self._wait_no_more()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.has_answered_all():  # else the next request was there before this answer
            self._wait_for_a_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait_for_a_head(self) -> None:
        self._wait_no_more()
        # Not close(): that would first wait until what was answered is read.
        self._deadline = self.loop.call_later(self._head_seconds, self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
