"""Where a merchant's webhooks go, for administrators who are asked why none arrives."""

from typing import Annotated, Final
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api.closed_route import v1_router
from api.fields import Uuid
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from api.webhook_endpoints import EndpointStanding, standing_of
from core.errors import Problem
from ledger.regions import Region
from merchants.merchant import MERCHANT_UNKNOWN
from merchants.reads import find_merchant
from merchants.webhook_endpoints import Endpoint, EndpointState, Whose, list_endpoints

ENDPOINTS: Final = Listing("webhook-endpoints-of-a-merchant", (UUID,))

router = v1_router("administrators: merchants")

Looker = Annotated[AdminIdentity, administrator("finance", "auditor")]


class EndpointOfMerchant(EndpointStanding):
    """Where webhooks go, and how that goes; without anything that opens it."""

    host: str = Field(examples=["shop.example"])
    """The rest of the address may have a key of the shop in it, and is told to the shop alone."""


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
    host = urlsplit(found.wanted.url).hostname or ""
    return EndpointOfMerchant(**standing_of(region, found), host=host)
