"""Merchants see their settlements."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from starlette.requests import Request

from api.closed_route import v1_router
from api.fields import Uuid
from api.merchants import Staff
from api.pages import Listing, Page, Paged
from api.settlement_answers import OwnSettlement, own_settlement
from api.state import state_of
from core.errors import Problem
from merchants.read_settlements import Wanted, list_settlements
from merchants.settlement import SETTLEMENT_UNKNOWN, SettlementState

OWN_SETTLEMENTS: Final = Listing("own-settlements", (UUID,))

router = v1_router("merchants")


@router.get(
    "/merchant/settlements",
    operation_id="listOwnSettlements",
    summary="My merchant's settlements, the latest period first",
)
async def list_own(
    request: Request,
    staff: Staff,
    paging: Paged,
    state: Annotated[SettlementState | None, Query(description="Only in this state.")] = None,
) -> Page[OwnSettlement]:
    """Of the whole merchant, all stores together. Also those that were carried over."""
    region_id = staff.region.region_id
    start = OWN_SETTLEMENTS.start(paging)
    wanted = Wanted(merchant_id=staff.merchant_id, state=state, only_closed_runs=True)
    async with state_of(request).database.snapshot(region_id) as session:
        rows = await list_settlements(
            session, region_id, wanted, start[0] if start else None, paging.limit + 1
        )
    return OWN_SETTLEMENTS.page(rows, paging, lambda row: (row.settlement_id,), own_settlement)


@router.get(
    "/merchant/settlements/{settlement_id}",
    operation_id="getOwnSettlement",
    summary="One settlement of my merchant",
)
async def get_own(request: Request, staff: Staff, settlement_id: Uuid) -> OwnSettlement:
    """As it stands."""
    region_id = staff.region.region_id
    wanted = Wanted(
        merchant_id=staff.merchant_id, settlement_id=settlement_id, only_closed_runs=True
    )
    async with state_of(request).database.snapshot(region_id) as session:
        found = await list_settlements(session, region_id, wanted, None, 1)
    if not found:
        raise Problem(SETTLEMENT_UNKNOWN)
    return own_settlement(found[0])
