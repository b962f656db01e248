"""Merchants see their settlements, and ask for one between the periods."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer
from api.closed_route import v1_router
from api.days import EndsFrom, EndsUntil
from api.doers import doer_of
from api.envelope import add_header
from api.fields import Body, Uuid, new_id
from api.identity import MerchantIdentity, merchant
from api.merchants import Staff
from api.pages import Listing, Page, Paged
from api.papers import Bookkeeper
from api.settlement_answers import OwnSettlement, own_settlement
from api.state import state_of
from core.errors import Problem
from merchants.read_settlements import Wanted, list_settlements
from merchants.settlement import SETTLEMENT_UNKNOWN, SettlementState
from payments.settle_now import offer_of, settle_now

OWN_SETTLEMENTS: Final = Listing("own-settlements", (UUID,))

router = v1_router("merchants")

Asker = Annotated[MerchantIdentity, merchant("settle", roles=("owner", "accountant"))]


@dataclass(frozen=True, slots=True)
class OwnSettlementFilters:
    """Which of the own settlements are wanted."""

    state: Annotated[SettlementState | None, Query(description="Only in this state.")] = None
    first_day: EndsFrom = None
    last_day: EndsUntil = None


class DemandBody(Body):
    """Nothing has to be said."""


class SettlementOffer(Answer):
    """What a settlement on demand would be now. Amounts in yen."""

    first_day: date
    last_day: date
    """Today; both are days of the region's zone, and inclusive."""
    pays_on: date
    """A bank day, if it is approved by then."""
    due_yen: int = Field(examples=[164_700])
    fee_yen: int = Field(examples=[2_652])
    """The whole fee, without tax."""
    on_demand_fee_yen: int = Field(examples=[300])
    """The part of it that is for not waiting until the period is over."""
    tax_yen: int = Field(examples=[265])
    payout_yen: int = Field(examples=[161_783])


@router.get(
    "/merchant/settlements",
    operation_id="listOwnSettlements",
    summary="My merchant's settlements, the latest period first",
)
async def list_own(
    request: Request,
    staff: Staff,
    paging: Paged,
    chosen: Annotated[OwnSettlementFilters, Depends()],
) -> Page[OwnSettlement]:
    """Of the whole merchant, all stores together. Also those that were carried over."""
    region_id = staff.region.region_id
    start = OWN_SETTLEMENTS.start(paging)
    wanted = Wanted(merchant_id=staff.merchant_id, only_closed_runs=True, **asdict(chosen))
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


@router.get(
    "/merchant/settlement-offer",
    operation_id="getSettlementOffer",
    summary="What a settlement on demand would pay and cost now",
)
async def get_offer(request: Request, staff: Bookkeeper) -> SettlementOffer:
    """Nothing is promised: what is sold or refunded until it is asked for is part of it, too."""
    state, region = state_of(request), staff.region
    async with state.database.snapshot(region.region_id) as session:
        offer = await offer_of(session, region, staff.merchant_id, state.clock.now())
    return SettlementOffer(
        **{
            name: getattr(offer, name) for name in SettlementOffer.model_fields if name[:3] != "due"
        },
        due_yen=offer.figures.due_yen,
    )


@router.put(
    "/merchant/settlements/{settlement_id}",
    operation_id="askForSettlement",
    summary="Ask to be settled at once, for a fee",
    status_code=201,
)
async def put_settlement(
    request: Request,
    staff: Asker,
    settlement_id: Annotated[UUID, new_id("settlement_id")],
    body: DemandBody,  # noqa: ARG001  an unknown member is refused
) -> OwnSettlement:
    """For all that is due by now; what comes after is of the next one. It is looked at, approved
    and transferred as those of periods are. Regions offer it, or not. When an accountant asks, the
    shop's contacts are told, the owners among them.
    """
    state, region = state_of(request), staff.region
    async with state.database.transaction(region.region_id) as session:
        made, is_replay = await settle_now(
            session, region, settlement_id, staff.merchant_id, doer_of(staff), state.clock.now()
        )
    if is_replay:
        add_header(request, "Idempotent-Replay", "true")
    return own_settlement(made)
