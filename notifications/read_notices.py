"""Read notices as they stand: by id, or the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem, problem
from notifications.kinds import Language, NoticeKind
from notifications.messages import Words
from notifications.notice_tables import notice_told
from notifications.segment import SEGMENT, Declared, Paid
from notifications.size import Size

NOTICE_UNKNOWN: Final = problem("notice-unknown", 404, "There is no such notice.")
NoticeState = Literal["draft", "asked", "approved", "sending", "done", "stopped", "withdrawn"]
_OF: Final = notice_told.c


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to be told, to whom, when and for how long."""

    template_id: UUID
    purpose: str
    segment: Declared | Paid
    send_at: datetime | None
    """None: as soon as it is approved."""
    lasts_hours: int
    """How long it stands in an inbox."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it stands."""

    notice_id: UUID
    kind: NoticeKind
    draft: Draft
    state: NoticeState
    size: Size | None
    """As it was when its approval was asked for."""
    texts: dict[Language, Words] | None
    """As they were filled in then."""
    drafted_by: str
    drafted_at: datetime
    asked_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    begun_at: datetime | None
    request_id: UUID | None
    """Of its approval."""
    ended_by: str | None
    ended_at: datetime | None


async def find_notice(db: AsyncSession, region_id: int, notice_id: UUID) -> Notice | None:
    """The notice under this id."""
    rows = await db.execute(
        select(notice_told).where(_OF.region_id == region_id, _OF.notice_id == notice_id)
    )
    row = rows.one_or_none()
    return None if row is None else read_notice(row)


async def list_notices(
    db: AsyncSession,
    region_id: int,
    *,
    before: UUID | None,
    limit: int,
    state: NoticeState | None = None,
    kind: NoticeKind | None = None,
) -> list[Notice]:
    """At most `limit`, newest first, of those with lower ids."""
    query = select(notice_told).where(_OF.region_id == region_id)
    for column, value in ((_OF.state, state), (_OF.kind, kind)):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(_OF.notice_id < before)
    rows = await db.execute(query.order_by(_OF.notice_id.desc()).limit(limit))
    return [read_notice(row) for row in rows]


def read_notice(row: Row[Any]) -> Notice:
    """A row of `notice_told`."""
    size = None
    if row.sized_in is not None:
        size = Size(
            row.segment_hash, row.sized_in, row.release_no, row.estimate, row.low, row.high,
            row.needed,
        )  # fmt: skip
    texts = None
    if row.texts is not None:
        texts = {name: Words(each["title"], each["body"]) for name, each in row.texts.items()}
    return Notice(
        notice_id=UUID(int=row.notice_id.int),
        kind=row.kind,
        draft=Draft(
            UUID(int=row.template_id.int), row.purpose, SEGMENT.validate_python(row.segment),
            row.send_at, row.lasts_hours,
        ),
        state=row.state,
        size=size,
        texts=texts,
        request_id=None if row.request_id is None else UUID(int=row.request_id.int),
        drafted_by=row.drafted_by,
        drafted_at=row.drafted_at,
        asked_at=row.asked_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        begun_at=row.begun_at,
        ended_by=row.ended_by,
        ended_at=row.ended_at,
    )  # fmt: skip


async def known_notice(db: AsyncSession, region_id: int, notice_id: UUID) -> Notice:
    """The same, which there must be. Refuses notice-unknown."""
    found = await find_notice(db, region_id, notice_id)
    if found is None:
        raise Problem(NOTICE_UNKNOWN)
    return found
