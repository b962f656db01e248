"""Holds: finance sees which points wait for a check and why, releases them or asks to reject."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request

from api.admin_requests import RequestAnswer, request_answer
from api.answers import Answer, accepted, in_zone, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.look_up import TELLS_REFUSALS, look_up
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from payments.ask_rejection import ask_for_rejection, find_rejection
from payments.decide_hold import HOLD_UNKNOWN, ReleaseHold
from payments.hold_rules import RuleName
from payments.read_holds import Hold, HoldState, Wanted, list_holds

HOLDS: Final = Listing("holds", (int,))

router = v1_router("administrators: holds")

Finance = Annotated[AdminIdentity, administrator("finance")]
Reader = Annotated[AdminIdentity, administrator("finance", "approver", "auditor")]

_ONE: Final = "/admin/holds/{hold_id}"


class HoldAnswer(Answer):
    """Points of one payment or top-up that a rule has held; who anybody is does not stand here."""

    hold_id: UUID
    payment_id: UUID | None
    """What earned the points; null where it was a top-up."""
    top_up_id: UUID | None = Field(examples=[None])
    """By its id in the wallet's history; null where a payment earned the points."""
    wallet_id: UUID
    store_id: UUID | None
    """Where the payment was made."""
    merchant_id: UUID | None
    rule: RuleName
    """By its name in the region's settings."""
    figures: dict[str, int] = Field(examples=[{"times": 4}])
    """What it counted, by name: `times`, or `sales_yen` and `median_yen`."""
    points: int = Field(examples=[300])
    """As many as were pending when they were held."""
    held_points: int = Field(examples=[300])
    """What waits now: less what refunds took back, nothing once it is decided."""
    state: HoldState = Field(examples=["held"])
    held_at: datetime
    decided_at: datetime | None
    decided_by: str | None = Field(examples=[None])
    """Role and login, as the journal has it."""
    reason: str | None = Field(examples=[None])
    seq: int = Field(examples=[4711])


class HoldReasonBody(Body):
    """Why it is decided so; the reason is kept."""

    reason: Reason = Field(examples=["店に確認、通常の売上"])


class ReleaseAnswer(Answer):
    """A release, as it was made."""

    release_id: UUID
    hold_id: UUID
    points: int = Field(examples=[300])
    """They are credited on their day, or with the next run of the worker after it."""
    reason: str = Field(examples=["店に確認、通常の売上"])
    released_at: datetime
    seq: int = Field(examples=[4712])


@dataclass(frozen=True, slots=True)
class HoldFilters:
    """Which holds are wanted."""

    state: Annotated[HoldState | None, Query(description="Only in this state.")] = None
    rule: Annotated[RuleName | None, Query(description="Only those of this rule.")] = None
    merchant_id: Annotated[Uuid | None, Query(description="Only payments at this merchant.")] = None
    wallet_id: Annotated[Uuid | None, Query(description="Only those of this wallet.")] = None


@router.get("/admin/holds", operation_id="listHolds", summary="Points that wait for a check")
async def list_all_holds(
    request: Request, admin: Reader, paging: Paged, chosen: Annotated[HoldFilters, Depends()]
) -> Page[HoldAnswer]:
    """Newest first, with the rule and its figures; also those that are decided."""
    region = admin.region
    start = HOLDS.start(paging)
    wanted = Wanted(None, chosen.state, chosen.rule, chosen.merchant_id, chosen.wallet_id)
    async with state_of(request).database.snapshot(region.region_id) as session:
        rows = await list_holds(
            session, region.region_id, wanted, start[0] if start else None, paging.limit + 1
        )
    return HOLDS.page(rows, paging, lambda row: (row.seq,), lambda row: _answer(region, row))


@router.get(_ONE, operation_id="getHold", summary="One hold")
async def get_hold(request: Request, admin: Reader, hold_id: Uuid) -> HoldAnswer:
    """As it stands: held, released or rejected."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        found = await list_holds(session, region.region_id, Wanted(hold_id), None, 1)
    if not found:
        raise Problem(HOLD_UNKNOWN)
    return _answer(region, found[0])


@router.put(
    _ONE + "/releases/{release_id}",
    operation_id="releaseHold",
    summary="Release what is held",
    status_code=201,
)
async def release_hold(
    request: Request,
    admin: Finance,
    hold_id: Uuid,
    release_id: Annotated[UUID, new_id("release_id")],
    body: HoldReasonBody,
) -> ReleaseAnswer:
    """All is in order. What was released is never held again."""
    command = ReleaseHold(
        entry_id=release_id, actor=admin.actor, hold_id=hold_id, reason=body.reason
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _release(admin.region, accepted(request, receipt))


@router.get(
    _ONE + "/releases/{release_id}",
    operation_id="getHoldRelease",
    responses=TELLS_REFUSALS,
    summary="One release",
)
async def get_release(
    request: Request, admin: Reader, hold_id: Uuid, release_id: Uuid
) -> ReleaseAnswer:
    """What became of it."""
    entry = await look_up(request, admin.region, release_id, ReleaseHold)
    if entry.refers_to != hold_id:
        raise Problem(HOLD_UNKNOWN)
    return _release(admin.region, entry)


@router.put(
    _ONE + "/rejections/{request_id}",
    operation_id="askForHoldRejection",
    summary="Ask that what is held is rejected",
    status_code=201,
)
async def put_rejection(
    request: Request,
    admin: Finance,
    hold_id: Uuid,
    request_id: Annotated[UUID, new_id("request_id")],
    body: HoldReasonBody,
) -> RequestAnswer:
    """An approver, who is another person at another device, decides on it within 30 days:
    `POST /v1/admin/requests/{request_id}/decisions`. Then the points are the budget's again.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        asked = await ask_for_rejection(
            db, region.region_id, request_id, doer_of(admin), hold_id, body.reason
        )
    return request_answer(region, asked)


@router.get(
    _ONE + "/rejections/{request_id}",
    operation_id="getHoldRejection",
    summary="One request to reject what is held",
)
async def get_rejection(
    request: Request, admin: Reader, hold_id: Uuid, request_id: Uuid
) -> RequestAnswer:
    """As it stands: open, approved, refused, withdrawn or expired."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        return request_answer(
            region, await find_rejection(db, region.region_id, hold_id, request_id)
        )


def _answer(region: Region, hold: Hold) -> HoldAnswer:
    return HoldAnswer.model_validate(
        {
            "hold_id": hold.hold_id,
            "payment_id": hold.earned_by if hold.is_payment else None,
            "top_up_id": None if hold.is_payment else hold.earned_by,
            "wallet_id": hold.wallet_id,
            "store_id": hold.store_id,
            "merchant_id": hold.merchant_id,
            "rule": hold.rule,
            "figures": dict(hold.figures),
            "points": hold.points,
            "held_points": hold.held_points,
            "state": hold.state,
            "held_at": in_zone(hold.held_at, region),
            "decided_at": in_zone_if(hold.decided_at, region),
            "decided_by": hold.decided_by,
            "reason": hold.reason,
            "seq": hold.seq,
        }
    )


def _release(region: Region, entry: Entry) -> ReleaseAnswer:
    assert entry.refers_to is not None, "a release has a hold"
    return ReleaseAnswer(
        release_id=entry.entry_id,
        hold_id=entry.refers_to,
        points=entry.amount,
        reason=entry.facts["reason"],
        released_at=in_zone(entry.at, region),
        seq=entry.seq,
    )
