"""What is kept about a person here, for the person's own export: how to be told, and what was."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.tables import address, inbox, preference, received

Row = dict[str, Any]

_SECTIONS: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "notice_preferences": (
        preference,
        ("person_id", "language", "home_area", "interests", "muted", "changed_at"),
    ),
    "addresses": (
        address,
        ("address_id", "channel", "address", "state", "why", "made_at", "dropped_at"),
    ),
    "inbox": (inbox, ("item_id", "kind", "message_id", "about", "at", "read_at", "expires_at")),
    "counted_notices": (received, ("message_id", "month", "number")),
}
"""Each table, and what is told of a row, its id first. No key and no secret is."""
SECTIONS: Final = tuple(_SECTIONS)


async def known_notices(
    db: AsyncSession, region_id: int, person_id: UUID, section: str, after: UUID | None, limit: int
) -> list[Row]:
    """At most `limit` rows of a section, by id, of those whose id follows `after`."""
    table, names = _SECTIONS[section]
    key = table.c[names[0]]
    query = select(*(table.c[name] for name in names)).where(
        table.c.region_id == region_id, table.c.person_id == person_id
    )
    if after is not None:
        query = query.where(key > after)
    rows = await db.execute(query.order_by(key).limit(limit))
    return [dict(zip(names, row, strict=True)) for row in rows]
