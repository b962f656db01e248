"""List the applications of a region, newest first."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.application import ApplicationState, as_searched
from merchants.application_tables import application
from merchants.apply import Applied, as_applied

_ROW = application.c


@dataclass(frozen=True, slots=True)
class WhichApplications:
    """What a list is narrowed to; None is no matter."""

    state: ApplicationState | None = None
    merchant_class: str | None = None
    category: str | None = None
    area: str | None = None
    text: str | None = None
    """A part of the names, whatever their width and case, in hiragana or katakana."""


async def list_applications(
    db: AsyncSession, region_id: int, which: WhichApplications, before: UUID | None, most: int
) -> list[Applied]:
    """At most `most` of them, of those made before the one called `before`."""
    query = select(application).where(_ROW.region_id == region_id)
    for column, wanted in (
        (_ROW.state, which.state),
        (_ROW.merchant_class, which.merchant_class),
        (_ROW.category, which.category),
        (_ROW.area, which.area),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if which.text is not None:
        query = query.where(_ROW.search.contains(as_searched(which.text), autoescape=True))
    if before is not None:
        query = query.where(_ROW.application_id < before)
    rows = await db.execute(query.order_by(_ROW.application_id.desc()).limit(most))
    return [as_applied(row) for row in rows]
