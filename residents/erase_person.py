"""Erase (消去) a person who closes the account: what is personal goes, what was done stays by ids.

The ledger keeps its entries, and its seals hold: it never knew more than an id. Reasons that
administrators gave stand there as texts; the owner erases them (`seals/forget.py`).
"""

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.challenges import recall_letters
from access.messages import put_message
from access.sessions import LONGEST_TOKEN_LIFE, end_sessions
from access.sign_in_tables import challenge, message, session
from access.tables import device, request
from core.errors import Problem
from core.revocations import revoke
from ledger.regions import Region
from residents.notices import closed_notice
from residents.number_changes import cancel_changes_of, settle_person
from residents.person import PERSON_UNKNOWN
from residents.tables import number_change, person, verification

GONE: Final = "-"
"""What stands where a text was that may not be empty."""


async def erase_person(db: AsyncSession, region: Region, person_id: UUID, actor: str) -> None:
    """Close an account in the caller's transaction; its wallets are closed already.

    Refuses person-unknown, also for one that is closed. A last message goes to the number.
    """
    region_id = region.region_id
    await settle_person(db, region, person_id)
    of_person = (person.c.region_id == region_id) & (person.c.person_id == person_id)
    rows = await db.execute(
        select(person.c.phone).where(of_person, person.c.closed_at.is_(None)).with_for_update()
    )
    found = rows.one_or_none()
    if found is None:
        raise Problem(PERSON_UNKNOWN)
    phone: str | None = found.phone
    await cancel_changes_of(db, region, person_id)
    await _end_access(db, region_id, person_id)
    await _forget_messages(db, region_id, person_id, phone)
    await db.execute(
        update(person)
        .where(of_person)
        .values(
            phone=None, name=None, pin_hash=None, pin_failures=0, pin_locked_until=None,
            closed_at=func.clock_timestamp(),
        )
    )  # fmt: skip
    await db.execute(
        update(verification)
        .where(verification.c.region_id == region_id, verification.c.person_id == person_id)
        .values(evidence=GONE, area=None, age_band=None)
    )
    await db.execute(
        update(request)
        .where(request.c.region_id == region_id, request.c.object_id == person_id)
        .values(reason=GONE, facts={})
    )
    erase_reasons = text("SELECT access.erase_reasons(:region_id, :person_id)")
    await db.execute(erase_reasons, {"region_id": region_id, "person_id": person_id})
    erase_facts = text("SELECT ledger.erase_person_facts(:region_id, :person_id)")
    await db.execute(erase_facts, {"region_id": region_id, "person_id": person_id})
    await enter_act(db, region_id, actor=actor, act="person.closed", person_id=person_id)
    if phone is not None:
        await put_message(
            db,
            region_id,
            channel="sms",
            purpose="notice of closing",
            address=phone,
            body=closed_notice(region),
        )


async def _end_access(db: AsyncSession, region_id: int, person_id: UUID) -> None:
    """All devices and sessions end; their names go, and the keys by which a phone is known again.

    So the same phone may come back as somebody new, whom nothing ties to who was here before.
    """
    # What the key was is not to be found out again: a hash of an id has nothing of it.
    nothing = func.sha256(func.uuid_send(device.c.device_id))
    no_credential = case((device.c.credential_id.is_not(None), nothing))
    await db.execute(
        update(device)
        .where(device.c.region_id == region_id, device.c.subject_id == person_id)
        .values(
            name=GONE,
            public_key=nothing,
            credential_id=no_credential,
            revoked_at=func.coalesce(device.c.revoked_at, func.clock_timestamp()),
        )
    )
    await end_sessions(db, region_id, "account closed", subject_id=person_id)
    await revoke(db, region_id, "sub", person_id, LONGEST_TOKEN_LIFE)
    await db.execute(
        update(session)
        .where(session.c.region_id == region_id, session.c.subject_id == person_id)
        .values(client="", installation_id=None)
    )


async def _forget_messages(
    db: AsyncSession, region_id: int, person_id: UUID, phone: str | None
) -> None:
    """Nothing is sent any more, and no code that went out is worth anything."""
    await db.execute(
        update(message)
        .where(message.c.region_id == region_id, message.c.address == (phone or GONE))
        .values(state="expired", address="", body="", ended_at=func.clock_timestamp())
    )
    is_theirs: ColumnElement[bool] = or_(
        challenge.c.subject_id == person_id, challenge.c.facts["phone"].astext == (phone or GONE)
    )
    await recall_letters(db, region_id, is_theirs)
    await db.execute(delete(challenge).where(challenge.c.region_id == region_id, is_theirs))
    # A change of number that ended keeps no number; one that nobody settled goes with its person.
    await db.execute(
        update(number_change)
        .where(
            number_change.c.region_id == region_id,
            number_change.c.person_id == person_id,
            number_change.c.state == "waiting",
        )
        .values(state="cancelled", new_phone="", ended_at=func.clock_timestamp())
    )
