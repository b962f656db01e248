"""Where a merchant's webhooks go: made, changed, turned on and off by an owner or a manager."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.answers import Answer, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of
from api.envelope import add_header
from api.fields import Body, Name, Uuid, new_id
from api.identity import MerchantIdentity
from api.offices import MOST_STORES, Chief
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from merchants.change_webhook_endpoint import (
    LONGEST_OVERLAP_H,
    change_endpoint,
    rotate_secret,
    turn_endpoint,
)
from merchants.merchant import STORE_UNKNOWN
from merchants.reads import find_store
from merchants.webhook_endpoints import (
    Endpoint,
    EndpointState,
    StateWhy,
    Wanted,
    Whose,
    find_endpoint,
    list_endpoints,
    make_endpoint,
)
from merchants.webhook_types import EventType
from merchants.webhook_url import LONGEST, PATTERN, check_url

ENDPOINTS: Final = Listing("webhook-endpoints", (UUID,))
EXAMPLE_URL: Final = "https://shop.example/meguri"

router = v1_router("webhooks")

_PATH: Final = "/webhook-endpoints/{endpoint_id}"


class WebhookEndpointBody(Body):
    """Where webhooks go, and which."""

    url: Annotated[str, Field(strict=True, max_length=LONGEST, pattern=PATTERN)] = Field(
        examples=[EXAMPLE_URL],
        description="https, at port 443 or 8443 of a host of the public internet.",
    )
    description: Name = Field(examples=["POSシステム"])
    event_types: Annotated[frozenset[EventType], Field(min_length=1)] = Field(
        examples=[["payment.made", "payment.refunded"]]
    )
    stores: Annotated[frozenset[Uuid], Field(min_length=1, max_length=MOST_STORES)] | None = Field(
        default=None,
        description="Absent: every store that the token reaches. Settlements are of the whole"
        " merchant: an endpoint of some stores is not told of them.",
    )


class EndpointStateBody(Body):
    """What shall become of an endpoint."""

    state: Literal["enabled", "disabled", "removed"] = Field(examples=["disabled"])


class RotationBody(Body):
    """How long the secret of before signs beside the new one."""

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=LONGEST_OVERLAP_H)] = Field(
        default=24, examples=[24], description="0: not at all, where it became known to others."
    )


class EndpointStanding(Answer):
    """How it goes with an endpoint of webhooks, as its merchant and the city are told."""

    endpoint_id: UUID
    event_types: list[EventType]
    stores: list[UUID] | None
    """Null: every store of the merchant, and its settlements."""
    state: EndpointState
    """`failing`: it gets one webhook at a time until it takes one."""
    state_why: StateWhy
    """`failed`: it took nothing for long. `gone`: it answered 410."""
    state_changed_at: datetime
    failures: int = Field(examples=[0])
    """Failed attempts since the last one that succeeded."""
    failing_since: datetime | None
    rests_until: datetime | None
    """It asked by Retry-After to be left alone until then."""
    made_by: str = Field(examples=["merchant:0192f0c1-2222-7000-8000-000000000001"])
    made_at: datetime


class WebhookEndpoint(EndpointStanding):
    """Where webhooks go, and how that goes."""

    url: str = Field(examples=[EXAMPLE_URL])
    description: str = Field(examples=["POSシステム"])
    secret_made_at: datetime
    old_secret_until: datetime | None
    """Until then webhooks bear a signature of the secret of before too."""


class WebhookEndpointWithSecret(WebhookEndpoint):
    """The same with its secret."""

    secret: str | None = Field(examples=["whsec_" + "c" * 43 + "="])
    """Shown once: null when the same endpoint is made again. Whoever lost it rotates."""


@router.put(
    _PATH, operation_id="makeWebhookEndpoint", summary="Make a webhook endpoint", status_code=201
)
async def make(
    request: Request,
    staff: Chief,
    endpoint_id: Annotated[UUID, new_id("endpoint_id")],
    body: WebhookEndpointBody,
) -> WebhookEndpointWithSecret:
    """It is told what happens from now on. At most 10 of a merchant."""
    state, region_id = state_of(request), staff.region.region_id
    await check_url(state.addresses, body.url)
    async with state.database.transaction(region_id) as db:
        wanted = await _wanted(db, staff, body)
        made, secret = await make_endpoint(
            db, region_id, endpoint_id, staff.merchant_id, wanted, state.vault, doer_of(staff)
        )
    if secret is None:
        add_header(request, "Idempotent-Replay", "true")
    return WebhookEndpointWithSecret(**_said(staff.region, made), secret=secret)


@router.get(
    "/webhook-endpoints", operation_id="listWebhookEndpoints",
    summary="Webhook endpoints, newest first",
)  # fmt: skip
async def list_all(
    request: Request,
    staff: Chief,
    paging: Paged,
    state: Annotated[
        EndpointState | None, Query(description="Absent: all but those that were removed.")
    ] = None,
) -> Page[WebhookEndpoint]:
    """Those that this token reaches: a manager of some stores has those of these stores."""
    region, start = staff.region, ENDPOINTS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_endpoints(
            db, region.region_id, whose_of(staff), state, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return ENDPOINTS.page(
        rows, paging, lambda row: (row.endpoint_id,), lambda row: _answer(region, row)
    )


@router.get(_PATH, operation_id="getWebhookEndpoint", summary="One webhook endpoint")
async def get(request: Request, staff: Chief, endpoint_id: Uuid) -> WebhookEndpoint:
    """As it stands."""
    region_id = staff.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        found = await find_endpoint(db, region_id, whose_of(staff), endpoint_id)
    return _answer(staff.region, found)


@router.post(
    _PATH + "/changes", operation_id="changeWebhookEndpoint", summary="Change a webhook endpoint"
)
async def change(
    request: Request, staff: Chief, endpoint_id: Uuid, body: WebhookEndpointBody
) -> WebhookEndpoint:
    """All of it, as it is from now on; what waits to be delivered goes to the new address too."""
    state, region_id = state_of(request), staff.region.region_id
    await check_url(state.addresses, body.url)
    async with state.database.transaction(region_id) as db:
        wanted = await _wanted(db, staff, body)
        changed = await change_endpoint(
            db, region_id, whose_of(staff), endpoint_id, wanted, doer_of(staff)
        )
    return _answer(staff.region, changed)


@router.post(
    _PATH + "/state-changes", operation_id="turnWebhookEndpoint",
    summary="Enable, disable or remove a webhook endpoint",
)  # fmt: skip
async def turn(
    request: Request, staff: Chief, endpoint_id: Uuid, body: EndpointStateBody
) -> WebhookEndpoint:
    """What happens while it is disabled waits, and is told if it is enabled within three days.
    `removed` is for good. Twice is once.
    """
    region_id = staff.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        turned = await turn_endpoint(
            db, region_id, whose_of(staff), endpoint_id, body.state, doer_of(staff)
        )
    return _answer(staff.region, turned)


@router.post(
    _PATH + "/rotations", operation_id="rotateWebhookSecret", summary="Give another secret"
)
async def rotate(
    request: Request, staff: Chief, endpoint_id: Uuid, body: RotationBody
) -> WebhookEndpointWithSecret:
    """Webhooks are signed by the new secret at once, and by both while they overlap."""
    state, region_id = state_of(request), staff.region.region_id
    async with state.database.transaction(region_id) as db:
        rotated, secret = await rotate_secret(
            db, region_id, whose_of(staff), endpoint_id, timedelta(hours=body.overlap_hours),
            state.vault, doer_of(staff),
        )  # fmt: skip
    return WebhookEndpointWithSecret(**_said(staff.region, rotated), secret=secret)


def whose_of(staff: MerchantIdentity) -> Whose:
    """Which endpoints a token reaches."""
    return Whose(staff.merchant_id, staff.stores)


async def _wanted(db: AsyncSession, staff: MerchantIdentity, body: WebhookEndpointBody) -> Wanted:
    """What the body says, for stores that the token reaches. Raises store-unknown."""
    for store_id in sorted(body.stores or ()):
        found = await find_store(db, staff.region.region_id, staff.merchant_id, store_id)
        if found is None or not staff.may_act_for(store_id):
            raise Problem(STORE_UNKNOWN)
    stores = body.stores if body.stores is not None else staff.stores
    return Wanted(body.url, body.description, frozenset(body.event_types), stores)


def _answer(region: Region, found: Endpoint) -> WebhookEndpoint:
    return WebhookEndpoint(**_said(region, found))


def _said(region: Region, found: Endpoint) -> dict[str, Any]:
    wanted = found.wanted.columns
    return {
        **standing_of(region, found),
        **_moments(region, found, "secret_made_at", "old_secret_until"),
        **{name: wanted[name] for name in ("url", "description")},
    }


def standing_of(region: Region, found: Endpoint) -> dict[str, Any]:
    """The fields of `EndpointStanding`, in the region's zone."""
    wanted = found.wanted.columns
    same = ("endpoint_id", "state", "state_why", "failures", "made_by")
    moments = ("state_changed_at", "failing_since", "rests_until", "made_at")
    return {
        **{name: getattr(found, name) for name in same},
        **_moments(region, found, *moments),
        **{name: wanted[name] for name in ("event_types", "stores")},
    }


def _moments(region: Region, found: Endpoint, *names: str) -> dict[str, datetime | None]:
    told = {name: getattr(found, name) for name in names}
    return {name: in_zone_if(at, region) for name, at in told.items()}
