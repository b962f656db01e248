"""How many cores of the machine are busy: it tells a full machine from a slow program."""

import os
from pathlib import Path
from time import perf_counter
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_STATES: Final = Path("/proc/stat")
_IDLE: Final = (3, 4)
"""Places of idling and of waiting for a disk, in the first line of /proc/stat."""


class BusyCores:
    """A clock that runs from its making on."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._before = _busy_ticks()

    def average(self) -> float:
        """Cores that were busy since then, on average."""
        ticks = _busy_ticks() - self._before
        return ticks / _TICKS_PER_S / (perf_counter() - self._started)


def _busy_ticks() -> int:
    line = _STATES.read_text(encoding="ascii").partition("\n")[0]
    ticks = [int(word) for word in line.split()[1:9]]
    return sum(count for place, count in enumerate(ticks) if place not in _IDLE)
