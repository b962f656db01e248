"""Sign in by password and second factor, in two steps that tell nothing before both are right.

The first step answers a challenge, whoever comes with whatever. The second one refuses alike for an
e-mail that is unknown, a wrong password, a wrong or used second factor and a suspended login.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from access.allowances import Allowance, spend
from access.challenges import Kind, answer, ask, facts_of
from access.emails import Email
from access.failures import TOO_MANY_TRIES, Patience, count_try, forgive
from access.login_devices import device_id_of, known_devices
from access.moments import present
from access.second_factors import Given, use_second_factor
from access.tables import login
from access.vault import Vault
from core.errors import Problem, problem
from core.ids import NIL

STAFF_SIGN_IN_REFUSED: Final = problem(
    "staff-sign-in-refused", 401, "This is not right, or signs nobody in here."
)

PASSWORD: Final = Kind("staff password", timedelta(minutes=5), 5)

FROM_A_NETWORK: Final = Patience("password from a network", 10, timedelta(hours=1))
FROM_ANYWHERE: Final = Patience("password from anywhere", 50, timedelta(minutes=15))
AT_A_DEVICE: Final = Patience("password at a device", 10, timedelta(hours=1))
"""An e-mail is guessed at from many networks too, so all of them together wait; but not whoever
sits at a device at which this login signed in before: strangers lock nobody out."""
BY_A_NETWORK: Final = Allowance("passwords by a network", 300, timedelta(minutes=15))
"""One password for many e-mails: nobody who is right gets these back."""

_RIGHT: Final = "right"
_WRONG: Final = "wrong"


@dataclass(frozen=True, slots=True)
class Comer:
    """Who comes: the e-mail, and from where."""

    email: Email
    network: str
    device_token: str | None


@dataclass(frozen=True, slots=True)
class Looked:
    """What stands under an e-mail; nothing for nobody."""

    login_id: UUID | None
    password_hash: str | None
    at: datetime
    """When it was looked at: what is ended later is not signed in by it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A login that showed both its secrets, and since when it was about to."""

    login_id: UUID
    since: datetime


async def look(db: AsyncSession, region_id: int, vault: Vault, comer: Comer) -> Looked:
    """Count the try, and find the hash to compare the password with; too-many-tries.

    The try counts once the caller's transaction commits, so the password is looked at after that.
    """
    at = await present(db)
    rows = await db.execute(
        select(login.c.login_id, login.c.password_hash).where(
            login.c.region_id == region_id, login.c.email_key == comer.email.key
        )
    )
    found = rows.one_or_none()
    login_id = found.login_id if found else None
    network = vault.mac("network", comer.network)
    if wait_s := await spend(db, region_id, BY_A_NETWORK, network):
        raise Problem(TOO_MANY_TRIES, retry_after=wait_s)
    for patience, key in await _counted(db, region_id, vault, comer, login_id):
        await count_try(db, region_id, patience, key)
    return Looked(login_id, found.password_hash if found else None, at)


async def ask_second_factor(
    db: AsyncSession, region_id: int, vault: Vault, comer: Comer, looked: Looked, *, is_right: bool
) -> UUID:
    """The challenge of the second step; whether the password was right stays in it."""
    counted = await _counted(db, region_id, vault, comer, looked.login_id)
    facts: dict[str, Any] = {
        "is_right": is_right,
        "since": looked.at.isoformat(),
        "counted": [[patience.name, key.hex()] for patience, key in counted],
    }
    return await ask(
        db, region_id, vault, PASSWORD, _RIGHT, subject_id=looked.login_id, facts=facts
    )


async def answer_second_factor(
    db: AsyncSession, region_id: int, vault: Vault, challenge_id: UUID, given: Given
) -> Known | None:
    """The login that is signed in now, or None; either counts once the transaction commits."""
    asked = await facts_of(db, region_id, PASSWORD, challenge_id)
    login_id = asked.subject_id if asked and asked.facts["is_right"] else None
    state = await db.scalar(
        select(login.c.state).where(
            login.c.region_id == region_id, login.c.login_id == (login_id or NIL)
        )
    )
    whose = login_id if state == "active" else None
    is_right = await use_second_factor(db, region_id, vault, whose, given)
    told = _RIGHT if is_right else _WRONG
    answered = await answer(db, region_id, vault, PASSWORD, challenge_id, told)
    if answered is None or whose is None:
        return None
    for name, key in answered.facts["counted"]:
        await forgive(db, region_id, _PATIENCES[name], bytes.fromhex(key))
    return Known(whose, datetime.fromisoformat(answered.facts["since"]))


async def _counted(
    db: AsyncSession, region_id: int, vault: Vault, comer: Comer, login_id: UUID | None
) -> list[tuple[Patience, bytes]]:
    """Under which names a try counts."""
    device = device_id_of(vault, comer.device_token or "")
    email = comer.email.key
    if device in await known_devices(db, region_id, login_id or NIL):
        return [(AT_A_DEVICE, vault.mac("email at device", email, device.bytes))]
    here = vault.mac("email from network", email, comer.network)
    return [(FROM_A_NETWORK, here), (FROM_ANYWHERE, vault.mac("email", email))]


_PATIENCES: Final = {
    patience.name: patience for patience in (FROM_A_NETWORK, FROM_ANYWHERE, AT_A_DEVICE)
}
