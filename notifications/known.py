"""What is kept about a person here, for the person's own export: how to be told, and what was."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.tables import address, preference, received

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
    "counted_notices": (received, ("message_id", "month", "number")),
}
"""Each table, and what is told of a row, its id first. No key and no secret is."""
INBOX: Final = "inbox"
SECTIONS: Final = (*_SECTIONS, INBOX)

# All rows that are there, also of what is shown no more; and what is told to everybody now.
_INBOX: Final = text("""
    SELECT * FROM (
        SELECT i.item_id, i.kind, i.at, i.read_at, i.expires_at, i.about,
               coalesce(m.state, 'active') AS state, m.texts, m.why
          FROM notifications.inbox i
          LEFT JOIN notifications.message m
            ON m.region_id = i.region_id AND m.message_id = i.message_id
         WHERE i.region_id = :region AND i.person_id = :person
        UNION ALL
        SELECT m.message_id, m.kind, m.made_at, NULL, m.expires_at, NULL, m.state, m.texts, m.why
          FROM notifications.message m
         WHERE m.region_id = :region AND m.audience = 'everybody' AND m.state = 'active'
           AND m.expires_at > ledger.now()
           AND NOT EXISTS (SELECT FROM notifications.inbox i
                            WHERE i.region_id = :region AND i.person_id = :person
                              AND i.item_id = m.message_id)) item
     WHERE CAST(:after AS uuid) IS NULL OR item_id > :after
     ORDER BY item_id LIMIT :limit
""")


async def known_notices(
    db: AsyncSession, region_id: int, person_id: UUID, section: str, after: UUID | None, limit: int
) -> list[Row]:
    """At most `limit` rows of a section, by id, of those whose id follows `after`."""
    if section == INBOX:
        given = {"region": region_id, "person": person_id, "after": after, "limit": limit}
        return [dict(row) for row in (await db.execute(_INBOX, given)).mappings()]
    table, names = _SECTIONS[section]
    key = table.c[names[0]]
    query = select(*(table.c[name] for name in names)).where(
        table.c.region_id == region_id, table.c.person_id == person_id
    )
    if after is not None:
        query = query.where(key > after)
    rows = await db.execute(query.order_by(key).limit(limit))
    return [dict(zip(names, row, strict=True)) for row in rows]
