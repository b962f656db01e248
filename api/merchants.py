"""Merchants look: themselves and what is due to them, their stores, a store's payments."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.days import Day
from api.fields import QueryYen, Uuid
from api.identity import MerchantIdentity, merchant
from api.pages import Listing, Page, Paged
from api.sales import (
    SALES,
    Sale,
    StorePaymentDetail,
    StoreSales,
    given_back_by,
    payment,
    refund,
    sale,
    void,
)
from api.state import state_of
from campaigns.form import MerchantClass
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from ledger.statement import Filters, entries_about, find_entry, list_entries
from merchants.calendar import pay_day, period_of
from merchants.close import MerchantState
from merchants.merchant import MERCHANT_UNKNOWN, STORE_UNKNOWN
from merchants.qr import StoreQr, encode
from merchants.reads import (
    Store,
    find_merchant,
    find_store,
    given_back,
    stores_of,
)
from payments.give_back import PAYMENT_UNKNOWN
from payments.pay import Pay
from payments.reads import read_settings
from payments.void import Void

STORES: Final = Listing("stores", (UUID,))
STORE_PAYMENTS: Final = Listing("store-payments", (int,))

Staff = Annotated[MerchantIdentity, merchant("sales:read")]
"""Anybody of a merchant who looks, in whichever role."""

SaleKind = Literal["payment", "refund", "void"]

router: Final = v1_router("merchants")


class OwnMerchant(Answer):
    """The merchant of the token, with what is due to it now."""

    merchant_id: UUID
    name: str = Field(examples=["見本食堂"])
    merchant_class: MerchantClass
    category: str = Field(examples=["diner"])
    area: str = Field(examples=["north"])
    street: str | None = Field(examples=["しもきた商店街"])
    """The shopping street (商店街) that it is of, as finance wrote it down."""
    state: MerchantState
    """Only an open merchant takes payments; refunds go on. A suspended one is not paid out."""
    payable_yen: int = Field(examples=[123400])
    """Sales that were not paid out yet."""
    cashback_yen: int = Field(examples=[6170])
    """What campaigns granted to the merchant, kept apart from sales."""
    owed_yen: int = Field(examples=[0])
    """What the merchant owes after refunds."""
    next_close_on: date = Field(examples=["2026-11-30"])
    """The last day of the period that runs now, in the region's zone."""
    next_pays_on: date = Field(examples=["2026-12-15"])
    """The bank day on which that period is paid."""


class OwnStore(Answer):
    """One store, with the code that residents scan there."""

    store_id: UUID
    name: str = Field(examples=["見本食堂"])
    state: Literal["open", "closed"]
    takes_payments: bool = Field(examples=[True])
    """Whether residents can pay there now: the store is open, and its merchant too."""
    opened_at: datetime
    qr: str = Field(examples=["00020101021126500010dev.meguri0132…6304AD9E"])
    """The text to print as a QR code; it stays the same as long as the store is called so."""


@router.get(
    "/merchant", operation_id="getOwnMerchant", summary="My merchant, and what is due to it"
)
async def get_merchant(request: Request, staff: Staff) -> OwnMerchant:
    """The amounts are those of the whole merchant, all stores together."""
    region_id = staff.region.region_id
    async with state_of(request).database.snapshot(region_id) as session:
        found = await find_merchant(session, region_id, staff.merchant_id)
        settings = await read_settings(session, region_id)
    if found is None or settings is None:
        raise Problem(MERCHANT_UNKNOWN)
    rules = settings.settlement
    period = period_of(rules, staff.region.day_of(state_of(request).clock.now()))
    return OwnMerchant(
        **{name: getattr(found, name) for name in OwnMerchant.model_fields if name[:5] != "next_"},
        next_close_on=period.last_day,
        next_pays_on=pay_day(rules, period),
    )


@router.get("/stores", operation_id="listOwnStores", summary="My stores, each with its QR text")
async def list_stores(request: Request, staff: Staff, paging: Paged) -> Page[OwnStore]:
    """Those that this token reaches, the oldest first."""
    region_id = staff.region.region_id
    start = STORES.start(paging)
    after = start[0] if start else None
    async with state_of(request).database.snapshot(region_id) as session:
        rows = await stores_of(
            session, region_id, staff.merchant_id, staff.stores, after, paging.limit + 1
        )
    return STORES.page(
        rows, paging, lambda row: (row.store_id,), lambda row: _store(staff.region, row)
    )


