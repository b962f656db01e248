"""A bug's trace for the log: classes, files, lines and functions, without a word of any message.

The message of an exception may quote what a person sent, or a row of the database.
"""

import traceback
from pathlib import PurePath

MAX_FRAMES = 12
MAX_CAUSES = 5


def trace_of(error: BaseException) -> str:
    """One line: the class, what PostgreSQL says about it in codes, the innermost frames; causes."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < MAX_CAUSES:
        parts.append(f"{_name(seen)}{_codes(seen)} at {_frames(seen)}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return " | from ".join(parts)


def _name(error: BaseException) -> str:
    kind = type(error)
    return f"{kind.__module__}.{kind.__qualname__}"


def _codes(error: BaseException) -> str:
    codes = [
        f"{name}={value}"
        for name in ("sqlstate", "constraint_name")
        if isinstance(value := getattr(error, name, None), str)
    ]
    return f" ({' '.join(codes)})" if codes else ""


def _frames(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    return " > ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)


def _short(filename: str) -> str:
    return "/".join(PurePath(filename).parts[-2:])
