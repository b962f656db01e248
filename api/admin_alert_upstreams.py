"""Upstreams of alerts at the city's desk: registered by two, revoked by one, and what they sent."""

import base64
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from api.admin_alerts import CAP_EXAMPLE
from api.admin_requests import RequestAnswer, request_answer
from api.answers import Answer, in_zone, in_zone_if
from api.attachments import attachment, shown
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from ledger.regions import Region
from notifications.arrivals import Arrival, find_content, list_arrivals
from notifications.receive_alert import Outcome
from notifications.upstream import Upstream
from notifications.upstreams import (
    Registered,
    UpstreamState,
    ask_for_upstream,
    find_upstream,
    list_upstreams,
    revoke_upstream,
)

UPSTREAMS: Final = Listing("alert-upstreams", (UUID,))
ARRIVALS: Final = Listing("cap-arrivals", (UUID,))
Registrar = Annotated[AdminIdentity, administrator("desk", "approver")]
Reader = Annotated[AdminIdentity, administrator("desk", "approver", "auditor")]

router: Final = v1_router("administrators: notices")


class AlertUpstreamBody(Body):
    """Who is to let alerts out without a second person here, and why."""

    upstream: Upstream
    reason: Reason = Field(examples=["都との協定（2026年10月1日）"])


class AlertUpstreamRevocationBody(Body):
    """Why nothing of it is taken any more."""

    reason: Reason = Field(examples=["鍵が漏れたとの連絡"])


class AlertUpstreamAnswer(Answer):
    """An upstream as it stands."""

    upstream_id: UUID
    upstream: Upstream
    state: UpstreamState
    """`asked` until another person approves it, `stands`, or `revoked`."""
    key_sha256: str = Field(
        examples=["630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"]
    )
    """Of the public key, for both sides to compare on the telephone."""
    drafted_by: str = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"])
    drafted_at: datetime
    approved_by: str | None = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f905678"])
    approved_at: datetime | None
    revoked_by: str | None = Field(examples=[None])
    revoked_at: datetime | None = Field(examples=[None])


class CapArrivalAnswer(Answer):
    """A message of an upstream, and what became of it."""

    arrival_id: UUID
    at: datetime
    outcome: Outcome
    refusal: str | None = Field(examples=[None])
    """The slug of the refusal."""
    identifier: str | None = Field(examples=["tokyo-20261120-0017"])
    """As CAP names it; null of what was refused."""
    alert_id: UUID | None
    """Null of what was refused, and of a test."""
    sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    """Of the content."""


@router.put(
    "/admin/alert-upstreams/{upstream_id}",
    operation_id="askForAlertUpstream",
    summary="Register an upstream, and ask another person to approve it",
    status_code=201,
)
async def put_upstream(
    request: Request,
    admin: Registrar,
    upstream_id: Annotated[UUID, new_id("upstream_id")],
    body: AlertUpstreamBody,
) -> RequestAnswer:
    """An approver, who is another person at another device, decides on the request, which has the
    upstream's id and the SHA-256 of the key: to be compared with what the upstream itself says.

    From then on its alerts reach everybody at once. It never changes: another key, place or event
    is another registration.
    """
    state, region = state_of(request), admin.region
    async with state.database.transaction(region.region_id) as db:
        asked = await ask_for_upstream(
            db, region, upstream_id, body.upstream, body.reason, state.clock.now(), doer_of(admin)
        )
    return request_answer(region, asked)


