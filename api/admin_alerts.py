"""Alerts at the city's desk: typed once, let out by another, updated, cancelled, exercised."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from api.admin_requests import RequestAnswer, request_answer
from api.answers import Answer, in_zone, in_zone_if
from api.attachments import shown
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from core.instants import Instant
from insights.plan import Area
from ledger.regions import Region
from notifications.alert import Alert, MessageType, Status
from notifications.alerts import areas_of, ask_for_alert, earlier_ones
from notifications.cap import cap_of
from notifications.radio import radio_text
from notifications.read_alerts import (
    ALERT_UNKNOWN,
    AlertFilters,
    AlertState,
    Kept,
    find_alert,
    list_alerts,
)

ALERTS: Final = Listing("alerts", (UUID,))
Typist = Annotated[AdminIdentity, administrator("campaigns", "approver", "desk")]
Reader = Annotated[AdminIdentity, administrator("city", "campaigns", "approver", "desk", "auditor")]
RADIO: Final = "世田谷区から、お知らせします。\n大雨警報。繰り返します。大雨警報。\n"
CAP_EXAMPLE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">…</alert>\n'
)

router: Final = v1_router("administrators: notices")


class AlertBody(Body):
    """What everybody is to be told, and why."""

    alert: Alert
    reason: Reason = Field(examples=["気象庁の大雨警報"])


class AlertAnswer(Answer):
    """An alert as it stands."""

    alert_id: UUID
    alert: Alert
    state: AlertState
    drafted_by: str = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"])
    drafted_at: datetime
    approved_by: str | None = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f905678"])
    approved_at: datetime | None
    reaches_residents: bool
    """Never of an exercise."""
    later: UUID | None = Field(examples=[None])
    """The alert that updated or cancelled it."""
    upstream_id: UUID | None = Field(examples=[None])
    """The upstream that it came from; null: it was typed here."""


@router.put(
    "/admin/alerts/{alert_id}",
    operation_id="askForAlert",
    summary="Type an alert, update, cancel or exercise, and ask another person to let it out",
    status_code=201,
)
async def put_alert(
    request: Request,
    admin: Typist,
    alert_id: Annotated[UUID, new_id("alert_id")],
    body: AlertBody,
) -> RequestAnswer:
    """An approver, who is another person at another device, decides on the request, which has the
    alert's id. With that decision it is in every inbox, and soon after on every other way.

    An exercise goes the same way and reaches nobody; staff read what would have gone out.
    """
    state, region = state_of(request), admin.region
    async with state.database.transaction(region.region_id) as db:
        asked = await ask_for_alert(
            db, region, alert_id, body.alert, body.reason, state.clock.now(), doer_of(admin)
        )
    return request_answer(region, asked)


@router.get("/admin/alerts/{alert_id}", operation_id="getAlert", summary="One alert")
async def get_alert(request: Request, admin: Reader, alert_id: Uuid) -> AlertAnswer:
    """A draft or an exercise too."""
    return _answer(admin.region, await _found(request, admin, alert_id))


@router.get("/admin/alerts", operation_id="listAlerts", summary="Alerts, newest first")
async def list_all_alerts(  # noqa: PLR0913, PLR0917  one for each way to search
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[AlertState | None, Query(description="Only in this state.")] = None,
    status: Annotated[
        Status | None, Query(description="Only those that are meant, or only exercises.")
    ] = None,
    message_type: Annotated[
        MessageType | None, Query(description="Only alerts, only updates or only cancels.")
    ] = None,
    upstream_id: Annotated[
        Uuid | None, Query(description="Only those that came from this upstream.")
    ] = None,
    since: Annotated[
        Instant | None, Query(description="Typed or received at this instant or later.")
    ] = None,
    until: Annotated[
        Instant | None, Query(description="Typed or received before this instant.")
    ] = None,
) -> Page[AlertAnswer]:
    """Drafts, exercises, and those whose time is over, too."""
    here, region, start = state_of(request), admin.region, ALERTS.start(paging)
    wanted = AlertFilters(state, status, message_type, upstream_id, since, until)
    async with here.database.snapshot(region.region_id, as_role=admin.database_role) as db:
        found = await list_alerts(
            db, region.region_id, here.clock.now(), wanted, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return ALERTS.page(
        found, paging, lambda each: (each.alert_id,), lambda each: _answer(region, each)
    )


@router.get(
    "/admin/alerts/{alert_id}/radio",
    operation_id="getRadioText",
    summary="An alert as the radio announcer reads it",
    response_class=Response,
    responses=shown("text/plain", RADIO),
)
async def get_radio(request: Request, admin: Reader, alert_id: Uuid) -> Response:
    """Japanese, with the readings of numbers and of the words that the alert gives them for.

    A draft says that it must not be read yet, an exercise says that it is one.
    """
    found = await _found(request, admin, alert_id)
    areas = await _areas(request, admin, found)
    text = radio_text(
        admin.region, found.alert, found.approved_at, [each.names.ja for each in areas]
    )
    return Response(text, media_type="text/plain; charset=utf-8")


@router.get(
    "/admin/alerts/{alert_id}/cap",
    operation_id="getCapOfAlert",
    summary="An alert as CAP 1.2: what went out, or would go out",
    response_class=Response,
    responses=shown("application/cap+xml", CAP_EXAMPLE),
)
async def get_cap(request: Request, admin: Reader, alert_id: Uuid) -> Response:
    """Also of an exercise, and of a draft as if it went out now."""
    found = await _found(request, admin, alert_id)
    text = found.cap or await _draft_cap(request, admin, found)
    return Response(text, media_type="application/cap+xml")


async def _draft_cap(request: Request, admin: AdminIdentity, kept: Kept) -> str:
    areas = await _areas(request, admin, kept)
    state, region = state_of(request), admin.region
    now = state.clock.now()
    async with state.database.snapshot(region.region_id, as_role=admin.database_role) as db:
        earlier = await earlier_ones(db, region.region_id, kept.alert, now)
    return cap_of(region, kept.alert_id, kept.alert, now, areas, earlier)


async def _found(request: Request, admin: AdminIdentity, alert_id: UUID) -> Kept:
    state, region_id = state_of(request), admin.region.region_id
    async with state.database.snapshot(region_id, as_role=admin.database_role) as db:
        found = await find_alert(db, region_id, alert_id, state.clock.now())
    if found is None:
        raise Problem(ALERT_UNKNOWN)
    return found


async def _areas(request: Request, admin: AdminIdentity, kept: Kept) -> list[Area]:
    """By the plan of when it went out; of a draft by the one of now."""
    state, region = state_of(request), admin.region
    at = kept.approved_at or state.clock.now()
    async with state.database.snapshot(region.region_id, as_role=admin.database_role) as db:
        return await areas_of(db, region, kept.alert, at)


def _answer(region: Region, kept: Kept) -> AlertAnswer:
    return AlertAnswer(
        alert_id=kept.alert_id,
        alert=kept.alert,
        state=kept.state,
        drafted_by=kept.drafted_by,
        drafted_at=in_zone(kept.drafted_at, region),
        approved_by=kept.approved_by,
        approved_at=in_zone_if(kept.approved_at, region),
        reaches_residents=kept.reaches_residents,
        later=kept.later,
        upstream_id=kept.upstream_id,
    )
