"""What was told to a webhook endpoint: a log to look at, a test button, and sending again."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of
from api.envelope import add_header
from api.fields import Body, Uuid, new_id
from api.offices import Chief
from api.pages import Listing, Page, Paged
from api.state import state_of
from api.webhook_endpoints import whose_of
from core.instants import Instant
from ledger.regions import Region
from merchants.webhook_deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    Filters,
    attempts_of,
    find_delivery,
    list_deliveries,
    ping,
    send_again,
    send_failed_again,
)
from merchants.webhook_endpoints import find_endpoint
from merchants.webhook_types import ToldType

DELIVERIES: Final = Listing("webhook-deliveries", (UUID,))

router = v1_router("webhooks")

_PATH: Final = "/webhook-endpoints/{endpoint_id}"


class EmptyBody(Body):
    """Nothing has to be said."""


class SinceBody(Body):
    """From when on."""

    failed_since: Instant = Field(examples=["2026-11-22T00:00:00+09:00"])


class SentAgain(Answer):
    """How many are sent again."""

    deliveries: int = Field(examples=[12])
    """1,000 at most: ask again after that."""


class WebhookAttempt(Answer):
    """One time that it was sent. Nothing of the answer is kept but its status."""

    attempt: int = Field(examples=[1])
    at: datetime
    duration_ms: int = Field(examples=[85])
    status: int | None = Field(examples=[200])
    outcome: str = Field(examples=["ok"])
    """`ok`, `status`, `timeout`, `unreachable`, `tls`, `broken-off`, `address-private`,
    `address-unresolved` or `no-secret`."""


class WebhookDelivery(Answer):
    """One event for one endpoint; its id is the `webhook-id`."""

    delivery_id: UUID
    event_type: ToldType
    entry_id: UUID | None
    """The payment, refund, void or payout that it tells of; null for a ping."""
    seq: int | None = Field(examples=[4711])
    store_id: UUID | None
    state: DeliveryState
    attempts: int = Field(examples=[1])
    next_attempt_at: datetime | None
    """Null when it is over."""
    made_at: datetime
    ended_at: datetime | None


class WebhookDeliveryDetail(WebhookDelivery):
    """The same with what is sent, and each time that it was."""

    body: str = Field(examples=['{"type":"payment.made","timestamp":"…","data":{}}'])
    tried: list[WebhookAttempt]
    """The last 100 attempts, oldest first."""


async def _filters(
    state: Annotated[DeliveryState | None, Query(description="Only in this state.")] = None,
    event_type: Annotated[ToldType | None, Query(description="Only of this type.")] = None,
    store_id: Uuid | None = None,
    since: Annotated[Instant | None, Query(description="Written down then or later.")] = None,
    until: Annotated[Instant | None, Query(description="Written down before.")] = None,
) -> Filters:
    return Filters(state, event_type, store_id, since, until)


@router.get(
    _PATH + "/deliveries", operation_id="listWebhookDeliveries",
    summary="What was told to an endpoint, newest first",
)  # fmt: skip
async def list_all(
    request: Request,
    staff: Chief,
    endpoint_id: Uuid,
    paging: Paged,
    wanted: Annotated[Filters, Depends(_filters)],
) -> Page[WebhookDelivery]:
    """Of the last 30 days."""
    region, start = staff.region, DELIVERIES.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        await find_endpoint(db, region.region_id, whose_of(staff), endpoint_id)
        rows = await list_deliveries(
            db, region.region_id, endpoint_id, wanted, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return DELIVERIES.page(
        rows, paging, lambda row: (row.delivery_id,), lambda row: _answer(region, row)
    )


@router.get(
    _PATH + "/deliveries/{delivery_id}", operation_id="getWebhookDelivery",
    summary="One delivery, with its attempts",
)  # fmt: skip
async def get(
    request: Request, staff: Chief, endpoint_id: Uuid, delivery_id: Uuid
) -> WebhookDeliveryDetail:
    """As it stands."""
    region = staff.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        await find_endpoint(db, region.region_id, whose_of(staff), endpoint_id)
        found = await find_delivery(db, region.region_id, endpoint_id, delivery_id)
        tried = await attempts_of(db, region.region_id, delivery_id)
    return WebhookDeliveryDetail(
        **_answer(region, found).model_dump(),
        body=found.body,
        tried=[_attempt(region, each) for each in tried],
    )


@router.put(
    _PATH + "/pings/{delivery_id}", operation_id="pingWebhookEndpoint",
    summary="Send a ping, to see whether an endpoint works", status_code=201,
)  # fmt: skip
async def put_ping(
    request: Request,
    staff: Chief,
    endpoint_id: Uuid,
    delivery_id: Annotated[UUID, new_id("delivery_id")],
    body: EmptyBody,  # noqa: ARG001  an unknown member is refused
) -> WebhookDelivery:
    """An event `ping`, signed and sent within seconds as any other; its delivery says how it went.
    The same id again sends nothing.
    """
    state, region = state_of(request), staff.region
    at = in_zone(state.clock.now(), region).isoformat(timespec="milliseconds")
    async with state.database.transaction(region.region_id) as db:
        made, is_new = await ping(
            db, region.region_id, whose_of(staff), endpoint_id, delivery_id, at, doer_of(staff)
        )
    if not is_new:
        add_header(request, "Idempotent-Replay", "true")
    return _answer(region, made)


@router.post(
    _PATH + "/deliveries/{delivery_id}/redeliveries", operation_id="redeliverWebhook",
    summary="Send one delivery again",
)  # fmt: skip
async def post_redelivery(
    request: Request,
    staff: Chief,
    endpoint_id: Uuid,
    delivery_id: Uuid,
    body: EmptyBody,  # noqa: ARG001  an unknown member is refused
) -> WebhookDelivery:
    """Whatever became of it: at once, under the same `webhook-id`, and for three days more."""
    region = staff.region
    async with state_of(request).database.transaction(region.region_id) as db:
        found = await send_again(
            db, region.region_id, whose_of(staff), endpoint_id, delivery_id, doer_of(staff)
        )
    return _answer(region, found)


@router.post(
    _PATH + "/redeliveries", operation_id="redeliverFailedWebhooks",
    summary="Send again what failed since an instant",
)  # fmt: skip
async def post_redeliveries(
    request: Request, staff: Chief, endpoint_id: Uuid, body: SinceBody
) -> SentAgain:
    """Oldest first, under the same ids. Of the last 30 days."""
    region_id = staff.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        many = await send_failed_again(
            db, region_id, whose_of(staff), endpoint_id, body.failed_since, doer_of(staff)
        )
    return SentAgain(deliveries=many)


def _answer(region: Region, found: Delivery) -> WebhookDelivery:
    return WebhookDelivery(
        delivery_id=found.delivery_id,
        event_type=found.event_type,
        entry_id=found.entry_id,
        seq=found.seq,
        store_id=found.store_id,
        state=found.state,
        attempts=found.attempts,
        next_attempt_at=in_zone(found.not_before, region) if found.state == "waiting" else None,
        made_at=in_zone(found.made_at, region),
        ended_at=in_zone_if(found.ended_at, region),
    )


def _attempt(region: Region, said: Attempt) -> WebhookAttempt:
    return WebhookAttempt(
        attempt=said.attempt,
        at=in_zone(said.at, region),
        duration_ms=said.duration_ms,
        status=said.status,
        outcome=said.outcome,
    )
