"""How far a long command has come, on standard error: a line for each table, or five seconds."""

import sys
import time
from typing import Final

import typer

EVERY_S: Final = 5.0


class Shown:
    """Called with the name of a table and the bytes of it that have gone by."""

    def __init__(self) -> None:
        self._table, self._told_at = "", 0.0

    def __call__(self, table: str, size: int) -> None:
        """Say it, unless something was said about this table just now."""
        now = time.monotonic()
        if table == self._table and now - self._told_at < EVERY_S:
            return
        self._table, self._told_at = table, now
        typer.echo(f"{table}: {size / 1e6:,.0f} MB", err=True)
        sys.stderr.flush()
