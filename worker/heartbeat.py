"""Heartbeat: a file that a worker touches while its loop turns, for whoever restarts containers."""

from pathlib import Path
from time import time
from typing import Final

from core.settings import Settings

STALE_S: Final = 120.0
"""Longer than the longest pause between two beats: one statement may take 30 seconds."""


class Heartbeat:
    """The sign of life of the workers of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.path: Path = settings.data_dir / "worker.heartbeat"

    def beat(self) -> None:
        """Say that the loop turns; while the database is away too, since a restart is no cure."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()

    def is_fresh(self) -> bool:
        """Whether a worker was alive within the last two minutes."""
        try:
            return time() - self.path.stat().st_mtime < STALE_S
        except FileNotFoundError:
            return False
