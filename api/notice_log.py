"""The public log: which notices were sent, what for, to which segment, in which words."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import ClosedRoute, v1_router
from api.copies import answer_page
from api.moments import after_instant, microseconds
from api.notice_answers import TextsAnswer, texts_answer
from api.notice_page import notices_page
from api.pages import Listing, Page, Paged, Paging
from api.public_region import RegionCode, public_region
from api.rate_limit import Quota
from api.state import state_of
from core.database import CITY_ROLE
from insights.plans import plan_for
from ledger.regions import Region
from notifications.kinds import NoticeKind
from notifications.log import Sent, sent_notices
from notifications.segment import Segment

READS: Final = Quota("notices", 300, 60)
"""Per address."""
MOST_ON_A_PAGE: Final = 20
LOG: Final = Listing("notice-log", (int, UUID))

router: Final = v1_router("notices")
pages: Final = APIRouter(route_class=ClosedRoute, include_in_schema=False)


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
    found, start = public_region(request, region, READS), LOG.start(paging)
    async with state_of(request).database.snapshot(found.region_id, as_role=CITY_ROLE) as db:
        sent = await sent_notices(
            db, found.region_id, before=after_instant(start), limit=paging.limit + 1, kind=kind
        )
    return LOG.page(
        sent,
        paging,
        _key,
        lambda each: _answer(found, each),
    )


@pages.get("/notices/{region}")
async def notices_to_read(request: Request, region: RegionCode, paging: Paged) -> Response:
    """The log as a page, twenty notices at a time."""
    found, start = public_region(request, region, READS), LOG.start(paging)
    state, limit = state_of(request), min(paging.limit, MOST_ON_A_PAGE)
    today = found.day_of(state.clock.now())
    async with state.database.snapshot(found.region_id, as_role=CITY_ROLE) as db:
        sent = await sent_notices(db, found.region_id, before=after_instant(start), limit=limit + 1)
        plan = await plan_for(db, found.region_id, today)
    shown = LOG.page(sent, Paging(limit=limit, cursor=None), _key, lambda each: each)
    lists = None if plan is None else plan.lists
    return answer_page(request, notices_page(found, shown.items, lists, shown.next_cursor))


def _key(each: Sent) -> tuple[int, UUID]:
    return microseconds(each.begun_at), each.notice_id


def _answer(region: Region, each: Sent) -> SentNotice:
    return SentNotice(
        notice_id=each.notice_id,
        kind=each.kind,
        purpose=each.purpose,
        segment=each.segment,
        texts=texts_answer(each.texts),
        state=each.state,
        sent_at=in_zone(each.begun_at, region),
        stopped_at=in_zone_if(each.ended_at, region),
    )
