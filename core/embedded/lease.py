"""A lease: one process's use of a server that several processes share."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from core.embedded.account import EmbeddedError

PATIENCE_SECONDS = 300.0


class Lease:
    """Counts the users of a server with file locks, which the kernel drops when a process dies.

    `<server>.lock` is held alone while somebody starts or stops the server, `<server>.users` is
    shared by everybody who uses it. Who leaves and finds nobody else there stops the server.
    After a `kill -9` of the last user it runs on until the next one leaves, or `meguri stop`.
    """

    def __init__(self, folder: Path, server: str) -> None:
        """A lease that is not yet taken, on the server named `server` of the data folder."""
        self._lock = folder / f"{server}.lock"
        self._users = folder / f"{server}.users"
        self._held: IO[bytes] | None = None

    def take(self, ensure_running: Callable[[], None]) -> None:
        """Be counted as a user, once `ensure_running` has found or started the server."""
        assert self._held is None, "a lease is taken once"
        with alone(self._lock):
            with ExitStack() as undo:
                users = undo.enter_context(_open(self._users))
                fcntl.flock(users, fcntl.LOCK_SH)
                ensure_running()
                undo.pop_all()
            self._held = users

    def leave(self, stop: Callable[[], None]) -> None:
        """Be counted no more; `stop` is called if nobody else uses the server. Twice is once."""
        if self._held is None:
            return
        with alone(self._lock), self._held as users:
            self._held = None
            if _locked(users):
                stop()


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold `lock` while nobody else does; raises `EmbeddedError` after five minutes of waiting."""
    with _open(lock) as file:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not _locked(file):
            if time.monotonic() > give_up:
                raise EmbeddedError(f"another process has held {lock} for too long")
            time.sleep(0.02)
        yield


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> IO[bytes]:
    """Open a lock file that nobody else can read, and so nobody else can hold."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "rb")
