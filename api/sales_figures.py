"""What a merchant sold: by day, week, month, weekday, hour, store, till, clerk or campaign."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.answers import Answer
from api.closed_route import v1_router
from api.days import Day
from api.fields import Uuid
from api.identity import MerchantIdentity, merchant
from api.merchants import check_store
from api.pages import Listing, Page, Paged
from api.state import state_of
from campaigns.reads import names_of
from core.errors import Problem, problem
from merchants.reads import names_of_stores
from merchants.sale import Customers, Figures
from merchants.sales_figures import Asked, By, Piece, SalesFigures, sales_figures
from merchants.terminals import names_of_terminals

SALES_SPAN_WRONG: Final = problem(
    "sales-span-wrong", 422, "Sales are told for one to 400 days, the first one first."
)
MOST_DAYS: Final = 400
PIECES: Final = Listing("sales-figures", (str,))

router: Final = v1_router("merchants")

Bookkeeper = Annotated[
    MerchantIdentity, merchant("sales:read", roles=("owner", "manager", "accountant"))
]
"""Who sees what a shop sold over months; clerks and terminals see a day's payments of a store."""

FirstDay = Annotated[Day, Query(alias="from", description="First business date.")]
LastDay = Annotated[Day, Query(alias="to", description="Last business date.")]
Compare = Literal["same_length", "same_weekdays"]


class SoldAnswer(Answer):
    """Counts and yen. What was given back counts on its own day, whenever it was paid."""

    payments: int = Field(examples=[42])
    paid_yen: int = Field(examples=[50400])
    average_yen: int | None = Field(examples=[1200])
    """Of a payment, rounded down to whole yen; null where there was none."""
    refunds: int = Field(examples=[1])
    refunded_yen: int = Field(examples=[500])
    voids: int = Field(examples=[1])
    voided_yen: int = Field(examples=[1200])
    net_yen: int = Field(examples=[48700])
    """What was paid, less refunds and voids; below 0 where more was given back."""
    cashback_yen: int = Field(examples=[2100])
    """What campaigns granted to the shop for the payments, before any refund."""
    cashback_taken_yen: int = Field(examples=[70])
    """The cashback that went back, or is owed, with refunds and voids."""


class CustomersAnswer(Answer):
    """How many people paid, each counted once. A payment that was voided was a visit all the same.

    Numbers only: no list says who they are.
    """

    customers: int = Field(examples=[31])
    new: int = Field(examples=[4])
    """Whose first payment ever it was at this merchant, or at this store where one was named."""
    returning: int = Field(examples=[27])


class SalesPiece(Answer):
    """One day, till or whatever was asked for."""

    key: str = Field(examples=["2026-11-22"])
    """The day; the Monday of the week; the first of the month; the weekday from 1 (Monday) to 7;
    the hour of the region's zone (`09`); the store's id; the store's id, a space and the till,
    which is empty where the code names none; the id of the staff, terminal or client; the
    campaign's id."""
    name: str | None = Field(examples=[None])
    """What the store, the store and its terminal, or the campaign is called; null for all else."""
    figures: SoldAnswer
    before: SoldAnswer
    """The same of the days with which it is compared."""
    customers: CustomersAnswer | None
    """By day, week and month; null for all else, and for what is not all within the days."""


