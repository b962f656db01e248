"""Finance changes the state of merchants and stores."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_merchants import Finance
from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.look_up import ENTRY_UNKNOWN, TELLS_REFUSALS, look_up
from api.state import state_of
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from merchants.close import ChangeMerchant, ChangeStore, MerchantState
from merchants.reads import find_store

router = v1_router("administrators: merchants")


class MerchantChangeBody(Body):
    """Suspend a merchant, let it leave, close it, or open it again."""

    state: MerchantState = Field(examples=["suspended"])
    reason: Reason = Field(examples=["the shop has moved away"])


class StoreChangeBody(Body):
    """Close a store (it takes no payments), or open it again."""

    state: Literal["closed", "open"]
    reason: Reason = Field(examples=["the shop has moved away"])


class _Change(Answer):
    reason: str = Field(examples=["the shop has moved away"])
    changed_at: datetime
    seq: int = Field(examples=[4711])


class MerchantChange(_Change):
    """A change of a merchant's state, as it was made."""

    change_id: UUID
    merchant_id: UUID
    state: MerchantState
    before: MerchantState


class StoreChange(_Change):
    """A change of a store's state, as it was made."""

    change_id: UUID
    store_id: UUID
    state: Literal["closed", "open"]
    before: Literal["closed", "open"]


@router.put(
    "/admin/merchants/{merchant_id}/state-changes/{change_id}",
    operation_id="changeMerchant",
    summary="Suspend a merchant, let it leave, close it, or open it again",
    status_code=201,
)
async def change_merchant(
    request: Request,
    admin: Finance,
    merchant_id: Uuid,
    change_id: Annotated[UUID, new_id("change_id")],
    body: MerchantChangeBody,
) -> MerchantChange:
    """It holds from the next payment on. Refunds go on, and what is due to it stays due: of one
    that is `suspended` it is kept back until it opens again; one that is `leaving` is paid a last
    time, and closed then. Only one that is open takes payments; one that is closed can only open.

    A store that was closed by itself is still closed when its merchant opens again.
    """
    command = ChangeMerchant(
        entry_id=change_id,
        actor=admin.actor,
        merchant_id=merchant_id,
        state=body.state,
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _merchant_change(admin.region, accepted(request, receipt))


@router.get(
    "/admin/merchants/{merchant_id}/state-changes/{change_id}",
    operation_id="getMerchantChange",
    responses=TELLS_REFUSALS,
    summary="One change of a merchant's state",
)
async def get_merchant_change(
    request: Request, admin: Finance, merchant_id: Uuid, change_id: Uuid
) -> MerchantChange:
    """What became of it."""
    entry = await look_up(request, admin.region, change_id, ChangeMerchant, merchant_id)
    return _merchant_change(admin.region, entry)


@router.put(
    "/admin/merchants/{merchant_id}/stores/{store_id}/state-changes/{change_id}",
    operation_id="changeStore",
    summary="Close a store, or open it again",
    status_code=201,
)
async def change_store(
    request: Request,
    admin: Finance,
    merchant_id: Uuid,
    store_id: Uuid,
    change_id: Annotated[UUID, new_id("change_id")],
    body: StoreChangeBody,
) -> StoreChange:
    """It holds from the next payment on; refunds of its payments go on.

    A store of a closed merchant takes no payments whatever its own state is.
    """
    command = ChangeStore(
        entry_id=change_id,
        actor=admin.actor,
        merchant_id=merchant_id,
        store_id=store_id,
        state=body.state,
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _store_change(admin.region, accepted(request, receipt))


@router.get(
    "/admin/merchants/{merchant_id}/stores/{store_id}/state-changes/{change_id}",
    operation_id="getStoreChange",
    responses=TELLS_REFUSALS,
    summary="One change of a store's state",
)
async def get_store_change(
    request: Request, admin: Finance, merchant_id: Uuid, store_id: Uuid, change_id: Uuid
) -> StoreChange:
    """What became of it."""
    region_id = admin.region.region_id
    async with state_of(request).database.snapshot(region_id) as session:
        if await find_store(session, region_id, merchant_id, store_id) is None:
            raise Problem(ENTRY_UNKNOWN)
    entry = await look_up(request, admin.region, change_id, ChangeStore, store_id)
    return _store_change(admin.region, entry)


def _merchant_change(region: Region, entry: Entry) -> MerchantChange:
    return MerchantChange.model_validate({"merchant_id": entry.holder_id, **_told(region, entry)})


def _store_change(region: Region, entry: Entry) -> StoreChange:
    return StoreChange.model_validate({"store_id": entry.holder_id, **_told(region, entry)})


def _told(region: Region, entry: Entry) -> dict[str, object]:
    return {
        "change_id": entry.entry_id,
        "state": entry.facts["state"],
        "before": entry.facts["before"],
        "reason": entry.facts["reason"],
        "changed_at": in_zone(entry.at, region),
        "seq": entry.seq,
    }
