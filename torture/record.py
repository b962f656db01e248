"""The record of a run: every request and its answer, one line of JSON each, appended to a file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO, Any, Literal

Ending = Literal["answered", "unsent", "lost"]
"""An answer came; nobody was there to take the request; it was sent, and no answer came."""


@dataclass(frozen=True, slots=True)
class Line:
    """One request and what came of it. `at` is in seconds since the run began, `ms` how long."""

    at: float
    ms: float
    op: str
    """The id that the operation names; asking again has the same."""
    kind: str
    """What was asked: payment, refund, void, top_up; `look` for a question about an operation."""
    who: str
    """Number of the resident or the shop; never a token."""
    process: str
    wanted: Mapping[str, Any]
    """What was asked for: amounts and the ids that it names."""
    ending: Ending
    status: int
    """0 without an answer."""
    slug: str | None
    is_replay: bool
    answer: Mapping[str, Any]


class Record:
    """Appends lines to a file; `began` is the monotonic second that all times count from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.began = monotonic()
        self.lines = 0
        self._file: IO[str] = path.open("w", encoding="utf-8", buffering=1 << 20)

    def now(self) -> float:
        """Seconds since the run began."""
        return monotonic() - self.began

    def append(self, line: Line) -> None:
        """Add one line."""
        self.lines += 1
        fields = {name: getattr(line, name) for name in Line.__slots__}
        self._file.write(json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n")

    def flush(self) -> None:
        """Write out what waits."""
        self._file.flush()

    def close(self) -> None:
        """Write out what waits, and end."""
        self._file.close()


def read_record(path: Path) -> Iterator[Line]:
    """Every line of a record, in the order in which answers came."""
    with path.open(encoding="utf-8") as file:
        for text in file:
            yield Line(**json.loads(text))
