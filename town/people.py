"""The town's residents, made from a seed: where they live, how often they pay, what they hold."""

from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID

from town import words

NEWCOMERS_PERCENT: Final = 4
"""Residents in a hundred who have no wallet yet in the morning and open it on the day."""

TOP_UPS_YEN: Final = (1_000, 2_000, 3_000, 5_000, 10_000, 20_000)
_TOP_UP_WEIGHTS: Final = (10, 8, 22, 30, 24, 6)
_ACTIVITY: Final = (0, 1, 2, 4, 9, 20)
_ACTIVITY_WEIGHTS: Final = (12, 30, 26, 18, 10, 4)


@dataclass(frozen=True, slots=True)
class Resident:
    """One synthetic person; `number` counts from 0. Money in whole yen.

    `activity` weighs how often the person pays (0: not today), `opening_yen` is what the wallet
    held before the day (0 for a newcomer, who has no wallet yet), `habit_yen` the usual top-up.
    """

    number: int
    person_id: UUID
    area: str
    newcomer: bool
    activity: int
    opening_yen: int
    habit_yen: int


def make_people(count: int, seed: int) -> tuple[Resident, ...]:
    """Make `count` residents, at least 2: one mistake needs another person.

    The same count and seed make the same people.
    """
    assert count >= 2, count
    rng = Random(f"people/{seed}/{count}")
    return tuple(_resident(number, rng) for number in range(count))


def _resident(number: int, rng: Random) -> Resident:
    newcomer = rng.randrange(100) < NEWCOMERS_PERCENT
    habit_yen = rng.choices(TOP_UPS_YEN, _TOP_UP_WEIGHTS)[0]
    carried = rng.randrange(100) < 70
    return Resident(
        number=number,
        person_id=UUID(int=rng.getrandbits(128), version=4),
        area=rng.choice(words.AREAS),
        newcomer=newcomer,
        activity=rng.choices(_ACTIVITY, _ACTIVITY_WEIGHTS)[0],
        opening_yen=habit_yen if carried and not newcomer else 0,
        habit_yen=habit_yen,
    )