@router.get(
    "/admin/alert-upstreams/{upstream_id}", operation_id="getAlertUpstream", summary="One upstream"
)
async def get_upstream(request: Request, admin: Reader, upstream_id: Uuid) -> AlertUpstreamAnswer:
    """As it stands."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await find_upstream(db, region.region_id, upstream_id)
    return _answer(region, found)


@router.get(
    "/admin/alert-upstreams",
    operation_id="listAlertUpstreams",
    summary="Upstreams of alerts, newest first",
)
async def list_all_upstreams(
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[UpstreamState | None, Query(description="Only in this state.")] = None,
) -> Page[AlertUpstreamAnswer]:
    """Those that wait for a second person, and those that were revoked, too."""
    region, start = admin.region, UPSTREAMS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await list_upstreams(
            db, region.region_id,
            before=start[0] if start else None, limit=paging.limit + 1, state=state,
        )  # fmt: skip
    return UPSTREAMS.page(
        found, paging, lambda each: (each.upstream_id,), lambda each: _answer(region, each)
    )


@router.post(
    "/admin/alert-upstreams/{upstream_id}/revocations",
    operation_id="revokeAlertUpstream",
    summary="Take nothing of an upstream any more",
)
async def post_revocation(
    request: Request, admin: Registrar, upstream_id: Uuid, body: AlertUpstreamRevocationBody
) -> AlertUpstreamAnswer:
    """At once and for good, by one person. Twice is once. What it let out before stands: a cancel
    of two people ends that.
    """
    state, region = state_of(request), admin.region
    async with state.database.transaction(region.region_id) as db:
        found = await revoke_upstream(
            db, region.region_id, upstream_id, body.reason, doer_of(admin), state.clock.now()
        )
    return _answer(region, found)


@router.get(
    "/admin/alert-upstreams/{upstream_id}/arrivals",
    operation_id="listCapArrivals",
    summary="What an upstream sent, newest first",
)
async def list_all_arrivals(
    request: Request,
    admin: Reader,
    upstream_id: Uuid,
    paging: Paged,
    outcome: Annotated[Outcome | None, Query(description="Only with this outcome.")] = None,
) -> Page[CapArrivalAnswer]:
    """What was signed and refused, too: somebody has to type it, or to ask the upstream."""
    region, start = admin.region, ARRIVALS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        await find_upstream(db, region.region_id, upstream_id)
        found = await list_arrivals(
            db, region.region_id, upstream_id,
            before=start[0] if start else None, limit=paging.limit + 1, outcome=outcome,
        )  # fmt: skip
    return ARRIVALS.page(
        found, paging, lambda each: (each.arrival_id,), lambda each: _arrival(region, each)
    )


@router.get(
    "/admin/alert-upstreams/{upstream_id}/arrivals/{arrival_id}",
    operation_id="getCapArrival",
    summary="What came, byte for byte",
    response_class=Response,
    responses=shown("application/cap+xml", CAP_EXAMPLE, "The file."),
)
async def get_arrival(
    request: Request, admin: Reader, upstream_id: Uuid, arrival_id: Uuid
) -> Response:
    """A file to save, since it is somebody else's; `Content-Digest` has its SHA-256 (RFC 9530)."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        content, digest = await find_content(db, region.region_id, upstream_id, arrival_id)
    answer = attachment(content, "application/cap+xml", f"{arrival_id}.xml")
    answer.headers["content-digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
    return answer


def _answer(region: Region, found: Registered) -> AlertUpstreamAnswer:
    return AlertUpstreamAnswer(
        upstream_id=found.upstream_id,
        upstream=found.upstream,
        state=found.state,
        key_sha256=found.upstream.key_digest,
        drafted_by=found.drafted_by,
        drafted_at=in_zone(found.drafted_at, region),
        approved_by=found.approved_by,
        approved_at=in_zone_if(found.approved_at, region),
        revoked_by=found.revoked_by,
        revoked_at=in_zone_if(found.revoked_at, region),
    )


def _arrival(region: Region, found: Arrival) -> CapArrivalAnswer:
    return CapArrivalAnswer(
        arrival_id=found.arrival_id,
        at=in_zone(found.at, region),
        outcome=found.outcome,
        refusal=found.refusal,
        identifier=found.identifier,
        alert_id=found.alert_id,
        sha256=found.digest.hex(),
    )
