"""How many requests begin in one turn of the event loop; the others follow in the next turns.

A request is worked on without a pause until it waits for the ledger. When hundreds begin at once,
the engine has to wait for all of them between any two of its steps, with the region's lock in its
hand, and nobody is turned away meanwhile.
"""

import asyncio
from collections import deque
from typing import Final

MOST_IN_A_TURN: Final = 16


class Turns:
    """Lets requests begin in the order of their arrival, at most so many in each turn."""

    def __init__(self, most: int = MOST_IN_A_TURN) -> None:
        self._most = most
        self._begun = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def begin(self) -> None:
        """Returns when it is this request's turn: at once, unless many came before it."""
        if self._begun == 0:
            asyncio.get_running_loop().call_soon(self._next)
        if self._begun < self._most and not self._waiting:
            self._begun += 1
            return
        its_turn = asyncio.get_running_loop().create_future()
        self._waiting.append(its_turn)
        await its_turn

    def _next(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < self._most:
            its_turn = self._waiting.popleft()
            if not its_turn.done():  # else it was cancelled
                its_turn.set_result(None)
                self._begun += 1
        if self._begun:
            asyncio.get_running_loop().call_soon(self._next)
