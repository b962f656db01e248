"""Where a merchant's webhooks go, for administrators who are asked why none arrives."""

from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Uuid
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from merchants.merchant import MERCHANT_UNKNOWN
from merchants.reads import find_merchant
from merchants.webhook_endpoints import Endpoint, EndpointState, StateWhy, Whose, list_endpoints
from merchants.webhook_types import EventType

ENDPOINTS: Final = Listing("webhook-endpoints-of-a-merchant", (UUID,))

router = v1_router("administrators: merchants")

Looker = Annotated[AdminIdentity, administrator("finance", "auditor")]


class EndpointOfMerchant(Answer):
    """Where webhooks go, and how that goes; without anything that opens it."""

    endpoint_id: UUID
    host: str = Field(examples=["shop.example"])
    """The rest of the address may have a key of the shop in it, and is told to the shop alone."""
    event_types: list[EventType]
    stores: list[UUID] | None
    """Null: every store of the merchant, and its settlements."""
    state: EndpointState
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


@router.get(
    "/admin/merchants/{merchant_id}/webhook-endpoints",
    operation_id="listWebhookEndpointsOfMerchant",
    summary="Where a merchant's webhooks go, newest first",
)
async def list_all(
    request: Request,
    admin: Looker,
    merchant_id: Uuid,
    paging: Paged,
    state: Annotated[
        EndpointState | None, Query(description="Absent: all but those that were removed.")
    ] = None,
) -> Page[EndpointOfMerchant]:
    """To look at only: those who run the merchant change them."""
    region, start = admin.region, ENDPOINTS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        if await find_merchant(db, region.region_id, merchant_id) is None:
            raise Problem(MERCHANT_UNKNOWN)
        rows = await list_endpoints(
            db, region.region_id, Whose(merchant_id, None), state, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return ENDPOINTS.page(
        rows, paging, lambda row: (row.endpoint_id,), lambda row: _answer(region, row)
    )


def _answer(region: Region, found: Endpoint) -> EndpointOfMerchant:
    stores, since, rests = found.wanted.stores, found.failing_since, found.rests_until
    return EndpointOfMerchant(
        endpoint_id=found.endpoint_id,
        host=urlsplit(found.wanted.url).hostname or "",
        event_types=found.wanted.columns["event_types"],
        stores=None if stores is None else sorted(stores),
        state=found.state,
        state_why=found.state_why,
        state_changed_at=in_zone(found.state_changed_at, region),
        failures=found.failures,
        failing_since=None if since is None else in_zone(since, region),
        rests_until=None if rests is None else in_zone(rests, region),
        made_by=found.made_by,
        made_at=in_zone(found.made_at, region),
    )
