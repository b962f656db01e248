"""Garbage: our processes let Python look for it seldom, and never in what lasts."""

import gc
from typing import Final

NET_ALLOCATIONS: Final = 50_000
"""Objects made and not yet given back before Python looks for cycles among them.

A batch of 256 payments holds fewer, and gives them back by itself when it is answered. Python's own
figure, 700, let it look through the same living objects dozens of times a batch: here that was two
fifths of the time that Python spent on a payment. What cycles there are come from failures, and
weigh a few megabytes until then.
"""

WHILE_IMPORTED: Final = 1_000_000
"""More than the whole program is made of, of which next to nothing is ever garbage."""


def collect_seldom() -> None:
    """Count what there is now as lasting, and look seldom through what comes after.

    For programs that serve one application and end with it: call it once everything is made. What
    is there is not looked through once more: a quarter of a second found a thousand objects.
    """
    gc.freeze()
    gc.set_threshold(NET_ALLOCATIONS, 10, 10)


def collect_rarely() -> None:
    """Look very seldom through all there is: for programs that are still being imported."""
    gc.set_threshold(WHILE_IMPORTED, 10, 10)
