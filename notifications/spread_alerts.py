"""The job: put everybody into the outbox of an alert, so that phones and mailboxes say so too.

It is in every inbox before this begins. Runs as the matcher, which sees who has an account and
nothing else; chunk by chunk, and from the last one on where it was killed. An alert that ends
meanwhile goes no further, so that its update does not wait behind it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from core.database import MATCHER_ROLE, Database
from ledger.regions import Region
from notifications.alert_tables import alert, match_everybody
from notifications.tables import message, outbox

CHUNK: Final = 10_000
_NAMES: Final = (
    *("region_id", "item_id", "kind", "message_id", "person_id", "channel", "expires_at"),
    "not_before",
)


_HOLDS: Final = and_(
    message.c.region_id == alert.c.region_id,
    message.c.message_id == alert.c.alert_id,
    message.c.state == "active",
)


async def spread_alerts(
    database: Database, region: Region, beat: Callable[[], None], chunk: int = CHUNK
) -> int:
    """How many alerts everybody is in the outbox of by now. Twice, and two at once, is once."""
    region_id, of, done = region.region_id, alert.c, 0
    waiting = (
        select(of.alert_id, of.expires_at, of.spread_after)
        .join(message, _HOLDS)
        .where(
            of.region_id == region_id, of.reach == "residents", of.spread_at.is_(None),
            of.expires_at > func.ledger.now(),
        )
        .order_by(of.approved_at, of.alert_id)
        .limit(20)
    )  # fmt: skip
    async with database.snapshot(region_id) as db:
        rows = (await db.execute(waiting)).all()
    for alert_id, expires_at, after in rows:
        last: UUID | None = after
        while True:
            beat()
            reached = await _spread(database, region_id, alert_id, expires_at, last, chunk)
            if not await _remember(database, region_id, alert_id, reached):
                break
            if reached is None:
                done += 1
                break
            last = reached
    return done


async def _spread(
    database: Database,
    region_id: int,
    alert_id: UUID,
    expires_at: datetime,
    after: UUID | None,
    chunk: int,
) -> UUID | None:
    """The last person of this chunk, or None where nobody was left."""
    of = match_everybody.c
    left = of.region_id == region_id
    if after is not None:
        left &= of.person_id > after
    people = select(of.person_id).where(left).order_by(of.person_id).limit(chunk)
    async with database.transaction(region_id, as_role=MATCHER_ROLE) as db:
        found = (await db.scalars(people)).all()
        if not found:
            return None
        last = UUID(int=found[-1].int)
        rows = select(
            literal(region_id), literal(alert_id), literal("emergency"), literal(alert_id),
            of.person_id, literal("inbox"), literal(expires_at), func.clock_timestamp(),
        ).where(left, of.person_id <= last)  # fmt: skip
        await db.execute(insert(outbox).inline().from_select(_NAMES, rows).on_conflict_do_nothing())
    return last


async def _remember(
    database: Database, region_id: int, alert_id: UUID, reached: UUID | None
) -> bool:
    """Whether the alert still holds; how far one that has ended came does not matter any more."""
    values = {"spread_at": func.clock_timestamp()} if reached is None else {"spread_after": reached}
    async with database.transaction(region_id) as db:
        held = await db.scalars(
            update(alert)
            .where(alert.c.region_id == region_id, alert.c.alert_id == alert_id, _HOLDS)
            .values(values)
            .returning(alert.c.alert_id)
        )
        return held.one_or_none() is not None
