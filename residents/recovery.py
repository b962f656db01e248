"""Recovery (復旧): a person who lost every device comes in again, by two people at the counter.

One sees the person and a document, and asks; another one, at another device, approves. Then who
asked is shown a code, once, and hands it over; with it a new device is made. Nobody who works here
can do it alone: who approves never sees a code, and who sees one cannot approve.
"""

import secrets
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.allowances import Allowance, spend
from access.challenges import Asked, Kind, answer, ask
from access.devices import MOST_DEVICES, Device, add_key, devices_of
from access.messages import put_message
from access.requests import Request, RequestKind, find_request, is_request, make_request
from access.sessions import end_sessions
from access.sign_in_tables import challenge
from access.vault import Vault
from core.errors import Problem, problem
from core.ids import NIL
from ledger.regions import Region
from residents.drop_device import drop_device
from residents.notices import recovered_notice, recovery_notice
from residents.number_changes import cancel_changes_of, settle_number
from residents.person import PERSON_UNKNOWN
from residents.tables import person

RECOVERY_NOT_APPROVED: Final = problem(
    "recovery-not-approved", 409, "Nobody has approved this recovery, or it is over."
)

RECOVERY: Final = RequestKind("recovery", timedelta(hours=24), is_about_a_person=True)
BY_RECOVERY: Final = Kind("recovery", timedelta(minutes=30), 5)
CODE_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without the ones that are taken for another."""
CODE_LENGTH: Final = 12

PhotoId = Literal[
    "my_number_card", "drivers_license", "passport", "residence_card", "other_photo_id"
]
"""What the person showed; never its number."""

_OF_NUMBER: Final = Allowance("recoveries: number", 10, timedelta(days=1))
_OF_NETWORK: Final = Allowance("recoveries: network", 100, timedelta(hours=1))


async def ask_for_recovery(
    db: AsyncSession,
    region: Region,
    request_id: UUID,
    doer: Doer,
    person_id: UUID,
    evidence: PhotoId,
    reason: str,
) -> Request:
    """Ask for a second person; the number that is known is told. Refuses person-unknown."""
    region_id = region.region_id
    phone = await _phone_of(db, region_id, person_id)
    is_new = not await is_request(db, region_id, request_id)
    asked = await make_request(
        db, region_id, request_id, RECOVERY, doer, person_id, reason, evidence=evidence
    )
    if is_new:
        await _tell(db, region, phone, recovery_notice(region))
    return asked


async def check_recovery(db: AsyncSession, region_id: int, asked: Request) -> None:
    """What an approval does: from now on, who asked may be shown a code. Refuses person-unknown."""
    await _phone_of(db, region_id, asked.object_id)


async def show_code(
    db: AsyncSession, region: Region, vault: Vault, request_id: UUID, doer: Doer
) -> str:
    """A new code for the person, shown to who asked; one that was shown before ends.

    Refuses request-unknown, also to everybody else, and recovery-not-approved.
    """
    region_id = region.region_id
    asked = await find_request(db, region_id, request_id)
    if asked.kind != RECOVERY.name or asked.made_by != doer.login_id:
        raise Problem(RECOVERY_NOT_APPROVED)
    await _phone_of(db, region_id, asked.object_id)
    if asked.state != "approved" or not await _is_open(db, region_id, asked):
        raise Problem(RECOVERY_NOT_APPROVED)
    await db.execute(
        delete(challenge).where(
            _of_person(region_id, asked.object_id), challenge.c.used_at.is_(None)
        )
    )
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    facts = {"request_id": str(request_id)}
    await ask(db, region_id, vault, BY_RECOVERY, code, subject_id=asked.object_id, facts=facts)
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="recovery.code_shown",
        object_id=asked.request_id, person_id=asked.object_id,
    )  # fmt: skip
    return code


async def answer_recovery(
    db: AsyncSession, region: Region, vault: Vault, phone: str, code: str, network: str
) -> Asked | int | None:
    """What the code was shown for; None if it is wrong; seconds to wait after too many guesses.

    Each guess counts once the caller's transaction commits: whoever refuses commits first. Whether
    the number is unknown, has no recovery, or the code is wrong, is all the same.
    """
    region_id = region.region_id
    wait_s = await spend(db, region_id, _OF_NUMBER, vault.mac("recoveries", "number", phone))
    of_network = vault.mac("recoveries", "network", network)
    wait_s = wait_s or await spend(db, region_id, _OF_NETWORK, of_network)
    if wait_s:
        return wait_s
    await settle_number(db, region, phone)
    return await _answered(db, region_id, vault, phone, code)


async def _answered(
    db: AsyncSession, region_id: int, vault: Vault, phone: str, code: str
) -> Asked | None:
    """What the code was shown for; the person is locked first, as by whoever closes the account."""
    of_phone = (person.c.region_id == region_id) & (person.c.phone == phone)
    found = await db.scalar(select(person.c.person_id).where(of_phone).with_for_update())
    open_one = (
        select(challenge.c.challenge_id)
        .where(_of_person(region_id, found or NIL), challenge.c.used_at.is_(None))
        .order_by(challenge.c.challenge_id.desc())
        .limit(1)
    )
    challenge_id = await db.scalar(open_one)
    return await answer(db, region_id, vault, BY_RECOVERY, challenge_id or NIL, code)


async def replace_devices(
    db: AsyncSession,
    region: Region,
    phone: str,
    asked: Asked,
    public_key: bytes,
    name: str,
    wait: timedelta,
) -> Device:
    """A new device for the person, who is locked; all others are revoked, with their sessions."""
    assert asked.subject_id is not None
    region_id, person_id = region.region_id, UUID(int=asked.subject_id.int)
    actor = f"resident:{person_id}"
    for old in await devices_of(db, region_id, person_id, None, MOST_DEVICES):
        await drop_device(db, region, person_id, old.device_id, actor)
    await cancel_changes_of(db, region, person_id)
    await end_sessions(db, region_id, "recovered", subject_id=person_id)
    added = await add_key(
        db, region_id, owner="resident", subject_id=person_id, public_key=public_key, name=name,
        wait=wait,
    )  # fmt: skip
    await enter_act(
        db, region_id, actor=actor, act="device.recovered", object_id=added.device_id,
        person_id=person_id, **asked.facts,
    )  # fmt: skip
    await _tell(db, region, phone, recovered_notice(region))
    return added


async def _is_open(db: AsyncSession, region_id: int, asked: Request) -> bool:
    """Whether the request's time is not over, and nobody came in by it."""
    now = (await db.execute(select(func.clock_timestamp()))).scalar_one()
    redeemed = select(challenge.c.challenge_id).where(
        _of_person(region_id, asked.object_id),
        challenge.c.used_at.is_not(None),
        challenge.c.facts["request_id"].astext == str(asked.request_id),
    )
    return now < asked.expires_at and (await db.execute(redeemed)).first() is None


async def _phone_of(db: AsyncSession, region_id: int, person_id: UUID) -> str:
    """The number of a person, who is locked. Refuses person-unknown."""
    of_person = (person.c.region_id == region_id) & (person.c.person_id == person_id)
    phone: str | None = await db.scalar(select(person.c.phone).where(of_person).with_for_update())
    if phone is None:
        raise Problem(PERSON_UNKNOWN)
    return phone


def _of_person(region_id: int, person_id: UUID) -> ColumnElement[bool]:
    return (
        (challenge.c.region_id == region_id)
        & (challenge.c.subject_id == person_id)
        & (challenge.c.purpose == BY_RECOVERY.purpose)
    )


async def _tell(db: AsyncSession, region: Region, phone: str, body: str) -> None:
    await put_message(
        db, region.region_id, channel="sms", purpose="notice of recovery", address=phone, body=body
    )
