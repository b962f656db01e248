"""What remains of a budget in coarse steps: all that the public is told of it."""

from typing import Final, Literal, NamedTuple

RemainderCode = Literal["over-half", "under-half", "under-quarter", "under-tenth", "used-up"]


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
USED_UP: Final = Remainder("used-up", 0)


def remainder_of(left_yen: int, funded_yen: int) -> Remainder | None:
    """The step in which a budget is; None where nobody promised any money yet."""
    if funded_yen == 0:
        return None
    for step in _STEPS:
        if left_yen * 100 > step.above_percent * funded_yen:
            return step
    return USED_UP
