"""How a person wants to be told, and what the person says of home and interests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, get_args
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem, problem
from insights.plans import plan_for
from ledger.regions import Region
from notifications.kinds import KINDS, Channel, Language
from notifications.names import area_codes, category_codes
from notifications.segment import TOPICS
from notifications.tables import preference
from residents.open_person import lock_open_person

PREFERENCE_UNKNOWN: Final = problem(
    "preference-unknown", 422, "There is no such area, interest, kind or channel."
)
WAYS: Final[tuple[str, ...]] = tuple(
    f"{kind}:{channel}"
    for kind in KINDS
    if kind != "emergency"
    for channel in get_args(Channel)
    if channel not in ("inbox", "webhook")
)
"""What can be muted: not the inbox, and no emergency."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """As a person said; before that in Japanese, of no area, by every address."""

    language: Language = "ja"
    home_area: str | None = None
    interests: Sequence[str] = ()
    muted: Sequence[str] = ()
    changed_at: datetime | None = None


async def preferences_of(db: AsyncSession, region_id: int, person_id: UUID) -> Preferences:
    """What the person said last."""
    of = preference.c
    rows = await db.execute(
        select(of.language, of.home_area, of.interests, of.muted, of.changed_at).where(
            of.region_id == region_id, of.person_id == person_id
        )
    )
    row = rows.one_or_none()
    return Preferences() if row is None else Preferences(*row)


async def set_preferences(
    db: AsyncSession, region: Region, person_id: UUID, wished: Preferences, today: date
) -> Preferences:
    """Keep all of it. Refuses person-unknown, and preference-unknown for what no list has, with
    what it has.
    """
    await lock_open_person(db, region.region_id, person_id)
    plan = await plan_for(db, region.region_id, today)
    home = () if wished.home_area is None else (wished.home_area,)
    for member, said_of_it, known in (
        ("home_area", home, area_codes(plan)),
        ("interests", wished.interests, category_codes(plan) | set(TOPICS)),
        ("muted", wished.muted, set(WAYS)),
    ):
        if not set(said_of_it) <= known:
            raise Problem(PREFERENCE_UNKNOWN, member=member, known=tuple(sorted(known)))
    said = {
        "language": wished.language,
        "home_area": wished.home_area,
        "interests": sorted(set(wished.interests)),
        "muted": sorted(set(wished.muted)),
        "changed_at": func.clock_timestamp(),
    }
    made = insert(preference).values(region_id=region.region_id, person_id=person_id, **said)
    await db.execute(made.on_conflict_do_update(constraint=preference.primary_key, set_=said))
    return await preferences_of(db, region.region_id, person_id)
