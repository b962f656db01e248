"""Merchants and their stores, as finance opens and sees them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Label, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from campaigns.form import MerchantClass
from core.errors import Problem
from ledger.regions import Region
from merchants.close import MerchantState
from merchants.listing import ListedMerchant, WhichMerchants, list_merchants
from merchants.merchant import MERCHANT_UNKNOWN, STORE_UNKNOWN, OpenMerchant, OpenStore
from merchants.open import open_merchant, open_store
from merchants.reads import Merchant, Store, find_merchant, find_store, stores_of
from payments.prepare import prepare

MERCHANTS = Listing("merchants", (UUID,))
STORES = Listing("merchant-stores", (UUID,))

router = v1_router("administrators: merchants")

Finance = Annotated[AdminIdentity, administrator("finance")]
Name = Annotated[Label, Field(max_length=80)]
Word = Annotated[Label, Field(max_length=40)]
InList = Annotated[Word | None, Query(description="Only those of it.", examples=["food"])]
"""A filter by a word that merchants have."""
InNames = Annotated[Name | None, Query(description="A part of the name.", examples=["見本"])]
"""A filter by what somebody types, whatever its width and case."""


class MerchantBody(Body):
    """A merchant that joins. Its class decides the rates that campaigns give."""

    name: Name = Field(examples=["見本食堂"])
    merchant_class: MerchantClass = Field(examples=["small"])
    category: Word = Field(examples=["food"])
    area: Word = Field(examples=["kitazawa"])
    street: Word | None = Field(default=None, examples=["しもきた商店街"])
    """The shopping street (商店街) that it is of. It can be changed later."""


class OpenedMerchant(Answer):
    """A merchant, as it was opened or stands in the list."""

    merchant_id: UUID
    name: str = Field(examples=["見本食堂"])
    merchant_class: MerchantClass
    category: str = Field(examples=["food"])
    area: str = Field(examples=["kitazawa"])
    street: str | None = Field(examples=["しもきた商店街"])
    state: MerchantState
    opened_at: datetime


class MerchantAnswer(OpenedMerchant):
    """A merchant with what is due to it, in yen."""

    payable_yen: int = Field(examples=[125_000])
    """Sales that were not paid out yet."""
    cashback_yen: int = Field(examples=[6_250])
    """What campaigns granted to it, kept apart from sales."""
    owed_yen: int = Field(examples=[0])
    """What it owes after refunds; netted at the next settlement."""


class StoreBody(Body):
    """A store of the merchant."""

    name: Name = Field(examples=["見本食堂 下北沢店"])


class StoreAnswer(Answer):
    """A store."""

    store_id: UUID
    merchant_id: UUID
    name: str = Field(examples=["見本食堂 下北沢店"])
    state: Literal["open", "closed"]
    takes_payments: bool = Field(examples=[True])
    """Whether residents can pay there now: the store is open, and its merchant too."""
    opened_at: datetime


@router.put(
    "/admin/merchants/{merchant_id}",
    operation_id="createMerchant",
    summary="Open a merchant",
    status_code=201,
)
async def create_merchant(
    request: Request,
    admin: Finance,
    merchant_id: Annotated[UUID, new_id("merchant_id")],
    body: MerchantBody,
) -> OpenedMerchant:
    """The name is kept beside the journal, not in it."""
    region = admin.region
    command = OpenMerchant(
        entry_id=merchant_id,
        actor=admin.actor,
        name=body.name,
        merchant_class=body.merchant_class,
        category=body.category,
        area=body.area,
        street=body.street,
    )
    database = state_of(request).database
    receipt = await open_merchant(database, region.region_id, command, prepare)
    entry = accepted(request, receipt)
    return OpenedMerchant(
        merchant_id=merchant_id,
        name=body.name,
        merchant_class=body.merchant_class,
        category=body.category,
        area=body.area,
        street=body.street,
        state="open",
        opened_at=in_zone(entry.at, region),
    )


@router.get(
    "/admin/merchants/{merchant_id}",
    operation_id="getMerchant",
    summary="One merchant as it stands",
)
async def get_merchant(request: Request, admin: Finance, merchant_id: Uuid) -> MerchantAnswer:
    """With what is due to it at this moment."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        merchant = await find_merchant(session, region.region_id, merchant_id)
    if merchant is None:
        raise Problem(MERCHANT_UNKNOWN)
    return _merchant(region, merchant)


