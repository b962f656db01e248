"""The end of a process: noticed when the signal comes, before the server waits for what is open."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

Handler = Callable[[int, FrameType | None], object]


class Closing:
    """Whether this process was told to end.

    A server ends the application's lifespan only once its connections are closed, and a live feed
    closes none by itself. So the signal is heard here first, and then handed on to the server.
    """

    def __init__(self, drain_s: float, begin: Callable[[], None]) -> None:
        """At the first signal `begin` is called in the event loop; `drain_s` later the server
        hears it too. A second signal reaches the server at once.
        """
        self.has_begun = False
        self._drain_s = drain_s
        self._begin = begin

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Hear SIGTERM and SIGINT before the server does, while the block lasts.

        Only Python's main thread has signals; a signal that no server waits for is left alone.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in SIGNALS}
        ours = {
            number: self._handler(loop, theirs)
            for number, theirs in before.items()
            if callable(theirs)
        }
        for number, handler in ours.items():
            signal.signal(number, handler)
        try:
            yield
        finally:
            for number, handler in ours.items():
                if signal.getsignal(number) is handler:
                    signal.signal(number, before[number])

    def _handler(self, loop: asyncio.AbstractEventLoop, theirs: Handler) -> Handler:
        def hear(number: int, frame: FrameType | None) -> None:
            if loop.is_closed() or self.has_begun:
                theirs(number, frame)
                return
            self.has_begun = True
            loop.call_soon_threadsafe(self._begin)
            if self._drain_s:
                loop.call_soon_threadsafe(loop.call_later, self._drain_s, theirs, number, None)
            else:
                theirs(number, frame)

        return hear
