"""The PIN (暗証番号) of a person: what confirms where no key of a device is at hand.

It stands in the database as the argon2id hash of a MAC that nobody makes without the vault's key:
a copy of the database alone cannot be tried out, short as a PIN is.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.vault import Vault
from core.database import Database
from core.errors import Problem, problem
from residents.tables import person

PIN_TOO_SIMPLE: Final = problem(
    "pin-too-simple", 422, "This PIN is among the first that anybody would try."
)

PIN_FORM: Final = re.compile(r"[0-9]{4,6}")
FREE_TRIES: Final = 5
"""Wrong ones in a row until the first wait; from there on there is one try after each wait."""
MOST_TRIES: Final = 20
"""Wrong ones in a row until the PIN is worth nothing any more, and must be set anew."""
FIRST_WAIT: Final = timedelta(minutes=15)
"""Doubled with each wrong one that follows."""
LONGEST_WAIT: Final = timedelta(days=1)

# A try is paid before it is looked at, so of any number at once no more than were left are looked
# at. The row is locked for this statement alone, and not while the hash is made.
_PAY: Final = text("""
    UPDATE residents.person
       SET pin_failures = pin_failures + 1,
           pin_locked_until = CASE WHEN pin_failures + 1 >= :free
               THEN clock_timestamp()
                    + least(CAST(:first_wait AS interval) * power(2, pin_failures + 1 - :free),
                            CAST(:longest_wait AS interval)) END
     WHERE region_id = :region_id AND person_id = :person_id AND pin_hash IS NOT NULL
       AND pin_failures < :most
       AND (pin_locked_until IS NULL OR pin_locked_until <= clock_timestamp())
    RETURNING pin_hash
""")
_BOUNDS: Final = {
    "free": FREE_TRIES,
    "most": MOST_TRIES,
    "first_wait": FIRST_WAIT,
    "longest_wait": LONGEST_WAIT,
}
# OWASP's least for argon2id: 19 MiB, two passes, one lane.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True)
class PinState:
    """Whether there is a PIN, and whether it is looked at."""

    is_set: bool
    locked_until: datetime | None
    """Until then no PIN confirms anything, the right one neither."""
    is_dead: bool
    """It was wrong too often: a new one must be set."""


async def is_pin(
    database: Database, vault: Vault, region_id: int, person_id: UUID, given: str
) -> bool:
    """Whether `given` is the person's PIN; False also while it is locked, or where there is none.

    Every call costs a try, which a right one gives back, and the same work, whatever is wrong.
    """
    named = {"region_id": region_id, "person_id": person_id}
    async with database.transaction(region_id) as db:
        kept = (await db.execute(_PAY, named | _BOUNDS)).scalar_one_or_none()
    mac = _mac(vault, region_id, person_id, given)
    is_right = await asyncio.to_thread(_matches, kept, mac)
    if kept is None or not is_right:
        return False
    async with database.transaction(region_id) as db:
        await db.execute(
            update(person)
            .where(_is_the(region_id, person_id), person.c.pin_hash == kept)
            .values(pin_failures=0, pin_locked_until=None)
        )
    return True


async def pin_hash(vault: Vault, region_id: int, person_id: UUID, pin: str) -> str:
    """What is kept of a new PIN. Refuses pin-too-simple."""
    assert PIN_FORM.fullmatch(pin)
    if is_simple(pin):
        raise Problem(PIN_TOO_SIMPLE)
    return await asyncio.to_thread(_HASHER.hash, _mac(vault, region_id, person_id, pin))


async def set_pin(db: AsyncSession, region_id: int, person_id: UUID, kept: str | None) -> bool:
    """Set the person's PIN by its hash, or remove it (None); False where there is no such person.

    It is never locked at first.
    """
    changed = await db.execute(
        update(person)
        .where(_is_the(region_id, person_id), person.c.closed_at.is_(None))
        .values(pin_hash=kept, pin_failures=0, pin_locked_until=None)
        .returning(person.c.person_id)
    )
    return changed.one_or_none() is not None


async def pin_state(db: AsyncSession, region_id: int, person_id: UUID) -> PinState:
    """How it stands with the person's PIN."""
    row = await db.execute(
        select(
            person.c.pin_hash.is_not(None),
            text(
                "CASE WHEN pin_locked_until > clock_timestamp() THEN pin_locked_until END AS until"
            ),
            person.c.pin_failures >= MOST_TRIES,
        ).where(_is_the(region_id, person_id))
    )
    found = row.one_or_none()
    return PinState(*found) if found is not None else PinState(False, None, False)


def is_simple(pin: str) -> bool:
    """Whether it is one of those that people choose most: 1111, 1234, 1212, 2580, years, birthdays.

    Nothing is known here about whose it is, so every day of a year counts as somebody's birthday.
    """
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    half = len(pin) // 2
    return (
        (len(steps) == 1 and steps <= {0, 1, 9})
        or pin == pin[:half] * 2
        or pin == pin[:2] * half
        or pin in _KEYPAD
        or _is_day(pin)
    )


_KEYPAD: Final = frozenset({"2580", "0852", "1470", "3690", "1379", "7931", "147258", "159753"})


def _is_day(pin: str) -> bool:
    """MMDD, a year of 1900 to 2099, YYMMDD or YYYYMM."""
    if len(pin) == 4:
        return pin[:2] in {"19", "20"} or _falls_on(2000, pin[:2], pin[2:])
    if len(pin) == 6:
        is_month = pin[:2] in {"19", "20"} and 1 <= int(pin[4:]) <= 12
        return is_month or _falls_on(2000 + int(pin[:2]), pin[2:4], pin[4:])
    return False


def _falls_on(year: int, month: str, day: str) -> bool:
    try:
        date(year, int(month), int(day))
    except ValueError:
        return False
    return True


def _is_the(region_id: int, person_id: UUID) -> ColumnElement[bool]:
    return (person.c.region_id == region_id) & (person.c.person_id == person_id)


def _mac(vault: Vault, region_id: int, person_id: UUID, pin: str) -> bytes:
    return vault.mac("pin", str(region_id), person_id.bytes, pin)


def _matches(kept: str | None, mac: bytes) -> bool:
    try:
        return _HASHER.verify(kept or _nobodys(), mac)
    except VerifyMismatchError:
        return False


@cache
def _nobodys() -> str:
    """What is compared where there is nothing to compare: it takes as long."""
    return _HASHER.hash(b"nobody's PIN")