@router.get("/admin/merchants", operation_id="listMerchants", summary="All merchants, newest first")
async def list_all_merchants(
    request: Request,
    admin: Finance,
    paging: Paged,
    state: Annotated[MerchantState | None, Query(description="Only those in it.")] = None,
    merchant_class: Annotated[
        MerchantClass | None, Query(description="Only those of this class.")
    ] = None,
    category: InList = None,
    area: InList = None,
    text: InNames = None,
) -> Page[OpenedMerchant]:
    """Every merchant of the region that the filters leave."""
    region = admin.region
    which = WhichMerchants(state, merchant_class, category, area, text)
    start = MERCHANTS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as session:
        rows = await list_merchants(
            session, region.region_id, start[0] if start else None, paging.limit + 1, which
        )
    return MERCHANTS.page(
        rows, paging, lambda row: (row.merchant_id,), lambda row: _listed(region, row)
    )


@router.put(
    "/admin/merchants/{merchant_id}/stores/{store_id}",
    operation_id="createStore",
    summary="Open a store of a merchant",
    status_code=201,
)
async def create_store(
    request: Request,
    admin: Finance,
    merchant_id: Uuid,
    store_id: Annotated[UUID, new_id("store_id")],
    body: StoreBody,
) -> StoreAnswer:
    """Its QR code is for the merchant's staff to fetch."""
    region = admin.region
    command = OpenStore(
        entry_id=store_id, actor=admin.actor, merchant_id=merchant_id, name=body.name
    )
    database = state_of(request).database
    entry = accepted(request, await open_store(database, region.region_id, command, prepare))
    return StoreAnswer(
        store_id=store_id,
        merchant_id=merchant_id,
        name=body.name,
        state="open",
        takes_payments=True,
        opened_at=in_zone(entry.at, region),
    )


@router.get(
    "/admin/merchants/{merchant_id}/stores",
    operation_id="listStores",
    summary="A merchant's stores, the oldest first",
)
async def list_stores(
    request: Request, admin: Finance, merchant_id: Uuid, paging: Paged
) -> Page[StoreAnswer]:
    """Every store that the merchant has opened."""
    region = admin.region
    start = STORES.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as session:
        if await find_merchant(session, region.region_id, merchant_id) is None:
            raise Problem(MERCHANT_UNKNOWN)
        rows = await stores_of(
            session, region.region_id, merchant_id, None, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return STORES.page(rows, paging, lambda row: (row.store_id,), lambda row: _store(region, row))


@router.get(
    "/admin/merchants/{merchant_id}/stores/{store_id}",
    operation_id="getStore",
    summary="One store of a merchant",
)
async def get_store(
    request: Request, admin: Finance, merchant_id: Uuid, store_id: Uuid
) -> StoreAnswer:
    """As it stands."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        store = await find_store(session, region.region_id, merchant_id, store_id)
    if store is None:
        raise Problem(STORE_UNKNOWN)
    return _store(region, store)


def _store(region: Region, store: Store) -> StoreAnswer:
    return StoreAnswer.model_validate(
        {
            "store_id": store.store_id,
            "merchant_id": store.merchant_id,
            "name": store.name,
            "state": store.state,
            "takes_payments": store.takes_payments,
            "opened_at": in_zone(store.opened_at, region),
        }
    )


def _listed(region: Region, merchant: ListedMerchant | Merchant) -> OpenedMerchant:
    return OpenedMerchant.model_validate(_told(region, merchant))


def _merchant(region: Region, merchant: Merchant) -> MerchantAnswer:
    return MerchantAnswer.model_validate(
        _told(region, merchant)
        | {
            "payable_yen": merchant.payable_yen,
            "cashback_yen": merchant.cashback_yen,
            "owed_yen": merchant.owed_yen,
        }
    )


def _told(region: Region, merchant: ListedMerchant | Merchant) -> dict[str, object]:
    return {
        "merchant_id": merchant.merchant_id,
        "name": merchant.name,
        "merchant_class": merchant.merchant_class,
        "category": merchant.category,
        "area": merchant.area,
        "street": merchant.street,
        "state": merchant.state,
        "opened_at": in_zone(merchant.opened_at, region),
    }
