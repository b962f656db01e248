"""The record of verifications: what was seen of a person, by whom, until when; never a number.

A record comes before the command that lets it count (docs/decisions/0013-a-person-is-a-holder.md).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem
from ledger.command import ID_IN_USE
from residents.person import PERSON_UNKNOWN, AgeBand, Tier
from residents.tables import person, verification


@dataclass(frozen=True, slots=True)
class Verification:
    """What was verified, or taken back (`unverified`, which has no last day)."""

    verification_id: UUID
    person_id: UUID
    tier: Tier
    method: str
    """`document`, or the name of a provider."""
    evidence: str
    verified_by: str
    expires_on: date | None
    area: str | None
    age_band: AgeBand | None


async def record_verification(db: AsyncSession, region_id: int, made: Verification) -> bool:
    """Keep a verification; False if it is kept already, to the letter.

    Raises person-unknown, also of who closed the account, and id-in-use.
    """
    known = await db.execute(
        select(person.c.person_id)
        .where(
            person.c.region_id == region_id,
            person.c.person_id == made.person_id,
            person.c.closed_at.is_(None),
        )
        .with_for_update(read=True)
    )
    if known.one_or_none() is None:
        raise Problem(PERSON_UNKNOWN)
    kept = await db.execute(
        insert(verification)
        .values(region_id=region_id, **asdict(made))
        .on_conflict_do_nothing(constraint="verification_pk")
        .returning(verification.c.verification_id)
    )
    if kept.one_or_none() is not None:
        return True
    if await find_verification(db, region_id, made.verification_id) != made:
        raise Problem(ID_IN_USE)
    return False


async def find_verification(
    db: AsyncSession, region_id: int, verification_id: UUID
) -> Verification | None:
    """The verification that was kept under this id."""
    rows = await db.execute(
        select(*_COLUMNS).where(
            verification.c.region_id == region_id,
            verification.c.verification_id == verification_id,
        )
    )
    row = rows.one_or_none()
    return None if row is None else Verification(*row)


async def verifications_of(
    db: AsyncSession, region_id: int, person_id: UUID, after: UUID | None, limit: int
) -> Sequence[tuple[Verification, datetime]]:
    """At most `limit` of a person's verifications with when each was kept, oldest first."""
    query = select(*_COLUMNS, verification.c.verified_at).where(
        verification.c.region_id == region_id, verification.c.person_id == person_id
    )
    if after is not None:
        query = query.where(verification.c.verification_id > after)
    rows = await db.execute(query.order_by(verification.c.verification_id).limit(limit))
    return [(Verification(*said), at) for *said, at in rows]


_COLUMNS = [verification.c[name] for name in Verification.__dataclass_fields__]
