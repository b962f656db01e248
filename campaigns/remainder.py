"""What remains of a budget in coarse steps: all that the public is told of it."""

from typing import Final, Literal, NamedTuple

RemainderCode = Literal[
    "over-half", "under-half", "under-quarter", "under-tenth", "not-used-up", "used-up"
]

SMALLEST_TOLD_YEN: Final = 400_000
"""Of smaller budgets no steps are told: a quarter of them may be what a few people got."""


class Remainder(NamedTuple):
    """A step: more than so many percent of the budget are left, but less than the step above."""

    code: RemainderCode
    above_percent: int


_STEPS: Final = (
    Remainder("over-half", 50),
    Remainder("under-half", 25),
    Remainder("under-quarter", 10),
    Remainder("under-tenth", 0),
)
NOT_USED_UP: Final = Remainder("not-used-up", 0)
USED_UP: Final = Remainder("used-up", 0)


def remainder_of(left_yen: int, funded_yen: int) -> Remainder | None:
    """The step in which a budget is; None where nobody promised any money yet."""
    if funded_yen == 0:
        return None
    if funded_yen < SMALLEST_TOLD_YEN and left_yen > 0:
        return NOT_USED_UP
    for step in _STEPS:
        if left_yen * 100 > step.above_percent * funded_yen:
            return step
    return USED_UP
