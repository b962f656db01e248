"""How the program logs: one line an event, in UTC, and never the message of an exception."""

import logging
import time
from types import TracebackType
from typing import Any, Final

from core.traces import trace_of


class QuietFormatter(logging.Formatter):
    """Tells of an exception what `trace_of` tells: its message may quote a person."""

    converter = staticmethod(time.gmtime)

    def formatException(  # noqa: N802  logging's own name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """The trace in one line."""
        return "" if ei[1] is None else trace_of(ei[1])


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "quiet": {
            "()": QuietFormatter,
            "format": "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s",
            "datefmt": "%Y-%m-%dT%H:%M:%S",
        }
    },
    "handlers": {"errors": {"class": "logging.StreamHandler", "formatter": "quiet"}},
    "root": {"handlers": ["errors"], "level": "INFO"},
    "loggers": {
        "alembic": {"level": "WARNING"},  # it lists its plug-ins at each start
        "httpx": {"level": "WARNING"},  # it tells the address of every request, whatever is in it
    },
}
"""For logging.config.dictConfig, and for a server's `log_config`: everything to standard error."""
