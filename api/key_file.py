"""Where a deployment's key ring is kept: a file that running processes re-read, or a variable."""

import logging
import time
from pathlib import Path
from typing import Final

from api.keys import BadKeysError, KeyRing, new_key, read_ring, rotated, write_ring
from core.secret_file import create_secret_file, replace_secret_file
from core.traces import trace_of

RECHECK_S: Final = 1.0
"""How often a running process looks whether the file has changed."""

log = logging.getLogger(__name__)


class Keys:
    """The issuer's name and its present key ring.

    A file that cannot be read while the program runs leaves the ring as it is, since its times
    still end keys when they should end; `is_current` turns False, and /readyz says so.
    """

    def __init__(self, issuer: str, source: Path | str) -> None:
        """`source` is the path of a key file, or the text of a ring. BadKeysError, OSError."""
        self.issuer = issuer
        self.is_current = True
        self._path = source if isinstance(source, Path) else None
        self._checked_at = time.monotonic()
        self._mark = _mark(self._path) if self._path else None
        self._ring = read_ring(source.read_text() if isinstance(source, Path) else source)

    @property
    def ring(self) -> KeyRing:
        """The ring, at most a second older than the file."""
        if self._path is not None and time.monotonic() - self._checked_at >= RECHECK_S:
            self._checked_at = time.monotonic()
            self._reread(self._path)
        return self._ring

    def _reread(self, path: Path) -> None:
        try:
            mark = _mark(path)
            if mark != self._mark or not self.is_current:
                self._ring, self._mark = read_ring(path.read_text()), mark
            self.is_current = True
        except (OSError, BadKeysError) as error:
            if self.is_current:
                log.warning("the key file cannot be read: %s", trace_of(error))
            self.is_current = False


def create_key_file(path: Path) -> bool:
    """Write a first ring to `path` unless a file is there; True if it was written.

    Readable by its owner only. Of several processes that try at once, one writes.
    """
    return create_secret_file(path, write_ring(KeyRing([new_key(int(time.time()))])))


def rotate_key_file(path: Path, *, is_compromised: bool = False) -> KeyRing:
    """Add a new key to the file and let the others end, as `api.keys.rotated` says."""
    ring = rotated(read_ring(path.read_text()), int(time.time()), is_compromised=is_compromised)
    replace_secret_file(path, write_ring(ring))
    return ring


def _mark(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
