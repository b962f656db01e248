"""Templates of notices: made once in three languages, never changed, retired."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

from api.admin_bulletins import Reader
from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Name, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from notifications.kinds import NoticeKind
from notifications.templates import (
    TEMPLATE_UNKNOWN,
    Template,
    find_template,
    list_templates,
    make_template,
    retire_template,
)
from notifications.texts import Texts

TEMPLATES: Final = Listing("notice-templates", (UUID,))
Drafter = Annotated[AdminIdentity, administrator("campaigns")]

router: Final = v1_router("administrators: notices")

_EXAMPLE: Final = {
    "ja": {
        "title": "{area}のみなさまへ",
        "body": "{week}に約{payers}人が{area}で買い物をし、一番多かったのは{top_category}です。",
    },
    "ja_plain": {
        "title": "{area}の みなさんへ",
        "body": "{week}に だいたい {payers}人が {area}で 買い物を しました。",
    },
    "en": {
        "title": "To everybody in {area}",
        "body": "About {payers} people paid in {area} from {week}, most at {top_category}.",
    },
}


class TemplateBody(Body):
    """A template. Variables stand in braces: area, category, payers, spend_yen, top_category,
    week."""

    name: Name = Field(examples=["地域の一週間"])
    kind: NoticeKind
    texts: Texts = Field(examples=[_EXAMPLE])


class TemplateAnswer(Answer):
    """A template as it stands."""

    template_id: UUID
    name: str = Field(examples=["地域の一週間"])
    kind: NoticeKind
    texts: Texts = Field(examples=[_EXAMPLE])
    made_by: str = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"])
    made_at: datetime
    retired_at: datetime | None = Field(examples=[None])


class RetirementBody(Body):
    """Nothing: who does it is known."""


@router.put(
    "/admin/notice-templates/{template_id}",
    operation_id="makeNoticeTemplate",
    summary="Make a template of notices",
    status_code=201,
)
async def put_template(
    request: Request,
    admin: Drafter,
    template_id: Annotated[UUID, new_id("template_id")],
    body: TemplateBody,
) -> TemplateAnswer:
    """All three languages are needed, and every variable in them must be one that there is.

    It is never changed: for other words make another one, and retire this.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        made = await make_template(
            db, region.region_id, template_id, body.name, body.kind, body.texts, doer_of(admin)
        )
    return _answer(region, made)


@router.get(
    "/admin/notice-templates/{template_id}",
    operation_id="getNoticeTemplate",
    summary="One template of notices",
)
async def get_template(request: Request, admin: Reader, template_id: Uuid) -> TemplateAnswer:
    """A retired one too."""
    region, database = admin.region, state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        found = await find_template(db, region.region_id, template_id)
    if found is None:
        raise Problem(TEMPLATE_UNKNOWN)
    return _answer(region, found)


@router.get(
    "/admin/notice-templates",
    operation_id="listNoticeTemplates",
    summary="Templates of notices, newest first",
)
async def list_all_templates(
    request: Request,
    admin: Reader,
    paging: Paged,
    *,
    kind: Annotated[NoticeKind | None, Query(description="Only of this kind.")] = None,
    used: Annotated[bool, Query(description="Only those that are not retired.")] = False,
) -> Page[TemplateAnswer]:
    """Retired ones too, unless only those are asked for that may be used."""
    region, start, database = admin.region, TEMPLATES.start(paging), state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        found = await list_templates(
            db, region.region_id, before=start[0] if start else None, limit=paging.limit + 1,
            kind=kind, is_used=used,
        )  # fmt: skip
    return TEMPLATES.page(
        found, paging, lambda each: (each.template_id,), lambda each: _answer(region, each)
    )


@router.post(
    "/admin/notice-templates/{template_id}/retirement",
    operation_id="retireNoticeTemplate",
    summary="Use a template no more",
)
async def post_retirement(
    request: Request,
    admin: Drafter,
    template_id: Uuid,
    body: RetirementBody,  # noqa: ARG001  an unknown member is refused
) -> TemplateAnswer:
    """Notices that were drafted from it stay as they are. Twice is once."""
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        found = await retire_template(db, region.region_id, template_id, doer_of(admin))
    return _answer(region, found)


def _answer(region: Region, template: Template) -> TemplateAnswer:
    retired_at = template.retired_at
    return TemplateAnswer(
        template_id=template.template_id,
        name=template.name,
        kind=template.kind,
        texts=template.texts,
        made_by=template.made_by,
        made_at=in_zone(template.made_at, region),
        retired_at=in_zone_if(retired_at, region),
    )
