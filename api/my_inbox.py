"""My inbox: what I was told, what I have read, and why it came."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.fields import Body, Uuid
from api.me_devices import MeReader, MeWriter
from api.moments import after_instant, microseconds
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem, problem
from insights.plans import plan_for
from ledger.regions import Region
from notifications.kinds import Kind, Language
from notifications.own_words import own_words
from notifications.preferences import preferences_of
from notifications.read_inbox import (
    Item,
    ItemState,
    count_unread,
    find_item,
    list_items,
    mark_read,
)
from notifications.segment import SEGMENT, Segment
from notifications.why_words import why_sentence
from residents.consent import standing_consents

ITEM_UNKNOWN: Final = problem("item-unknown", 404, "There is no such item in your inbox.")
INBOX: Final = Listing("my-inbox", (int, UUID))
WHY: Final = (
    "お知らせを受け取ると答えた方のうち、住まいを北沢とした方に送ったお知らせです。"
    "あなたも当てはまるため、届きました。"
)

router = v1_router("residents: inbox")

InLanguage = Annotated[
    Language | None, Query(description="In this language; else in the one that I chose.")
]


class InboxItem(Answer):
    """Something that I was told."""

    item_id: UUID
    kind: Kind
    at: datetime
    title: str = Field(examples=["夏祭り"])
    body: str = Field(examples=["土曜日に広場で夏祭りがあります。"])
    language: Language
    state: ItemState
    """`cancelled`: it says that the earlier item, in whose place it stands, holds no more."""
    replaces: UUID | None = Field(examples=[None])
    """An earlier item, in whose place it stands."""
    entry_id: UUID | None = Field(examples=["0192f0c1-2d3e-7f4a-8b5c-6d7e8f907777"])
    """The entry of my wallet's history that it tells of: a payment, a refund, a top-up, points."""
    look_id: UUID | None = Field(examples=[None])
    """The look that it tells of, of those at `/v1/me/looks`."""
    read_at: datetime | None
    expires_at: datetime


class UnreadAnswer(Answer):
    """How many items I have not read."""

    unread: int = Field(examples=[3])


class ReadBody(Body):
    """Nothing: what is read is in the address."""


class ConsentHeld(Answer):
    """What I agreed to, so that it came."""

    purpose: str = Field(examples=["news_of_city"])
    since: datetime | None
    """Null: I agree to it no more."""


class WhyAnswer(Answer):
    """Why I got it."""

    item_id: UUID
    sentence: str = Field(examples=[WHY])
    purpose: str | None = Field(examples=["夏祭りのお知らせ"])
    """What the city says that it is for; null for what is my own, and for an emergency."""
    segment: Segment | None
    """Whom it was for."""
    consents: list[ConsentHeld]
    log: str | None = Field(examples=["/v1/regions/setagaya/notices"])
    """Where everybody can read which notices were sent."""
    page: str | None = Field(examples=["/notices/setagaya"])
    """The same, for people."""


@router.get("/me/inbox", operation_id="listInbox", summary="What I was told, newest first")
async def list_inbox(
    request: Request,
    me: MeReader,
    paging: Paged,
    *,
    kind: Annotated[Kind | None, Query(description="Only of this kind.")] = None,
    unread: Annotated[bool, Query(description="Only what I have not read.")] = False,
    language: InLanguage = None,
) -> Page[InboxItem]:
    """Notices, warnings, and what happened to my own money and data.

    An update stands in the place of what it replaces; what was stopped is not there any more.
    """
    region, start = me.region, INBOX.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        chosen = language or (await preferences_of(db, region.region_id, me.person_id)).language
        found = await list_items(
            db, region.region_id, me.person_id, before=after_instant(start), limit=paging.limit + 1,
            kind=kind, is_unread=unread,
        )  # fmt: skip
    return INBOX.page(
        found, paging, lambda item: (microseconds(item.at), item.item_id),
        lambda item: _answer(region, item, chosen),
    )  # fmt: skip


