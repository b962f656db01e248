"""Read who a person is: for the person itself, and for the desk, which sees less of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from residents.person import AgeBand, Tier, is_verified, tier_on
from residents.read_person import person_facts
from residents.tables import person


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
    is_area_verified: bool
    """Whether somebody has seen it; else it is what the person declared."""
    age_band: AgeBand | None
    is_age_band_verified: bool


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
    person_id = UUID(int=row.person_id.int)
    facts = await person_facts(db, region_id, person_id)
    tier = tier_on(facts, today)
    until = None if tier == "unverified" else date.fromisoformat(facts["tier_until"])
    return Profile(
        person_id, row.phone, row.name, row.made_at, tier, until,
        facts["area"], is_verified(facts, "area", today),
        facts["age_band"], is_verified(facts, "age_band", today),
    )  # fmt: skip


async def numbers_after(
    db: AsyncSession, region_id: int, after: UUID | None, limit: int
) -> list[tuple[UUID, str | None]]:
    """At most `limit` people whose id follows `after`, with their numbers; none who has closed."""
    query = select(person.c.person_id, person.c.phone).where(
        person.c.region_id == region_id, person.c.closed_at.is_(None)
    )
    if after is not None:
        query = query.where(person.c.person_id > after)
    rows = await db.execute(query.order_by(person.c.person_id).limit(limit))
    return [(UUID(int=row.person_id.int), row.phone) for row in rows]
