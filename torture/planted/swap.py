"""Put another function in the place of one that the program calls."""

from collections.abc import Callable
from typing import Any


def swap(owner: Any, name: str, change: Callable[[Any], Any]) -> None:
    """Put `change` of what `owner` has under this name in its place; it must be there."""
    setattr(owner, name, change(getattr(owner, name)))
