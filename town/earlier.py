"""The six days before the town's day: what was paid on them, planned from a seed, paid in bulk.

A week has as many payers as its tables need only if it has more days than one. These days have no
server: the commands go through an engine of our own, and no campaign runs on them yet.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, islice
from random import Random
from typing import Final, Protocol
from uuid import UUID

from core.ids import uuid7
from town.directory import Directory
from town.draws import draw_amount
from town.people import Resident
from town.shops import Shop, lay_out

DAYS: Final = 6
ONE_DAY: Final = timedelta(days=1)
AT_NOON: Final = timedelta(hours=12)
QUIETER: Final = 4
"""So many times fewer payments than on the town's day: enough for the tables, and soon written."""
MOST_YEN: Final = 20_000
"""What one resident spends in these days at most: topped up at once, no wallet is too full by it,
and no payment has to be confirmed."""
AT_ONCE: Final = 1_024
_AT_HOME_PERCENT: Final = 65


@dataclass(frozen=True, slots=True)
class EarlierPayment:
    """By the numbers of a resident and a shop; whole yen, all of it coin."""

    resident: int
    shop: int
    amount_yen: int


Earlier = tuple[tuple[EarlierPayment, ...], ...]
"""Day by day, the oldest first."""


class Pays(Protocol):
    """The verb that these days need; raises the Problem that refuses it."""

    async def pay(
        self, payment_id: UUID, person_id: UUID, wallet_id: UUID, store_id: UUID, amount_yen: int
    ) -> None:
        """Pay so many yen from a person's wallet in a store."""
        ...


def plan_earlier(
    people: Sequence[Resident], shops: Sequence[Shop], payments_a_day: int, seed: int
) -> Earlier:
    """What settled residents pay on these days. The same town, numbers and seed, the same days."""
    chance = Random(f"earlier/{seed}/{len(people)}/{len(shops)}/{payments_a_day}")
    payers = [who for who in people if who.activity and not who.newcomer]
    if not payers:
        return ((),) * DAYS
    weights = tuple(accumulate(who.activity for who in payers))
    streets, spent_yen = lay_out(shops), Counter[int]()

    def draw() -> Iterator[EarlierPayment]:
        for who in chance.choices(payers, cum_weights=weights, k=payments_a_day):
            at_home = chance.randrange(100) < _AT_HOME_PERCENT
            shop = streets.draw(chance, who.area if at_home else None)
            amount_yen = draw_amount(shop.category.median_yen, chance)
            if spent_yen[who.number] + amount_yen <= MOST_YEN:
                spent_yen[who.number] += amount_yen
                yield EarlierPayment(who.number, shop.number, amount_yen)

    return tuple(tuple(draw()) for _ in range(DAYS))


def spent(earlier: Earlier) -> Mapping[int, int]:
    """What each resident spends in these days, in yen, by number."""
    return _sums((paid.resident, paid.amount_yen) for day in earlier for paid in day)


def taken(earlier: Earlier) -> Mapping[int, int]:
    """What each shop takes in these days, in yen, by number."""
    return _sums((paid.shop, paid.amount_yen) for day in earlier for paid in day)


async def live_day(
    day: Sequence[EarlierPayment],
    noon: datetime,
    people: Sequence[Resident],
    directory: Directory,
    verbs: Pays,
) -> None:
    """Pay what a day has, many at once; the deployment's clock stands at that noon."""
    payments: Iterator[Awaitable[None]] = (
        verbs.pay(
            uuid7(noon), people[paid.resident].person_id, directory.wallets[paid.resident],
            directory.shops[paid.shop].store_id, paid.amount_yen,
        )
        for paid in day
    )  # fmt: skip
    while chunk := list(islice(payments, AT_ONCE)):
        await asyncio.gather(*chunk)


def noons(midnight: datetime) -> Iterator[datetime]:
    """Noon of each of these days; `midnight` begins the town's day."""
    return (midnight - number * ONE_DAY + AT_NOON for number in range(DAYS, 0, -1))


def _sums(amounts: Iterator[tuple[int, int]]) -> Mapping[int, int]:
    sums = Counter[int]()
    for number, amount_yen in amounts:
        sums[number] += amount_yen
    return sums
