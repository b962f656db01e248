"""The public log of notices: purpose, segment and text of each that was sent, for everybody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.kinds import Language, NoticeKind
from notifications.messages import Words
from notifications.notice_tables import notice_log
from notifications.segment import SEGMENT, Declared, Paid


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice as everybody may read it."""

    notice_id: UUID
    kind: NoticeKind
    purpose: str
    segment: Declared | Paid
    texts: dict[Language, Words]
    state: Literal["sending", "done", "stopped"]
    begun_at: datetime
    ended_at: datetime | None


async def sent_notices(
    db: AsyncSession,
    region_id: int,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
    kind: NoticeKind | None = None,
) -> list[Sent]:
    """At most `limit`, newest first, of those sent before this instant and id."""
    of = notice_log.c
    query = select(
        of.notice_id, of.kind, of.purpose, of.segment, of.texts, of.state, of.begun_at, of.ended_at
    ).where(of.region_id == region_id)
    if before is not None:
        query = query.where(tuple_(of.begun_at, of.notice_id) < before)
    if kind is not None:
        query = query.where(of.kind == kind)
    rows = await db.execute(query.order_by(of.begun_at.desc(), of.notice_id.desc()).limit(limit))
    return [
        Sent(
            UUID(int=row.notice_id.int), row.kind, row.purpose,
            SEGMENT.validate_python(row.segment),
            {name: Words(each["title"], each["body"]) for name, each in row.texts.items()},
            row.state, row.begun_at, row.ended_at,
        )
        for row in rows
    ]  # fmt: skip
