"""Consents (同意): what a person agrees to, given and withdrawn; each change is kept.

The purposes are a closed list. Nothing is agreed to until the person says so.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import time_of, uuid7
from residents.open_person import lock_open_person
from residents.tables import consent

Purpose = Literal[
    "news_of_city",
    "news_of_campaigns",
    "city_news_by_payments",
    "campaign_news_by_payments",
    "surveys",
]
"""`news_of_city` and `news_of_campaigns`: notices of the city's services, and of campaigns. The two
`…_by_payments`: to be chosen for them by where the person paid. `surveys`: questions about the
currency. None is needed to pay."""
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
_JUST_AFTER: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """A consent that was given or withdrawn."""

    consent_id: UUID
    purpose: Purpose
    is_given: bool
    at: datetime


async def standing_consents(
    db: AsyncSession, region_id: int, person_id: UUID
) -> dict[Purpose, ConsentChange]:
    """The newest change of each purpose that the person ever spoke about."""
    query = (
        select(*_SHOWN)
        .where(consent.c.region_id == region_id, consent.c.person_id == person_id)
        .order_by(consent.c.purpose, consent.c.consent_id.desc())
        .ext(distinct_on(consent.c.purpose))
    )
    found = [ConsentChange(*row) for row in await db.execute(query)]
    return {change.purpose: change for change in found}


async def set_consent(
    db: AsyncSession, region_id: int, person_id: UUID, purpose: Purpose, *, is_given: bool
) -> ConsentChange:
    """Give or withdraw; what stands already is no new line. Refuses person-unknown."""
    await lock_open_person(db, region_id, person_id)
    standing = (await standing_consents(db, region_id, person_id)).get(purpose)
    if standing is not None and standing.is_given == is_given:
        return standing
    consent_id = uuid7(datetime.now(UTC))
    if standing is not None and consent_id <= standing.consent_id:
        # The clock of whoever wrote that was ahead of this one: what was said last stands.
        consent_id = uuid7(time_of(standing.consent_id) + _JUST_AFTER)
    made = await db.execute(
        insert(consent)
        .values(
            region_id=region_id,
            consent_id=consent_id,
            person_id=person_id,
            purpose=purpose,
            is_given=is_given,
        )
        .returning(*_SHOWN)
    )
    return ConsentChange(*made.one())


async def consent_changes(
    db: AsyncSession, region_id: int, person_id: UUID, before: UUID | None, limit: int
) -> list[ConsentChange]:
    """At most `limit` changes, newest first, of those whose id comes before `before`."""
    query = select(*_SHOWN).where(
        consent.c.region_id == region_id, consent.c.person_id == person_id
    )
    if before is not None:
        query = query.where(consent.c.consent_id < before)
    rows = await db.execute(query.order_by(consent.c.consent_id.desc()).limit(limit))
    return [ConsentChange(*row) for row in rows]


_SHOWN: Final = (consent.c.consent_id, consent.c.purpose, consent.c.is_given, consent.c.at)
