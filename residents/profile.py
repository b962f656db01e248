"""Read who a person is: for the person itself, and for the desk, which sees less of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from residents.tables import person, verification

Tier = Literal["unverified", "verified_resident", "verified_visitor"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A person whose account was not closed."""

    person_id: UUID
    phone: str | None
    name: str | None
    made_at: datetime
    tier: Tier
    tier_until: date | None
    """The last day of the tier; None where nothing was verified."""
    area: str | None
    age_band: str | None


_COLUMNS: Final = (person.c.person_id, person.c.phone, person.c.name, person.c.made_at)


async def find_person(
    db: AsyncSession, region_id: int, today: date, *, person_id: UUID
) -> Profile | None:
    """The person with this id; None if there is none, or the account was closed."""
    query = select(*_COLUMNS).where(person.c.region_id == region_id)
    query = query.where(person.c.person_id == person_id, person.c.closed_at.is_(None))
    return await _profile(db, region_id, today, query)


async def find_by_phone(
    db: AsyncSession, region_id: int, today: date, phone: str
) -> Profile | None:
    """The person with exactly this number in E.164."""
    query = select(*_COLUMNS).where(person.c.region_id == region_id, person.c.phone == phone)
    return await _profile(db, region_id, today, query)


async def set_name(db: AsyncSession, region_id: int, person_id: UUID, name: str | None) -> bool:
    """Call the person by this name; False if there is no such person."""
    changed = await db.scalars(
        update(person)
        .where(
            person.c.region_id == region_id,
            person.c.person_id == person_id,
            person.c.closed_at.is_(None),
        )
        .values(name=name)
        .returning(person.c.person_id)
    )
    return changed.one_or_none() is not None


async def _profile(
    db: AsyncSession, region_id: int, today: date, wanted: Select[Any]
) -> Profile | None:
    row = (await db.execute(wanted)).one_or_none()
    if row is None:
        return None
    of = verification.c
    query = (
        select(of.tier, of.expires_on, of.area, of.age_band)
        .where(of.region_id == region_id, of.person_id == row.person_id)
        .order_by(of.verification_id.desc())
        .limit(1)
    )
    seen = (await db.execute(query)).one_or_none()
    person_id = UUID(int=row.person_id.int)
    if seen is None or seen.expires_on is None or seen.expires_on < today:
        return Profile(person_id, row.phone, row.name, row.made_at, "unverified", None, None, None)
    return Profile(
        person_id, row.phone, row.name, row.made_at, seen.tier, seen.expires_on, seen.area,
        seen.age_band,
    )  # fmt: skip
