"""Whether what is told with a span is about what it is of, however the noise was drawn."""

from typing import Any

WIDTHS = 5
"""A span holds the truth nineteen times in twenty; one five times as wide always does."""


def is_about(told: dict[str, Any], truth: int) -> bool:
    """`told` has `low` and `high`. Nine standard deviations and more: no test fails by chance."""
    middle, half = (told["low"] + told["high"]) / 2, (told["high"] - told["low"]) / 2
    return bool(half > 0 and abs(middle - truth) < WIDTHS * half)
