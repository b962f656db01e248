"""Suspense: finance sees money that could not be placed, and places it or sends it back."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, accepted, grants, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.look_up import TELLS_REFUSALS, look_up
from api.pages import Listing, Page, Paged
from api.state import state_of
from ledger.books import Entry
from ledger.regions import Region
from payments.reads import SuspenseItem, list_suspense
from payments.suspense import PlaceSuspense, ReturnSuspense

SUSPENSE = Listing("suspense", (int,))

router = v1_router("administrators: suspense")

Finance = Annotated[AdminIdentity, administrator("finance")]


class SuspenseItemAnswer(Answer):
    """Money that a provider received for a wallet that could not take it."""

    item_id: UUID
    """The top-up that brought it."""
    amount_yen: int = Field(examples=[5000])
    received_at: datetime
    provider: str = Field(examples=["hinode-bank"])
    reference: str = Field(examples=["tx-20261122-0042"])
    """The provider's own name of the top-up."""
    wallet: str = Field(examples=["0192f0c1-2222-7000-8000-000000000001"])
    """The wallet as the provider named it, whatever that is."""
    obstacle: str = Field(examples=["wallet-unknown"])
    """Why it could not be placed: the problem's name."""


class PlacementBody(Body):
    """Whose money it is, and how that was found out."""

    item_id: Uuid
    wallet_id: Uuid
    reason: Reason = Field(examples=["the resident showed the receipt"])


class PlacementAnswer(Answer):
    """A placement, as it was made."""

    placement_id: UUID
    item_id: UUID
    wallet_id: UUID
    amount_yen: int = Field(examples=[5000])
    expires_on: date
    """The last day on which this coin can be used, in the region's zone."""
    bonus_points: int = Field(examples=[500])
    """What campaigns of top-ups gave for it, as things stood when it was placed."""
    reason: str = Field(examples=["the resident showed the receipt"])
    placed_at: datetime
    seq: int = Field(examples=[4711])


class ReturnBody(Body):
    """Which money goes back to its provider, and why."""

    item_id: Uuid
    reason: Reason = Field(examples=["nobody claims it"])


class ReturnAnswer(Answer):
    """A return, as it was made."""

    return_id: UUID
    item_id: UUID
    amount_yen: int = Field(examples=[5000])
    reason: str = Field(examples=["nobody claims it"])
    returned_at: datetime
    seq: int = Field(examples=[4711])


@router.get(
    "/admin/suspense", operation_id="listSuspense", summary="Money in suspense, oldest first"
)
async def list_items(request: Request, admin: Finance, paging: Paged) -> Page[SuspenseItemAnswer]:
    """What waits to be placed or returned; what was settled stands in the journal."""
    region = admin.region
    start = SUSPENSE.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as session:
        rows = await list_suspense(
            session, region.region_id, start[0] if start else None, paging.limit + 1
        )
    return SUSPENSE.page(rows, paging, lambda row: (row.seq,), lambda row: _item(region, row))


@router.put(
    "/admin/suspense-placements/{placement_id}",
    operation_id="placeSuspense",
    summary="Place money into the wallet it is for",
    status_code=201,
)
async def place(
    request: Request,
    admin: Finance,
    placement_id: Annotated[UUID, new_id("placement_id")],
    body: PlacementBody,
) -> PlacementAnswer:
    """It becomes coin of that wallet, as if it had been topped up now."""
    command = PlaceSuspense(
        entry_id=placement_id,
        actor=admin.actor,
        item_id=body.item_id,
        wallet_id=body.wallet_id,
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _placement(admin.region, accepted(request, receipt))


@router.get(
    "/admin/suspense-placements/{placement_id}",
    operation_id="getSuspensePlacement",
    responses=TELLS_REFUSALS,
    summary="One placement",
)
async def get_placement(request: Request, admin: Finance, placement_id: Uuid) -> PlacementAnswer:
    """What became of it."""
    entry = await look_up(request, admin.region, placement_id, PlaceSuspense)
    return _placement(admin.region, entry)


@router.put(
    "/admin/suspense-returns/{return_id}",
    operation_id="returnSuspense",
    summary="Send money back to its provider",
    status_code=201,
)
async def send_back(
    request: Request,
    admin: Finance,
    return_id: Annotated[UUID, new_id("return_id")],
    body: ReturnBody,
) -> ReturnAnswer:
    """The provider then owes so much less to the region."""
    command = ReturnSuspense(
        entry_id=return_id, actor=admin.actor, item_id=body.item_id, reason=body.reason
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _returned(admin.region, accepted(request, receipt))


@router.get(
    "/admin/suspense-returns/{return_id}",
    operation_id="getSuspenseReturn",
    responses=TELLS_REFUSALS,
    summary="One return",
)
async def get_return(request: Request, admin: Finance, return_id: Uuid) -> ReturnAnswer:
    """What became of it."""
    return _returned(admin.region, await look_up(request, admin.region, return_id, ReturnSuspense))


def _item(region: Region, item: SuspenseItem) -> SuspenseItemAnswer:
    return SuspenseItemAnswer(
        item_id=item.item_id,
        amount_yen=item.amount_yen,
        received_at=in_zone(item.at, region),
        provider=item.facts["provider"],
        reference=item.facts["reference"],
        wallet=item.facts["wallet"],
        obstacle=item.facts["obstacle"],
    )


def _placement(region: Region, entry: Entry) -> PlacementAnswer:
    assert entry.holder_id is not None, "a placement has a wallet"
    assert entry.refers_to is not None, "a placement has an item"
    return PlacementAnswer(
        placement_id=entry.entry_id,
        item_id=entry.refers_to,
        wallet_id=entry.holder_id,
        amount_yen=entry.amount,
        expires_on=date.fromisoformat(entry.facts["expires_on"]),
        bonus_points=sum(each.rebate_points for each in grants(entry.facts, {}, "top_up")),
        reason=entry.facts["reason"],
        placed_at=in_zone(entry.at, region),
        seq=entry.seq,
    )


def _returned(region: Region, entry: Entry) -> ReturnAnswer:
    assert entry.refers_to is not None, "a return has an item"
    return ReturnAnswer(
        return_id=entry.entry_id,
        item_id=entry.refers_to,
        amount_yen=entry.amount,
        reason=entry.facts["reason"],
        returned_at=in_zone(entry.at, region),
        seq=entry.seq,
    )
