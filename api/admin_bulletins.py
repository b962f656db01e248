"""Bulletins at the city's desk: drafted, approved by another person, withdrawn."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

from api.admin_requests import RequestAnswer, request_answer
from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from notifications.bulletin import Bulletin
from notifications.bulletins import (
    BULLETIN_UNKNOWN,
    BulletinState,
    Kept,
    ask_for_bulletin,
    find_bulletin,
    list_bulletins,
    withdraw_bulletin,
)

BULLETINS: Final = Listing("bulletins", (UUID,))
Drafter = Annotated[AdminIdentity, administrator("campaigns")]
Chief = Annotated[AdminIdentity, administrator("campaigns", "approver")]
Reader = Annotated[AdminIdentity, administrator("city", "campaigns", "approver", "auditor")]

router: Final = v1_router("administrators: notices")


class BulletinBody(Body):
    """What is to be published, and why."""

    bulletin: Bulletin
    reason: Reason = Field(examples=["保健所からの連絡"])


class BulletinWithdrawalBody(Body):
    """Why it holds no more."""

    reason: Reason = Field(examples=["場所が違った"])


class BulletinAnswer(Answer):
    """A bulletin as it stands."""

    bulletin_id: UUID
    bulletin: Bulletin
    state: BulletinState
    drafted_by: str = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"])
    drafted_at: datetime
    approved_by: str | None = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f905678"])
    approved_at: datetime | None
    published_at: datetime | None
    withdrawn_by: str | None = Field(examples=[None])
    withdrawn_at: datetime | None


@router.put(
    "/admin/bulletins/{bulletin_id}",
    operation_id="askForBulletin",
    summary="Draft a bulletin and ask for its approval",
    status_code=201,
)
async def put_bulletin(
    request: Request,
    admin: Drafter,
    bulletin_id: Annotated[UUID, new_id("bulletin_id")],
    body: BulletinBody,
) -> RequestAnswer:
    """An approver, who is another person at another device, decides within a week on the request,
    which has the bulletin's id. Then the worker signs it within seconds, for everybody to read.

    Nobody is looked up: phones compare places and times with the receipts that they have.
    """
    state, region = state_of(request), admin.region
    async with state.database.transaction(region.region_id) as db:
        asked = await ask_for_bulletin(
            db, region, bulletin_id, body.bulletin, body.reason, state.clock.now(), doer_of(admin)
        )
    return request_answer(region, asked)


@router.get("/admin/bulletins/{bulletin_id}", operation_id="getBulletin", summary="One bulletin")
async def get_bulletin(request: Request, admin: Reader, bulletin_id: Uuid) -> BulletinAnswer:
    """A draft too."""
    state, region = state_of(request), admin.region
    async with state.database.snapshot(region.region_id, as_role=admin.database_role) as db:
        found = await find_bulletin(db, region.region_id, bulletin_id, state.clock.now())
    if found is None:
        raise Problem(BULLETIN_UNKNOWN)
    return _answer(region, found)


@router.get("/admin/bulletins", operation_id="listBulletins", summary="Bulletins, newest first")
async def list_all_bulletins(
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[BulletinState | None, Query(description="Only in this state.")] = None,
) -> Page[BulletinAnswer]:
    """Drafts, and those that are over or were withdrawn, too."""
    here, region, start = state_of(request), admin.region, BULLETINS.start(paging)
    async with here.database.snapshot(region.region_id, as_role=admin.database_role) as db:
        found = await list_bulletins(
            db, region.region_id, here.clock.now(),
            before=start[0] if start else None, limit=paging.limit + 1, state=state,
        )  # fmt: skip
    return BULLETINS.page(
        found, paging, lambda each: (each.bulletin_id,), lambda each: _answer(region, each)
    )


@router.post(
    "/admin/bulletins/{bulletin_id}/withdrawal",
    operation_id="withdrawBulletin",
    summary="Publish a bulletin no more",
)
async def post_withdrawal(
    request: Request, admin: Chief, bulletin_id: Uuid, body: BulletinWithdrawalBody
) -> BulletinAnswer:
    """At once, by one person. Twice is once. Phones that ask are told that it holds no more."""
    state, region = state_of(request), admin.region
    async with state.database.transaction(region.region_id) as db:
        found = await withdraw_bulletin(
            db, region.region_id, bulletin_id, body.reason, doer_of(admin), state.clock.now()
        )
    return _answer(region, found)


def _answer(region: Region, kept: Kept) -> BulletinAnswer:
    return BulletinAnswer(
        bulletin_id=kept.bulletin_id,
        bulletin=kept.bulletin,
        state=kept.state,
        drafted_by=kept.drafted_by,
        drafted_at=in_zone(kept.drafted_at, region),
        approved_by=kept.approved_by,
        approved_at=in_zone_if(kept.approved_at, region),
        published_at=in_zone_if(kept.published_at, region),
        withdrawn_by=kept.withdrawn_by,
        withdrawn_at=in_zone_if(kept.withdrawn_at, region),
    )
