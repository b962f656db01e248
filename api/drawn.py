"""Pages to print and packages are made one at a time, beside the loop: payments come first."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

Made = TypeVar("Made")

_ONE_AT_A_TIME: Final = asyncio.Semaphore(1)
"""A page takes a processor for a tenth of a second."""


async def drawn(draw: Callable[[], Made]) -> Made:
    """What `draw` makes, once it is its turn."""
    async with _ONE_AT_A_TIME:
        return await asyncio.to_thread(draw)