@router.get(
    "/stores/{store_id}/payments",
    operation_id="listStorePayments",
    summary="A store's payments, refunds and voids of one day, newest first",
)
async def list_store_payments(
    request: Request,
    staff: Staff,
    store_id: Uuid,
    paging: Paged,
    day: Annotated[Day | None, Query(alias="date")] = None,
    kind: SaleKind | None = None,
    min_yen: QueryYen | None = None,
    max_yen: QueryYen | None = None,
) -> StoreSales:
    """`date` is a business date of the region; today's if it is absent. Bounds are inclusive."""
    state, region = state_of(request), staff.region
    wanted_day = day or region.day_of(state.clock.now())
    wanted = Filters(
        other_id=store_id,
        kinds=[kind] if kind else SALES,
        from_day=wanted_day,
        to_day=wanted_day,
        min_yen=min_yen,
        max_yen=max_yen,
    )
    start = STORE_PAYMENTS.start(paging)
    before = start[0] if start else None
    async with state.database.snapshot(region.region_id) as session:
        await check_store(session, staff, store_id)
        rows = await list_entries(session, region.region_id, wanted, before, paging.limit + 1)
        paid = [row.entry_id for row in rows if row.kind == Pay.kind]
        given = await given_back(session, region.region_id, paid)
    page: Page[Sale] = STORE_PAYMENTS.page(
        rows,
        paging,
        lambda row: (row.seq,),
        lambda row: sale(region, row, given.get(row.entry_id)),
    )
    return StoreSales(items=page.items, next_cursor=page.next_cursor)


@router.get(
    "/stores/{store_id}/payments/{payment_id}",
    operation_id="getStorePayment",
    summary="One payment, with its refunds",
)
async def get_store_payment(
    request: Request, staff: Staff, store_id: Uuid, payment_id: Uuid
) -> StorePaymentDetail:
    """A payment that was refused is the resident's matter: to the shop it is not there."""
    region = staff.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        entry = await find_sold(session, staff, store_id, payment_id)
        later = await entries_about(session, region.region_id, payment_id)
    return _detail(region, entry, later)


async def find_sold(
    session: AsyncSession, staff: MerchantIdentity, store_id: UUID, payment_id: UUID
) -> Entry:
    """A payment that the store took. Raises store-unknown, and payment-unknown for any other."""
    await check_store(session, staff, store_id)
    entry = await find_entry(session, staff.region.region_id, payment_id)
    is_shown = (
        entry is not None
        and (entry.kind, entry.other_id) == (Pay.kind, store_id)
        and entry.refusal is None
    )
    if entry is None or not is_shown:
        raise Problem(PAYMENT_UNKNOWN)
    return entry


async def owns_store(session: AsyncSession, staff: MerchantIdentity, store_id: UUID) -> bool:
    """Whether the store is the merchant's, and one that the token reaches."""
    return await find_own_store(session, staff, store_id) is not None


async def find_own_store(
    session: AsyncSession, staff: MerchantIdentity, store_id: UUID
) -> Store | None:
    """The store, if it is the merchant's and one that the token reaches."""
    if not staff.may_act_for(store_id):
        return None
    return await find_store(session, staff.region.region_id, staff.merchant_id, store_id)


async def check_store(session: AsyncSession, staff: MerchantIdentity, store_id: UUID) -> None:
    """Raise 404 store-unknown for a store that is not there, or not the token's."""
    if not await owns_store(session, staff, store_id):
        raise Problem(STORE_UNKNOWN)


def _store(region: Region, store: Store) -> OwnStore:
    city = region.code.upper()
    return OwnStore.model_validate(
        {
            "store_id": store.store_id,
            "name": store.name,
            "state": store.state,
            "takes_payments": store.takes_payments,
            "opened_at": in_zone(store.opened_at, region),
            "qr": encode(StoreQr(store.store_id, store.name, city)),
        }
    )


def _detail(region: Region, entry: Entry, later: list[Entry]) -> StorePaymentDetail:
    paid = payment(region, entry, given_back_by(later))
    return StorePaymentDetail(
        **dict(paid),
        refunds=[
            void(region, back) if back.kind == Void.kind else refund(region, back) for back in later
        ],
    )
