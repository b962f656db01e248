"""Files that hold secrets: written whole, for their owner's eyes only."""

import os
import secrets
from pathlib import Path


def create_secret_file(path: Path, text: str) -> bool:
    """Write `text` to `path` unless a file is there; True if it was written.

    Of several processes that try at once, one writes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = _write_beside(path, text)
    try:
        # A link fails where a rename would replace: the first one wins, whole.
        path.hardlink_to(fresh)
    except FileExistsError:
        return False
    else:
        return True
    finally:
        fresh.unlink()


def replace_secret_file(path: Path, text: str) -> None:
    """Put `text` in the place of what the file holds, at once: no reader sees half of it."""
    _write_beside(path, text).replace(path)


def _write_beside(path: Path, text: str) -> Path:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return fresh
