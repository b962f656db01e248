"""Codes by text message: six digits that show that somebody has a number, and their limits.

A code is worth ten minutes and five tries. What is counted, is counted in PostgreSQL and exactly:
each code costs money, and could be guessed.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.allowances import Allowance, spend, take_turn
from access.challenges import Asked, Kind, answer, ask, facts_of
from access.messages import put_message
from access.vault import Vault
from core.errors import Problem, problem
from ledger.regions import Region
from residents.notices import code_notice

CODE_WRONG: Final = problem("code-wrong", 401, "This code is wrong, or its time is over.")
TOO_MANY_CODES: Final = problem("too-many-codes", 429, "Too many codes were asked for.")
TOO_MANY_GUESSES: Final = problem("too-many-guesses", 429, "Too many codes were wrong.")
CODES_USED_UP: Final = problem("codes-used-up", 503, "No more codes can be sent today.")

LASTS: Final = timedelta(minutes=10)
TRIES: Final = 5
PAUSE: Final = timedelta(seconds=60)
"""Between two codes to one number."""

TO_SIGN_IN: Final = Kind("code to sign in", LASTS, TRIES)
TO_CHANGE_NUMBER: Final = Kind("code to change number", LASTS, TRIES)

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_OF_NUMBER: Final = (
    Allowance("codes: number, hour", 5, _HOUR),
    Allowance("codes: number", 10, _DAY),
)
_GUESSES_AT_NUMBER: Final = Allowance("guesses: number", 20, _DAY)
_GUESSES_OF_DEVICE: Final = Allowance("guesses: device", 30, _DAY)
_GUESSES_OF_NETWORK: Final = Allowance("guesses: network", 1000, _HOUR)
"""So wide, because a whole town may come from a few addresses; one number allows 20."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a deployment lets a region and a network have."""

    network: str
    """From where it is asked: an IPv4 /24 or IPv6 /56."""
    per_network_hour: int
    per_region_day: int


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who answers with a code: from which network, with which device."""

    network: str
    device: bytes
    """What stands for it: its public key, or the person whose it is."""


async def send_code(
    db: AsyncSession,
    region: Region,
    vault: Vault,
    kind: Kind,
    phone: str,
    limits: Limits,
    *,
    subject_id: UUID | None = None,
    facts: dict[str, Any] | None = None,
) -> UUID:
    """Ask for a code that is sent to `phone` (E.164), both in the caller's transaction.

    Refuses too-many-codes and codes-used-up, and then counts nothing: only what is sent costs.
    Nobody looks whose the number is.
    """
    await _count(db, region, vault, phone, limits)
    code = f"{secrets.randbelow(1_000_000):06}"
    kept = {**(facts or {}), "phone": phone}
    asked = await ask(db, region.region_id, vault, kind, code, subject_id=subject_id, facts=kept)
    minutes = LASTS // timedelta(minutes=1)
    await put_message(
        db,
        region.region_id,
        channel="sms",
        purpose=kind.purpose,
        address=phone,
        body=code_notice(region, code, minutes),
        lasts=LASTS,
    )
    of_region = Allowance("codes: region", limits.per_region_day, _DAY)
    # Last, since everybody in the region waits for this row.
    if await spend(db, region.region_id, of_region, vault.mac("codes", "region")):
        raise Problem(CODES_USED_UP, retry_after=3600)
    return asked


async def answer_code(
    db: AsyncSession,
    region: Region,
    vault: Vault,
    kind: Kind,
    challenge_id: UUID,
    code: str,
    guesser: Guesser,
) -> Asked | int | None:
    """What was asked, if the code is right; None if not; seconds to wait after too many guesses.

    Each guess counts once the caller's transaction commits: whoever refuses commits first.
    """
    region_id = region.region_id
    asked = await facts_of(db, region_id, kind, challenge_id)
    number = str(asked.facts["phone"]) if asked is not None else challenge_id.bytes
    for allowed, whose in (
        (_GUESSES_AT_NUMBER, number),
        (_GUESSES_OF_DEVICE, guesser.device),
        (_GUESSES_OF_NETWORK, guesser.network),
    ):
        if wait_s := await spend(db, region_id, allowed, vault.mac("guesses", allowed.name, whose)):
            return wait_s
    return await answer(db, region_id, vault, kind, challenge_id, code)


async def _count(
    db: AsyncSession, region: Region, vault: Vault, phone: str, limits: Limits
) -> None:
    """In one order always, so that no two wait for each other."""
    region_id, of_number = region.region_id, vault.mac("codes", "number", phone)
    wait_s = await take_turn(db, region_id, "codes: pause", of_number, PAUSE)
    for allowed in _OF_NUMBER:
        wait_s = wait_s or await spend(db, region_id, allowed, of_number)
    of_network = Allowance("codes: network", limits.per_network_hour, _HOUR)
    network = vault.mac("codes", "network", limits.network)
    wait_s = wait_s or await spend(db, region_id, of_network, network)
    if wait_s:
        raise Problem(TOO_MANY_CODES, retry_after=wait_s)
