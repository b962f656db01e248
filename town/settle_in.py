"""Settles the town's residents before the day: wallets and what they held, in bulk.

One by one over HTTP 18,000 people would take longer than their day. The commands go through the
same engine as everybody's, many at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol
from uuid import UUID

from core.clock import Clock
from core.ids import uuid7
from town.people import Resident

AT_ONCE: Final = 1_024
"""Commands that wait at the engine at one time; it takes 2,048 before it refuses."""


class Verbs(Protocol):
    """The two verbs that settling needs, of one region; each raises a Problem if it is refused."""

    async def open_wallet(self, wallet_id: UUID, person_id: UUID) -> None:
        """Open a person's wallet."""
        ...

    async def top_up(self, top_up_id: UUID, wallet_id: UUID, amount_yen: int) -> None:
        """Put paid value, in yen, into a wallet."""
        ...


@dataclass(frozen=True, slots=True)
class Settled:
    """The wallets by resident number, and the yen put into them."""

    wallets: dict[int, UUID]
    top_up_yen: int


async def settle_in(
    people: Iterable[Resident],
    earlier_yen: Mapping[int, int],
    verbs: Verbs,
    clock: Clock,
    on_done: Callable[[int], None],
) -> Settled:
    """Open a wallet for everybody who is no newcomer and top it up with the opening amount.

    With `earlier_yen`, by number, on top of it: what is spent before the town's day. `on_done` is
    called with the number of commands that were carried out.
    """
    settlers = [who for who in people if not who.newcomer]
    amounts = {who.number: who.opening_yen + earlier_yen.get(who.number, 0) for who in settlers}
    savers = [who for who in settlers if amounts[who.number]]
    wallets = {who.number: uuid7(clock.now()) for who in settlers}
    opened = (verbs.open_wallet(wallets[who.number], who.person_id) for who in settlers)
    await _all(opened, on_done)
    topped_up = (
        verbs.top_up(uuid7(clock.now()), wallets[who.number], amounts[who.number]) for who in savers
    )
    await _all(topped_up, on_done)
    return Settled(wallets, sum(amounts.values()))


def commands(people: Iterable[Resident], earlier_yen: Mapping[int, int]) -> int:
    """How many commands it takes to settle these people in."""
    return sum(
        (not who.newcomer) + (who.opening_yen > 0 or who.number in earlier_yen) for who in people
    )


async def _all(carried_out: Iterator[Awaitable[None]], on_done: Callable[[int], None]) -> None:
    while chunk := list(islice(carried_out, AT_ONCE)):
        await asyncio.gather(*chunk)
        on_done(len(chunk))
