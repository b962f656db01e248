"""How far a long command has come, on standard error: a line for a table, or five seconds."""

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


class Counted:
    """The same for entries: called with a region's code, how many are done, and of how many."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def __call__(self, region: str, done: int, of: int) -> None:
        """Say it every five seconds."""
        now = time.monotonic()
        if now - self._told_at >= EVERY_S:
            self._told_at = now
            typer.echo(f"{region}: {done:,} of {of:,} entries", err=True)
            sys.stderr.flush()


class Merchants:
    """The same for merchants: called with a region's code, and how many are done."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def __call__(self, region: str, done: int) -> None:
        """Say it every five seconds."""
        now = time.monotonic()
        if now - self._told_at >= EVERY_S:
            self._told_at = now
            typer.echo(f"{region}: {done:,} merchants", err=True)
            sys.stderr.flush()
