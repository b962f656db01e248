"""Search the single payments, refunds and voids of a merchant's stores."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AfterValidator, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.closed_route import v1_router
from api.days import Moment
from api.fields import QueryYen, Uuid
from api.identity import MerchantIdentity
from api.merchants import SaleKind, Staff, check_store
from api.pages import Listing, Page, Paged
from api.sales import PaymentState, Sale, StoreSales, sale
from api.state import state_of
from core.ids import NIL
from ledger.books import Entry
from ledger.regions import Region
from merchants.reads import given_back
from merchants.search_sales import WantedSales, search_sales
from payments.pay import Pay

SALES: Final = Listing("sales", (int,))

Tail = Annotated[
    str, Field(min_length=4, max_length=12, pattern="^[0-9a-fA-F]+$"), AfterValidator(str.lower)
]
Mark = Annotated[str, Field(min_length=1, max_length=25, pattern="^[ -~]+$")]

router: Final = v1_router("merchants")


async def _wanted(
    store_id: Uuid | None = None,
    kind: SaleKind | None = None,
    state: Annotated[
        PaymentState | None, Query(description="Only payments of which this became.")
    ] = None,
    terminal: Annotated[
        Mark | None,
        Query(description="Only what was paid at this till, and given back.", examples=["TILL-1"]),
    ] = None,
    reference: Annotated[
        Mark | None,
        Query(description="Only what was paid under this name of a bill.", examples=["Q7F3K2"]),
    ] = None,
    min_yen: QueryYen | None = None,
    max_yen: QueryYen | None = None,
    id_ends_with: Annotated[
        Tail | None,
        Query(
            description="The last digits of the payment's id, as a receipt shows them.",
            examples=["3f9c"],
        ),
    ] = None,
) -> WantedSales:
    return WantedSales(
        merchant_id=NIL,
        stores=None if store_id is None else frozenset({store_id}),
        kind=kind,
        state=state,
        terminal=terminal,
        reference=reference,
        min_yen=min_yen,
        max_yen=max_yen,
        id_ends_with=id_ends_with,
    )


Searched = Annotated[WantedSales, Depends(_wanted)]
"""All but the merchant and the days."""


@router.get(
    "/sales/payments",
    operation_id="searchSales",
    summary="Search payments, refunds and voids of my stores, newest first",
)
async def list_sales(
    request: Request,
    staff: Staff,
    searched: Searched,
    paging: Paged,
    begins: Annotated[Moment | None, Query(alias="from")] = None,
    ends: Annotated[Moment | None, Query(alias="to")] = None,
) -> StoreSales:
    """Those of the stores that this token reaches. `from` and `to` are business dates or instants,
    inclusive. Who paid is no filter and in no answer.
    """
    start = SALES.start(paging)
    region = staff.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        wanted = await of_staff(session, staff, searched, begins, ends)
        rows = await search_sales(
            session, region.region_id, wanted, start[0] if start else None, paging.limit + 1
        )
        told = await in_answers(session, region, rows)
    page: Page[Sale] = SALES.page(
        rows, paging, lambda row: (row.seq,), lambda row: told[row.entry_id]
    )
    return StoreSales(items=page.items, next_cursor=page.next_cursor)


async def of_staff(
    session: AsyncSession,
    staff: MerchantIdentity,
    searched: WantedSales,
    begins: datetime | date | None,
    ends: datetime | date | None,
) -> WantedSales:
    """What was asked for, of the stores that the token reaches. Raises store-unknown."""
    for store_id in searched.stores or ():
        await check_store(session, staff, store_id)
    stores = staff.stores if searched.stores is None else searched.stores
    return replace(searched, merchant_id=staff.merchant_id, stores=stores, begins=begins, ends=ends)


async def in_answers(session: AsyncSession, region: Region, rows: list[Entry]) -> dict[UUID, Sale]:
    """The answer for each entry, by its id, with what was given back of payments so far."""
    paid = [row.entry_id for row in rows if row.kind == Pay.kind]
    given = await given_back(session, region.region_id, paid)
    return {row.entry_id: sale(region, row, given.get(row.entry_id)) for row in rows}
