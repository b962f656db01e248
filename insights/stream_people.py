"""Stream what people did out of PostgreSQL, whole people at a time, as columns of numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.database import Connection
from insights.bound_many import Ints

AT_ONCE: Final = 100_000
"""Rows that are looked at together, and about as many more of the last person: what it holds in
memory does not grow with the payments."""
_HEADER: Final = 19
"""Of PostgreSQL's binary COPY; after it each row says how many columns it has, then each column's
width and itself. No column is ever null, so all rows are of one width."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What some people did, by cell. Each person is here with all rows or with none."""

    person: Ints
    """A number among these rows alone, in order; nobody's id."""
    cell: Ints
    yen: list[Ints]
    """One for each measure; given back is negative."""
    has_paid: NDArray[np.bool_]


async def stream_people(
    connection: Connection,
    query: str,
    *arguments: Any,
    measures: int,
    take: Callable[[Rows], None],
    at_once: int = AT_ONCE,
) -> int:
    """Hand out the rows of `query`, ordered by person; how many they were.

    Its columns are person (uuid) and cell (integer), one bigint for each measure, and how many
    payments (integer).
    """
    row = _row(measures)
    held, skipped, seen = bytearray(), 0, 0

    async def hear(data: bytes) -> None:
        nonlocal skipped, seen
        held.extend(data)
        if skipped == 0 and len(held) >= _HEADER:
            del held[:_HEADER]
            skipped = _HEADER
        if len(held) >= at_once * row.itemsize:
            seen += _hand_out(held, row, measures, take, is_end=False)

    await connection.copy_from_query(query, *arguments, output=hear, format="binary")
    return seen + _hand_out(held, row, measures, take, is_end=True)


def _row(measures: int) -> "np.dtype[np.void]":
    fields = [("columns", ">i2"), ("width_of_person", ">i4"), ("high", ">u8"), ("low", ">u8")]
    names = ["cell", *(f"yen{number}" for number in range(measures)), "paid"]
    for name in names:
        kind = ">i8" if name.startswith("yen") else ">i4"
        fields += [(f"width_of_{name}", ">i4"), (name, kind)]
    return np.dtype(fields)


def _hand_out(
    held: bytearray,
    row: "np.dtype[np.void]",
    measures: int,
    take: Callable[[Rows], None],
    *,
    is_end: bool,
) -> int:
    """Hand out the people of whom all rows are there, and keep the rest; how many rows it were."""
    read = np.frombuffer(bytes(held), row, count=len(held) // row.itemsize)
    if len(read):
        assert (read["columns"] == measures + 3).all(), "rows are of one width"
        person = _numbers(read["high"].astype(np.uint64), read["low"].astype(np.uint64))
        last = len(read) if is_end else int(np.searchsorted(person, person[-1]))
        some = read[:last]
        take(
            Rows(
                person[:last],
                some["cell"].astype(np.int64),
                [some[f"yen{number}"].astype(np.int64) for number in range(measures)],
                some["paid"] > 0,
            )
        )
    else:
        last = 0
    del held[: last * row.itemsize]
    return last


def _numbers(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> Ints:
    """People by number, from the halves of their ids, which come in order."""
    is_other = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    comes_later = (high[1:] > high[:-1]) | ((high[1:] == high[:-1]) & (low[1:] >= low[:-1]))
    assert comes_later.all(), "rows come by person"
    return np.concatenate(([0], np.cumsum(is_other))).astype(np.int64)
