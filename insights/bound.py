"""Bound what one person adds to a table: whole numbers, towards zero. Pure, and plain to read.

insights/bound_many.py does the same for many people at once, and is proved equal to it.
"""

from collections.abc import Collection, Mapping, Sequence
from math import isqrt
from typing import Final

from insights.mechanism import CLIP_YEN, MOST_CELLS

LARGEST_YEN: Final = 50_000_000
"""What a person did in one cell beyond that counts as that: squares then fit into 64 bits."""


def bound_yen(yen: Sequence[int], clip: int = CLIP_YEN) -> list[int]:
    """One person's yen by cell, made shorter where needed: L2 of the result is at most `clip`.

    The direction stays but for rounding towards zero, so nobody's refund becomes spending.
    """
    capped = [max(-LARGEST_YEN, min(LARGEST_YEN, each)) for each in yen]
    length = _root_up(sum(each * each for each in capped))
    if length <= clip:
        return capped
    return [_towards_zero(each * clip, length) for each in capped]


def weight_milli(cells: int) -> int:
    """How much a person counts in each of so many cells, in thousandths: min(1, √(L0 / cells)).

    Rounded down, so cells · weight² is at most 1,000² · L0.
    """
    assert cells > 0, "who paid nowhere counts nowhere"
    return min(1_000, isqrt(1_000_000 * MOST_CELLS // cells))


def add_people(
    people: Collection[Mapping[int, tuple[int, bool]]], cells: int
) -> tuple[list[int], list[int]]:
    """Yen and thousandths of payers by cell; of each person by cell: yen, and whether it paid."""
    spend, payers = [0] * cells, [0] * cells
    for person in people:
        places = sorted(person)
        bounded = bound_yen([person[each][0] for each in places])
        for each, yen in zip(places, bounded, strict=True):
            spend[each] += yen
        paid = [each for each in places if person[each][1]]
        for each in paid:
            payers[each] += weight_milli(len(paid))
    return spend, payers


def _root_up(square: int) -> int:
    """The square root, rounded up."""
    return isqrt(square - 1) + 1 if square else 0


def _towards_zero(number: int, by: int) -> int:
    return number // by if number >= 0 else -(-number // by)
