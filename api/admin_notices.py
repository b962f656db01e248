"""Notices to segments: drafted, previewed, approved by another person, stopped."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

from api.admin_bulletins import Chief, Reader
from api.admin_notice_templates import Drafter
from api.admin_requests import RequestAnswer, request_answer
from api.admin_ways import WayAnswer, way_answer
from api.answers import Answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.notice_answers import (
    NoticeAnswer,
    SizeAnswer,
    TextsAnswer,
    notice_answer,
    size_answer,
    texts_answer,
)
from api.pages import Listing, Page, Paged
from api.state import State, state_of
from core.database import CITY_ROLE
from core.errors import Problem
from core.instants import Instant
from ledger.regions import Region
from notifications.kinds import NoticeKind
from notifications.notices import Asking, ask_for_notice, draft_notice, end_notice
from notifications.preview import preview_of
from notifications.read_notices import (
    NOTICE_UNKNOWN,
    Draft,
    Notice,
    NoticeState,
    find_notice,
    list_notices,
)
from notifications.segment import Segment
from notifications.ways import ways_of

NOTICES: Final = Listing("notices", (UUID,))

router: Final = v1_router("administrators: notices")


class NoticeBody(Body):
    """A notice before anybody has approved it."""

    template_id: Uuid
    purpose: Reason = Field(examples=["夏祭りのお知らせ"])
    """What it is for. Everybody can read it once the notice is sent."""
    segment: Segment = Field(examples=[{"by": "payments", "area": "kitazawa"}])
    send_at: Instant | None = Field(default=None, examples=["2026-12-05T10:00:00+09:00"])
    """Null: as soon as it is approved."""
    lasts_hours: int = Field(default=168, ge=1, le=720, strict=True, examples=[168])
    """How long it stands in an inbox."""


class AskBody(Body):
    """Why it should be sent."""

    reason: Reason = Field(examples=["商店街の依頼"])


class EndBody(Body):
    """Why it is not sent, or sent no further."""

    reason: Reason = Field(examples=["日付が違う"])


class PreviewAnswer(Answer):
    """What would be asked for now."""

    size: SizeAnswer
    texts: TextsAnswer
    not_carried: list[WayAnswer]
    """Ways that nobody has set up, or whose worker is away: addresses there would not be told."""


@router.put(
    "/admin/notices/{notice_id}",
    operation_id="draftNotice",
    summary="Draft a notice to a segment",
    status_code=201,
)
async def put_notice(
    request: Request,
    admin: Drafter,
    notice_id: Annotated[UUID, new_id("notice_id")],
    body: NoticeBody,
) -> NoticeAnswer:
    """A draft is never changed: end it and make another one."""
    state, region = state_of(request), admin.region
    draft = Draft(body.template_id, body.purpose, body.segment, body.send_at, body.lasts_hours)
    async with state.database.transaction(region.region_id) as db:
        made = await draft_notice(db, region, notice_id, draft, doer_of(admin))
    return notice_answer(region, made)


@router.get("/admin/notices/{notice_id}", operation_id="getNotice", summary="One notice")
async def get_notice(request: Request, admin: Reader, notice_id: Uuid) -> NoticeAnswer:
    """A draft too."""
    return notice_answer(admin.region, await _find(state_of(request), admin.region, notice_id))


@router.get("/admin/notices", operation_id="listNotices", summary="Notices, newest first")
async def list_all_notices(
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[NoticeState | None, Query(description="Only in this state.")] = None,
    kind: Annotated[NoticeKind | None, Query(description="Only of this kind.")] = None,
) -> Page[NoticeAnswer]:
    """Drafts, and those that ended, too. How they were taken: `…/statistics/deliveries`."""
    region, start, database = admin.region, NOTICES.start(paging), state_of(request).database
    async with database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        found = await list_notices(
            db, region.region_id, before=start[0] if start else None, limit=paging.limit + 1,
            state=state, kind=kind,
        )  # fmt: skip
    return NOTICES.page(
        found, paging, lambda each: (each.notice_id,), lambda each: notice_answer(region, each)
    )


@router.get(
    "/admin/notices/{notice_id}/preview",
    operation_id="previewNotice",
    summary="What a notice would say, and whether its segment is large enough",
    responses={409: {}},
)
async def preview(request: Request, admin: Reader, notice_id: Uuid) -> PreviewAnswer:
    """Costs nothing of the privacy budget. A segment is measured once a month: by the newest
    released week, or by counting what people declared; then it stays as it is.
    """
    state, region = state_of(request), admin.region
    known = await _find(state, region, notice_id)
    found = await preview_of(state.database, region, known)
    async with state.database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        ways = await ways_of(db, region.region_id)
    return PreviewAnswer(
        size=size_answer(found.size), texts=texts_answer(found.texts),
        not_carried=[way_answer(region, way) for way in ways if not way.is_carried],
    )  # fmt: skip


@router.put(
    "/admin/notices/{notice_id}/approvals/{request_id}",
    operation_id="askForNotice",
    summary="Ask for a notice to be sent",
    status_code=201,
)
async def put_approval(
    request: Request,
    admin: Drafter,
    notice_id: Uuid,
    request_id: Annotated[UUID, new_id("request_id")],
    body: AskBody,
) -> RequestAnswer:
    """The words are filled in and stay so. An approver, who is another person at another device,
    decides within a week. One notice for each segment and month.
    """
    state, region = state_of(request), admin.region
    known = await _find(state, region, notice_id)
    found = await preview_of(state.database, region, known)
    asking = Asking(request_id, found.size, found.texts, body.reason)
    async with state.database.transaction(region.region_id) as db:
        asked = await ask_for_notice(db, region, notice_id, asking, doer_of(admin))
    return request_answer(region, asked)


@router.post(
    "/admin/notices/{notice_id}/end",
    operation_id="endNotice",
    summary="Withdraw a notice, or stop it while it is sent",
)
async def post_end(request: Request, admin: Chief, notice_id: Uuid, body: EndBody) -> NoticeAnswer:
    """At once and by one person: from then on nothing of it is sent, and no inbox shows it."""
    state, region = state_of(request), admin.region
    async with state.database.transaction(region.region_id) as db:
        found = await end_notice(db, region.region_id, notice_id, body.reason, doer_of(admin))
    return notice_answer(region, found)


async def _find(state: State, region: Region, notice_id: UUID) -> Notice:
    async with state.database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        found = await find_notice(db, region.region_id, notice_id)
    if found is None:
        raise Problem(NOTICE_UNKNOWN)
    return found
