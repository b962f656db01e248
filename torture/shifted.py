"""Starts the program with a clock that is wrong: `python -m torture.shifted SECONDS serve …`.

What the process asks its machine for the time is shifted: tokens, signatures and ids are checked
by it. What it asks PostgreSQL is not.
"""

import importlib
import runpy
import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

WHO_ASK: Final = ("core.clock", "api.signed_route", "jwt.api_jwt")
"""Modules that ask `datetime.now`; everybody else asks `time.time` or PostgreSQL."""


def shift(seconds: int) -> None:
    """From now on this process sees the time so many seconds later."""
    real_time, real_datetime = time.time, datetime

    class Shifted(datetime):
        """Only tells another time; what it makes are plain datetimes."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            """The wrong time."""
            return real_datetime.now(tz) + timedelta(seconds=seconds)

    def shifted_time() -> float:
        return real_time() + seconds

    time.time = shifted_time  # before anybody takes it as a default
    for name in WHO_ASK:
        module: Any = importlib.import_module(name)
        module.datetime = Shifted


if __name__ == "__main__":
    shift(int(sys.argv.pop(1)))
    sys.argv[0] = "meguri"
    runpy.run_module("cli.main", run_name="__main__", alter_sys=True)
