"""Read somebody's inbox: own items, and what is told to everybody beside them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.kinds import Kind

ItemState = Literal["active", "cancelled"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something that somebody was told."""

    item_id: UUID
    kind: Kind
    at: datetime
    read_at: datetime | None
    expires_at: datetime
    texts: dict[str, dict[str, str]] | None
    """Of a message, by language."""
    about: dict[str, Any] | None
    """Of somebody's own money: what the words are made of."""
    state: ItemState
    """`cancelled`: it says that what it stands in the place of holds no more."""
    replaces: UUID | None
    """The item in whose place it stands."""
    why: dict[str, Any] | None
    consents: list[str]


# What was replaced, by a cancel too, or stopped is in no inbox any more. A message to everybody is
# in each of them from its commit on, whether or not there is a row: that comes with reading it. Of
# what expires it is told what is there now, and nothing once it was spent.
_ITEMS: Final = """
    SELECT i.item_id, i.kind, i.at, i.read_at, i.expires_at, m.texts,
           CASE WHEN i.kind = 'expiring'
                THEN i.about || jsonb_build_object('amount', rest.amount) ELSE i.about END AS about,
           CASE WHEN m.why ->> 'message_type' = 'Cancel' THEN 'cancelled' ELSE 'active' END
               AS state, m.replaces, m.why, coalesce(m.consents, '{}') AS consents
      FROM notifications.inbox i
      LEFT JOIN notifications.message m
        ON m.region_id = i.region_id AND m.message_id = i.message_id
      LEFT JOIN LATERAL (
           SELECT coalesce(sum(a.balance), 0) AS amount
             FROM ledger.holder w
             JOIN ledger.account a ON a.region_id = w.region_id AND a.holder_id = w.holder_id
            WHERE w.region_id = :region AND w.subject_id = :person AND w.kind = 'wallet'
              AND a.is_open AND a.kind IN ('coin', 'points')
              AND a.expires_on = CAST(i.about ->> 'on' AS date)) rest ON i.kind = 'expiring'
     WHERE i.region_id = :region AND i.person_id = :person AND i.expires_at > ledger.now()
       AND coalesce(m.state, 'active') = 'active' AND rest.amount IS DISTINCT FROM 0
    UNION ALL
    SELECT m.message_id, m.kind, m.made_at, NULL, m.expires_at, m.texts, NULL,
           CASE WHEN m.why ->> 'message_type' = 'Cancel' THEN 'cancelled' ELSE 'active' END,
           m.replaces, m.why, m.consents
      FROM notifications.message m
     WHERE m.region_id = :region AND m.audience = 'everybody' AND m.expires_at > ledger.now()
       AND m.state = 'active'
       AND NOT EXISTS (SELECT FROM notifications.inbox i
                        WHERE i.region_id = :region AND i.person_id = :person
                          AND i.item_id = m.message_id)
"""
_LIST: Final = f"""
    SELECT * FROM ({_ITEMS}) item
     WHERE (CAST(:before AS timestamptz) IS NULL OR (at, item_id) < (:before, :before_id))
       AND (CAST(:kind AS text) IS NULL OR kind = :kind)
       AND (NOT :unread OR read_at IS NULL)
     ORDER BY at DESC, item_id DESC LIMIT :limit
"""  # noqa: S608  (our own text)
_ONE: Final = f"""
    WITH RECURSIVE standing AS (
        SELECT CAST(:item AS uuid) AS item_id
         UNION SELECT m.message_id FROM notifications.message m
                 JOIN standing s ON m.replaces = s.item_id WHERE m.region_id = :region)
    SELECT * FROM ({_ITEMS}) item WHERE item_id IN (SELECT item_id FROM standing)
"""  # noqa: S608
_UNREAD: Final = f"SELECT count(*) FROM ({_ITEMS}) item WHERE read_at IS NULL"  # noqa: S608
_READ: Final = text("""
    INSERT INTO notifications.inbox AS i
           (region_id, person_id, item_id, kind, message_id, at, expires_at, read_at)
    SELECT m.region_id, :person, m.message_id, m.kind, m.message_id, m.made_at, m.expires_at,
           ledger.now()
      FROM notifications.message m
     WHERE m.region_id = :region AND m.audience = 'everybody'
       AND m.state = 'active' AND m.expires_at > ledger.now()
       AND (CAST(:item AS uuid) IS NULL OR m.message_id = :item)
       AND EXISTS (SELECT FROM residents.person p
                    WHERE p.region_id = m.region_id AND p.person_id = :person
                      AND p.closed_at IS NULL)
        ON CONFLICT DO NOTHING
""")
_MARK: Final = text("""
    UPDATE notifications.inbox SET read_at = ledger.now()
     WHERE region_id = :region AND person_id = :person AND read_at IS NULL
       AND (CAST(:item AS uuid) IS NULL OR item_id = :item)
""")


async def list_items(
    db: AsyncSession,
    region_id: int,
    person_id: UUID,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
    kind: Kind | None = None,
    is_unread: bool = False,
) -> list[Item]:
    """At most `limit`, newest first, of those before this instant and id."""
    rows = await db.execute(
        text(_LIST),
        {
            "region": region_id,
            "person": person_id,
            "before": before[0] if before else None,
            "before_id": before[1] if before else None,
            "kind": kind,
            "unread": is_unread,
            "limit": limit,
        },
    )
    return [_item(row) for row in rows]


async def find_item(
    db: AsyncSession, region_id: int, person_id: UUID, item_id: UUID
) -> Item | None:
    """The item under this id, or the one that stands in its place: whoever was told of an alert and
    looks a minute later finds its update. None if it is not in the person's inbox.
    """
    given = {"region": region_id, "person": person_id, "item": item_id}
    row = (await db.execute(text(_ONE), given)).one_or_none()
    return None if row is None else _item(row)


async def count_unread(db: AsyncSession, region_id: int, person_id: UUID) -> int:
    """How many items were not read."""
    found = await db.execute(text(_UNREAD), {"region": region_id, "person": person_id})
    return int(found.scalar_one())


async def mark_read(
    db: AsyncSession, region_id: int, person_id: UUID, item_id: UUID | None
) -> None:
    """One item is read, or all of them; once read it stays so."""
    given = {"region": region_id, "person": person_id, "item": item_id}
    await db.execute(_MARK, given)
    await db.execute(_READ, given)


def _item(row: Row[Any]) -> Item:
    return Item(
        UUID(int=row.item_id.int), row.kind, row.at, row.read_at, row.expires_at, row.texts,
        row.about, row.state, None if row.replaces is None else UUID(int=row.replaces.int),
        row.why, list(row.consents),
    )  # fmt: skip
