"""The public log: which notices were sent, what for, to which segment, in which words."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import Field

from api.admin_regions import REGION_UNKNOWN
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.notice_answers import TextsAnswer, texts_answer
from api.pages import MALFORMED_CURSOR, Listing, Page, Paged
from api.rate_limit import Quota, address_of
from api.state import state_of
from core.database import CITY_ROLE
from core.errors import Problem
from ledger.regions import Region
from notifications.kinds import NoticeKind
from notifications.log import Sent, sent_notices
from notifications.segment import Segment

READS: Final = Quota("notices", 300, 60)
"""Per address."""
LOG: Final = Listing("notice-log", (int, UUID))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

router: Final = v1_router("notices")

RegionCode = Annotated[str, Path(max_length=40, examples=["setagaya"])]


class SentNotice(Answer):
    """A notice of the city. Nothing here tells how many or whom it reached."""

    notice_id: UUID
    kind: NoticeKind
    purpose: str = Field(examples=["夏祭りのお知らせ"])
    segment: Segment
    """Whom it was for: by what people declared, or by where they paid, if they agreed to it."""
    texts: TextsAnswer
    state: Literal["sending", "done", "stopped"]
    sent_at: datetime
    stopped_at: datetime | None = Field(examples=[None])


@router.get(
    "/regions/{region}/notices",
    operation_id="listPublicNotices",
    summary="Notices that the city sent, newest first",
)
async def public_notices(
    request: Request,
    region: RegionCode,
    paging: Paged,
    kind: Annotated[NoticeKind | None, Query(description="Only of this kind.")] = None,
) -> Page[SentNotice]:
    """For anybody, without a token."""
    found, start = _region(request, region), LOG.start(paging)
    async with state_of(request).database.snapshot(found.region_id, as_role=CITY_ROLE) as db:
        sent = await sent_notices(
            db, found.region_id, before=_instant(start), limit=paging.limit + 1, kind=kind
        )
    return LOG.page(
        sent, paging, lambda each: ((each.begun_at - _EPOCH) // _MICROSECOND, each.notice_id),
        lambda each: _answer(found, each),
    )  # fmt: skip


def _instant(start: tuple[Any, ...] | None) -> tuple[datetime, UUID] | None:
    """Where a cursor goes on. Refuses malformed-cursor."""
    if start is None:
        return None
    try:
        return _EPOCH + start[0] * _MICROSECOND, start[1]
    except OverflowError:
        raise Problem(MALFORMED_CURSOR) from None


def _region(request: Request, code: str) -> Region:
    state = state_of(request)
    state.limiter.limit(request, READS, address_of(request))
    found = state.regions.find(code)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    return found


def _answer(region: Region, each: Sent) -> SentNotice:
    return SentNotice(
        notice_id=each.notice_id,
        kind=each.kind,
        purpose=each.purpose,
        segment=each.segment,
        texts=texts_answer(each.texts),
        state=each.state,
        sent_at=in_zone(each.begun_at, region),
        stopped_at=None if each.ended_at is None else in_zone(each.ended_at, region),
    )