@router.get("/me/inbox/unread", operation_id="countUnread", summary="How much I have not read")
async def get_unread(request: Request, me: MeReader) -> UnreadAnswer:
    """For the number on an app's icon."""
    region_id = me.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        return UnreadAnswer(unread=await count_unread(db, region_id, me.person_id))


@router.get("/me/inbox/{item_id}", operation_id="getInboxItem", summary="One item of my inbox")
async def get_item(
    request: Request, me: MeReader, item_id: Uuid, language: InLanguage = None
) -> InboxItem:
    """To look at it does not make it read. Of one that was updated or cancelled: what stands in its
    place.
    """
    region = me.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        chosen = language or (await preferences_of(db, region.region_id, me.person_id)).language
        found = await find_item(db, region.region_id, me.person_id, item_id)
    if found is None:
        raise Problem(ITEM_UNKNOWN)
    return _answer(region, found, chosen)


@router.get(
    "/me/inbox/{item_id}/why", operation_id="explainInboxItem", summary="Why I was told this"
)
async def get_why(
    request: Request, me: MeReader, item_id: Uuid, language: InLanguage = None
) -> WhyAnswer:
    """The purpose, whom it was for, and what I agreed to and since when."""
    region = me.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        chosen = language or (await preferences_of(db, region.region_id, me.person_id)).language
        found = await find_item(db, region.region_id, me.person_id, item_id)
        if found is None:
            raise Problem(ITEM_UNKNOWN)
        standing = await standing_consents(db, region.region_id, me.person_id)
        plan = await plan_for(db, region.region_id, region.day_of(found.at))
    why: dict[str, Any] = found.why or {}
    is_notice = "segment" in why
    said = {name: change for name, change in standing.items() if change.is_given}
    return WhyAnswer(
        item_id=found.item_id,
        sentence=why_sentence(found, None if plan is None else plan.lists, chosen),
        purpose=why["purpose"] if is_notice else None,
        segment=SEGMENT.validate_python(why["segment"]) if is_notice else None,
        consents=[
            ConsentHeld(
                purpose=name,
                since=in_zone(said[name].at, region) if name in said else None,
            )
            for name in found.consents
        ],
        log=f"/v1/regions/{region.code}/notices" if is_notice else None,
        page=f"/notices/{region.code}" if is_notice else None,
    )


@router.post("/me/inbox/{item_id}/read", operation_id="markItemRead", summary="I have read this")
async def post_read(
    request: Request,
    me: MeWriter,
    item_id: Uuid,
    body: ReadBody,  # noqa: ARG001  an unknown member is refused
) -> UnreadAnswer:
    """Once read, it stays so. Twice is once."""
    return await _read(request, me.region, me.person_id, item_id)


@router.post("/me/inbox/read", operation_id="markAllRead", summary="I have read everything")
async def post_all_read(
    request: Request,
    me: MeWriter,
    body: ReadBody,  # noqa: ARG001  an unknown member is refused
) -> UnreadAnswer:
    """All that is there at this moment."""
    return await _read(request, me.region, me.person_id, None)


async def _read(
    request: Request, region: Region, person_id: UUID, item_id: UUID | None
) -> UnreadAnswer:
    region_id = region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        if item_id is not None:
            found = await find_item(db, region_id, person_id, item_id)
            if found is None:
                raise Problem(ITEM_UNKNOWN)
            item_id = found.item_id
        await mark_read(db, region_id, person_id, item_id)
        return UnreadAnswer(unread=await count_unread(db, region_id, person_id))


def _answer(region: Region, item: Item, language: Language) -> InboxItem:
    about = item.about or {}
    if item.texts is not None:
        title, body = item.texts[language]["title"], item.texts[language]["body"]
    else:
        title, body = own_words(region, item.kind, about, language)
    return InboxItem(
        item_id=item.item_id,
        kind=item.kind,
        at=in_zone(item.at, region),
        title=title,
        body=body,
        language=language,
        state=item.state,
        replaces=item.replaces,
        entry_id=about.get("entry_id"),
        look_id=about.get("look_id"),
        read_at=in_zone_if(item.read_at, region),
        expires_at=in_zone(item.expires_at, region),
    )
