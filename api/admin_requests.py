"""Requests that need a second person: seen, approved or refused, and withdrawn by who asked."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from access.password_resets import LOST_SECOND_FACTOR
from access.requests import (
    Decision,
    RequestState,
    decide,
    find_request,
    list_requests,
    withdraw,
)
from access.requests import Request as Asked
from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Uuid
from api.identity import ROLE_MISSING, AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.request_kinds import KINDS
from api.state import state_of
from campaigns.life import instant_of
from core.errors import Problem
from ledger.regions import Region

REQUESTS: Final = Listing("requests", (UUID,))

router = v1_router("administrators: requests")

KindName = Literal[
    "bank_account.change",
    "benefit.approval",
    "alert.approval",
    "alert_upstream.approval",
    "bulletin.approval",
    "campaign.approval",
    "debit_note.correction",
    "hold.rejection",
    "login.second_factor_reset",
    "merchant.opening",
    "notice.approval",
    "recovery",
    "settlement.approval",
    "statistics_plan.approval",
]
assert set(get_args(KindName)) == set(KINDS)

AnyOffice = Annotated[AdminIdentity, administrator("approver", "finance", "desk", "auditor")]
Deciding = Annotated[AdminIdentity, administrator("approver", "finance", "desk")]


class RequestAnswer(Answer):
    """A request that needs a second person."""

    request_id: UUID
    kind: str = Field(examples=[LOST_SECOND_FACTOR.name])
    object_id: UUID
    """What it is about: a login, a person, a campaign, a plan of statistics, a merchant, …"""
    facts: dict[str, Any] = Field(examples=[{}])
    reason: str = Field(examples=["電話を失くしたとのこと、店頭で本人を確認"])
    made_by: UUID
    """The login that asked; it never decides, nor does one that shares a device with it."""
    made_at: datetime
    expires_at: datetime
    state: RequestState
    decided_by: UUID | None
    """Null also where it was withdrawn because who asked has left."""
    decided_at: datetime | None


class DecisionBody(Body):
    """What the second person decides."""

    decision: Literal["approved", "refused"]


@router.get("/admin/requests", operation_id="listRequests", summary="Requests, newest first")
async def list_all_requests(
    request: Request,
    admin: AnyOffice,
    paging: Paged,
    open_: Annotated[
        bool, Query(alias="open", description="Only those that wait for a decision.")
    ] = False,
    kind: Annotated[KindName | None, Query(description="Only of this kind.")] = None,
) -> Page[RequestAnswer]:
    """Also those that are over."""
    region = admin.region
    start = REQUESTS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_requests(
            db, region.region_id, only_open=open_, after=start[0] if start else None,
            most=paging.limit + 1, kind=kind,
        )  # fmt: skip
    return REQUESTS.page(
        rows, paging, lambda row: (row.request_id,), lambda row: request_answer(region, row)
    )


@router.get("/admin/requests/{request_id}", operation_id="getRequest", summary="One request")
async def get_request(request: Request, admin: AnyOffice, request_id: Uuid) -> RequestAnswer:
    """As it stands."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        return request_answer(region, await find_request(db, region.region_id, request_id))


@router.post(
    "/admin/requests/{request_id}/decisions", operation_id="decideRequest",
    summary="Approve or refuse a request",
)  # fmt: skip
async def decide_request(
    request: Request, admin: Deciding, request_id: Uuid, body: DecisionBody
) -> RequestAnswer:
    """What was asked for is done at once. `second-person-needed` for who asked, and to approve for
    whose login it is about, each also under another name at a device of theirs.
    """
    state, region = state_of(request), admin.region
    decision: Decision = body.decision
    async with state.database.transaction(region.region_id) as db:
        asked = await find_request(db, region.region_id, request_id)
        decided = KINDS[asked.kind]
        if admin.role not in decided.roles:
            raise Problem(ROLE_MISSING, roles=tuple(sorted(decided.roles)))
        done = await decide(
            db, region.region_id, request_id, decided.kind, decision, doer_of(admin)
        )
        carry_out = decided.carry_out if decision == "approved" else decided.put_back
        await carry_out(state, db, region, done, doer_of(admin))
    return request_answer(region, done)


@router.post(
    "/admin/requests/{request_id}/withdrawals", operation_id="withdrawRequest",
    summary="Withdraw a request",
)  # fmt: skip
async def withdraw_request(request: Request, admin: Deciding, request_id: Uuid) -> RequestAnswer:
    """By who asked, while nobody has decided."""
    region = admin.region
    state = state_of(request)
    async with state.database.transaction(region.region_id) as db:
        asked = await find_request(db, region.region_id, request_id)
        kind = KINDS[asked.kind].kind
        done = await withdraw(db, region.region_id, request_id, kind, doer_of(admin))
        await KINDS[asked.kind].put_back(state, db, region, done, doer_of(admin))
    return request_answer(region, done)


def request_answer(region: Region, asked: Asked) -> RequestAnswer:
    """A request as administrators are shown it."""
    return RequestAnswer(
        request_id=asked.request_id,
        kind=asked.kind,
        object_id=asked.object_id,
        facts=_told(region, asked.facts),
        reason=asked.reason,
        made_by=asked.made_by,
        made_at=in_zone(asked.made_at, region),
        expires_at=in_zone(asked.expires_at, region),
        state=asked.state,
        decided_by=asked.decided_by,
        decided_at=in_zone_if(asked.decided_at, region),
    )


def _told(region: Region, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a request, with the instant of a version on the clocks of the region."""
    if "applies_from" not in facts:
        return facts
    return {**facts, "applies_from": in_zone(instant_of(facts["applies_from"]), region).isoformat()}
