"""Ask the same of many: one test lists all that do not hold, where a test of each cost more."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Case = TypeVar("Case")


def wrong(
    cases: Iterable[Case], check: Callable[[Case], None], named: Callable[[Case], str] = str
) -> list[str]:
    """The cases whose `check` asserts what is not so, each with what it says."""
    found = []
    for case in cases:
        try:
            check(case)
        except AssertionError as error:
            found.append(f"{named(case)}: {error}")
    return found
