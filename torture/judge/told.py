"""What the record says about each operation: acknowledged, refused, nothing done, or unknown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torture.record import Line

Fate = Literal["acknowledged", "refused", "nothing done", "unknown"]

NOTHING_DONE = frozenset({"busy", "ledger-unavailable", "database-unavailable"})
"""The 503s that say so; any other 5xx says nothing, so the outcome is unknown."""


@dataclass(slots=True)
class Told:
    """Everything that was answered to one operation."""

    op: str
    kind: str
    wanted: Mapping[str, Any]
    asked: int = 0
    fate: Fate = "nothing done"
    answer: Mapping[str, Any] = field(default_factory=dict)
    """Of the first 2xx."""
    slug: str | None = None
    was_unknown: bool = False
    """At some moment its client could not know what became of it."""
    looked: str | None = None
    """What the id told at last: `stands`, `absent`, or the slug of its refusal."""
    differing: int = 0
    """Answers that were not the first answer."""
    server_errors: int = 0


def told_by(lines: Iterable[Line]) -> dict[str, Told]:
    """The operations of a record by their ids, each with what it was told."""
    found: dict[str, Told] = {}
    for line in lines:
        told = found.get(line.op)
        if told is None:
            told = found[line.op] = Told(line.op, line.kind, line.wanted)
        if line.kind == "look":
            _hear_look(told, line)
        else:
            told.asked += 1
            _hear(told, line)
    return found


def _hear(told: Told, line: Line) -> None:
    if told.kind == "look":
        told.kind, told.wanted = line.kind, line.wanted
    if line.ending == "lost":
        _be_unknown(told)
    if line.ending != "answered":
        return
    told.server_errors += line.status == 500
    if line.status < 300:
        _be_final(told, "acknowledged", line, None)
    elif line.status == 409 and line.slug != "id-in-use":
        _be_final(told, "refused", line, line.slug)
    elif line.status >= 500 and line.slug not in NOTHING_DONE:
        _be_unknown(told)


def _be_unknown(told: Told) -> None:
    told.was_unknown = True
    if told.fate == "nothing done":
        told.fate = "unknown"


def _be_final(told: Told, fate: Fate, line: Line, slug: str | None) -> None:
    if told.fate in ("acknowledged", "refused"):
        told.differing += (told.fate, told.slug) != (fate, slug) or (
            fate == "acknowledged" and told.answer != line.answer
        )
        return
    told.fate, told.slug = fate, slug
    told.answer = line.answer


def _hear_look(told: Told, line: Line) -> None:
    if line.ending != "answered":
        return
    if line.status < 300:
        told.looked = "stands"
    elif line.status == 404:
        told.looked = "absent"
    elif line.status == 409:
        told.looked = line.slug