class SalesAnswer(Page[SalesPiece]):
    """Pieces by their keys, and the whole, up to the newest entry."""

    from_day: date
    to_day: date
    before_from: date
    before_to: date
    seq: int = Field(examples=[4711])
    """The newest entry of the region: everything until then is counted."""
    total: SoldAnswer
    total_before: SoldAnswer
    customers: CustomersAnswer | None
    """Where the days are one day, one week from Monday or one month, if need be as far as it has
    come; null for other spans, since nobody has counted each person once over those."""
    new_customers: int | None = Field(examples=[4])
    """Over any span. Null, like `customers`, for who sees some of the stores and names none."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which days of which stores somebody asks for."""

    from_day: date
    to_day: date
    by: By
    store_id: UUID | None
    compare: Compare

    @property
    def shift(self) -> int:
        """How many days before those lie with which each day is compared."""
        days = (self.to_day - self.from_day).days + 1
        return days if self.compare == "same_length" else -(-days // 7) * 7


async def _span(
    request: Request,
    staff: Bookkeeper,
    from_day: Annotated[
        Day | None,
        Query(alias="from", description="First business date; absent: of the last one's month."),
    ] = None,
    to_day: Annotated[
        Day | None, Query(alias="to", description="Last business date; absent: today.")
    ] = None,
    by: Annotated[By, Query(description="What the pieces are.")] = "day",
    store_id: Uuid | None = None,
    compare: Annotated[
        Compare,
        Query(
            description="With as many days just before, or with those of whole weeks before, so"
            " that Mondays are compared with Mondays."
        ),
    ] = "same_length",
) -> Span:
    last = to_day or staff.region.day_of(state_of(request).clock.now())
    first = from_day or last.replace(day=1)
    check_span(first, last)
    return Span(first, last, by, store_id, compare)


Spanned = Annotated[Span, Depends(_span)]


def check_span(from_day: date, to_day: date) -> None:
    """Raises sales-span-wrong for more than 400 days, or none."""
    if not 0 <= (to_day - from_day).days < MOST_DAYS:
        raise Problem(SALES_SPAN_WRONG, most_days=MOST_DAYS)


@router.get(
    "/sales/figures",
    operation_id="listSalesFigures",
    summary="What my merchant sold, in pieces, beside the days before",
)
async def list_sales_figures(
    request: Request, staff: Bookkeeper, span: Spanned, paging: Paged
) -> SalesAnswer:
    """Of all stores of the post, or of one. Never stale: the newest payment is in it.

    Nobody knows who took a payment, since residents pay at a printed code: `by=clerk` has refunds
    and voids only. `by=campaign` has what brought the shop cashback; points of residents are told
    to nobody but them. At most 400 days (422 sales-span-wrong). 503 sales-behind where the worker
    has not come far enough.
    """
    start = PIECES.start(paging)
    region_id = staff.region.region_id
    async with state_of(request).database.snapshot(region_id) as session:
        found = await read_figures(request, session, staff, span)
        rest = [key for key in found.pieces if start is None or key > start[0]]
        shown = rest[: paging.limit + 1]
        names = await read_names(session, region_id, span.by, shown)
    page = PIECES.page(
        shown,
        paging,
        lambda key: (key,),
        lambda key: _piece(key, names.get(key), found.pieces[key]),
    )
    before_from = date.fromordinal(span.from_day.toordinal() - span.shift)
    return SalesAnswer(
        items=page.items,
        next_cursor=page.next_cursor,
        from_day=span.from_day,
        to_day=span.to_day,
        before_from=before_from,
        before_to=date.fromordinal(span.to_day.toordinal() - span.shift),
        seq=found.seq,
        total=sold_answer(found.total.figures),
        total_before=sold_answer(found.total.before),
        customers=_customers(found.total.customers),
        new_customers=found.new_customers,
    )


async def read_figures(
    request: Request, session: AsyncSession, staff: MerchantIdentity, span: Span
) -> SalesFigures:
    """What was asked for, of the stores that the token reaches. Raises store-unknown."""
    stores = staff.stores
    if span.store_id is not None:
        await check_store(session, staff, span.store_id)
        stores = frozenset({span.store_id})
    asked = Asked(
        merchant_id=staff.merchant_id,
        stores=stores,
        by=span.by,
        from_day=span.from_day,
        to_day=span.to_day,
        shift=span.shift,
        today=staff.region.day_of(state_of(request).clock.now()),
    )
    return await sales_figures(session, staff.region, asked)


async def read_names(
    session: AsyncSession, region_id: int, by: By, keys: list[str]
) -> dict[str, str]:
    """What stores, terminals and campaigns are called, by the keys of their pieces."""
    if by not in ("store", "terminal", "campaign") or not keys:
        return {}
    ids = {key: UUID(key.partition(" ")[0]) for key in keys}
    read = names_of if by == "campaign" else names_of_stores
    names = await read(session, region_id, set(ids.values()))
    told = {key: names[name] for key, name in ids.items() if name in names}
    if by != "terminal":
        return told
    labels = {key: (store_id, key.partition(" ")[2]) for key, store_id in ids.items()}
    called = await names_of_terminals(session, region_id, labels.values())
    return {
        key: f"{store} {called.get(labels[key], labels[key][1])}".rstrip()
        for key, store in told.items()
    }


def sold_answer(figures: Figures) -> SoldAnswer:
    """With what follows from the counts."""
    return SoldAnswer.model_validate(figures, from_attributes=True)


def _piece(key: str, name: str | None, piece: Piece) -> SalesPiece:
    return SalesPiece(
        key=key,
        name=name,
        figures=sold_answer(piece.figures),
        before=sold_answer(piece.before),
        customers=_customers(piece.customers),
    )


def _customers(they: Customers | None) -> CustomersAnswer | None:
    if they is None:
        return None
    return CustomersAnswer(
        customers=they.customers, new=they.new_customers, returning=they.returning
    )
