"""What a merchant sold as files: the figures, and each payment, refund and void."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Final

from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.answers import in_zone
from api.closed_route import v1_router
from api.identity import MerchantIdentity
from api.sales import Sale, StorePayment
from api.sales_figures import (
    Bookkeeper,
    FirstDay,
    LastDay,
    Span,
    Spanned,
    check_span,
    read_figures,
    read_names,
)
from api.sales_search import Searched, in_answers, of_staff
from api.sheets import Cell, Form, Rows, Sheet, answer_sheet, described, one_page
from api.state import state_of
from core.errors import Problem, problem
from ledger.books import Entry
from merchants.read_sales import clerk_of
from merchants.sale import Customers, Figures
from merchants.sales_figures import By, Piece
from merchants.search_sales import WantedSales, search_sales

SALES_EXPORT_TOO_LONG: Final = problem(
    "sales-export-too-long", 422, "So many sales do not fit into one file: choose fewer days."
)
MOST_ROWS: Final[dict[Form, int]] = {"csv": 1_000_000, "xlsx": 100_000}
"""A spreadsheet has 1,048,576 lines at most."""
PAGE: Final = 500

router: Final = v1_router("merchants")

_SALES_HEAD: Final = (
    "日時", "営業日", "種別", "店舗", "端末", "金額", "うちコイン", "返金済額", "状態",
    "還元（店舗）", "還元取戻し（店舗）", "請求番号", "理由", "担当ID", "取引ID", "支払いID",
)  # fmt: skip
_KINDS: Final = {"payment": "支払い", "refund": "返金", "void": "取消"}
_STATES: Final = {
    "paid": "支払い済み",
    "partly_refunded": "一部返金",
    "refunded": "全額返金",
    "voided": "取消済み",
}
_PIECE_OF: Final[dict[By, str]] = {
    "day": "日", "week": "週（月曜日）", "month": "月", "weekday": "曜日", "hour": "時間帯",
    "store": "店舗ID", "terminal": "店舗ID・端末", "clerk": "担当ID", "campaign": "キャンペーンID",
}  # fmt: skip
_WEEKDAYS: Final = dict(zip("1234567", "月火水木金土日", strict=True))
_FIGURES: Final = (
    "支払い件数", "支払い額", "平均額", "返金件数", "返金額", "取消件数", "取消額", "差引額",
    "還元（店舗）", "還元取戻し（店舗）",
)  # fmt: skip
_CUSTOMERS: Final = ("利用客数", "新規", "再来")
_EXAMPLE_OF_FIGURES: Final = (
    "\ufeff日,名称,支払い件数,支払い額,…\r\n2026-11-22,,42,50400,…\r\n合計,,42,50400,…\r\n"
)
_EXAMPLE_OF_SALES: Final = (
    "\ufeff日時,営業日,種別,店舗,端末,金額,…\r\n"
    "2026-11-22 12:34:56,2026-11-22,支払い,見本食堂,TILL-1,1200,…\r\n"
)


@router.get(
    "/sales/figures.csv",
    operation_id="downloadSalesFiguresAsCsv",
    summary="What my merchant sold, in pieces, as CSV",
    response_class=StreamingResponse,
    responses=described("csv", _EXAMPLE_OF_FIGURES),
)
async def get_figures_csv(request: Request, staff: Bookkeeper, span: Spanned) -> StreamingResponse:
    """UTF-8 with a byte order mark. All pieces, then the whole, each beside the days before."""
    return await _figures(request, staff, span, "csv")


@router.get(
    "/sales/figures.xlsx",
    operation_id="downloadSalesFiguresAsXlsx",
    summary="What my merchant sold, in pieces, as XLSX",
    response_class=StreamingResponse,
    responses=described("xlsx", ""),
)
async def get_figures_xlsx(request: Request, staff: Bookkeeper, span: Spanned) -> StreamingResponse:
    """All pieces, then the whole, each beside the days before."""
    return await _figures(request, staff, span, "xlsx")


@router.get(
    "/sales/payments.csv",
    operation_id="downloadSalesAsCsv",
    summary="Payments, refunds and voids of my stores as CSV",
    response_class=StreamingResponse,
    responses=described("csv", _EXAMPLE_OF_SALES),
)
async def get_sales_csv(
    request: Request, staff: Bookkeeper, searched: Searched, from_day: FirstDay, to_day: LastDay
) -> StreamingResponse:
    """Oldest first, UTF-8 with a byte order mark, times in the region's zone. At most 400 days
    (422 sales-span-wrong), and at most 1,000,000 sales in those days, whatever else is asked for
    (422 sales-export-too-long).
    """
    return await _sales(request, staff, searched, (from_day, to_day), "csv")


@router.get(
    "/sales/payments.xlsx",
    operation_id="downloadSalesAsXlsx",
    summary="Payments, refunds and voids of my stores as XLSX",
    response_class=StreamingResponse,
    responses=described("xlsx", ""),
)
async def get_sales_xlsx(
    request: Request, staff: Bookkeeper, searched: Searched, from_day: FirstDay, to_day: LastDay
) -> StreamingResponse:
    """As CSV, but at most 100,000 sales. 503 export-busy while others are being made."""
    return await _sales(request, staff, searched, (from_day, to_day), "xlsx")


async def _figures(
    request: Request, staff: MerchantIdentity, span: Span, form: Form
) -> StreamingResponse:
    region_id = staff.region.region_id
    async with state_of(request).database.snapshot(region_id) as session:
        found = await read_figures(request, session, staff, span)
        names = await read_names(session, region_id, span.by, list(found.pieces))
    rows = [
        _figures_row(_WEEKDAYS[key] if span.by == "weekday" else key, names.get(key, ""), piece)
        for key, piece in found.pieces.items()
    ]
    rows.append(_figures_row("合計", "", found.total))
    before = [f"前期間 {title}" for title in _FIGURES]
    head = (_PIECE_OF[span.by], "名称", *_FIGURES, *before, *_CUSTOMERS)
    name = f"sales-by-{span.by}-{span.from_day}-{span.to_day}"
    return await answer_sheet(Sheet(name, "売上集計", head, one_page(rows)), form)


def _figures_row(key: str, name: str, piece: Piece) -> list[Cell]:
    return [key, name, *_sold(piece.figures), *_sold(piece.before), *_came(piece.customers)]


def _sold(figures: Figures) -> list[Cell]:
    return [
        figures.payments, figures.paid_yen, figures.average_yen, figures.refunds,
        figures.refunded_yen, figures.voids, figures.voided_yen, figures.net_yen,
        figures.cashback_yen, figures.cashback_taken_yen,
    ]  # fmt: skip


def _came(they: Customers | None) -> list[Cell]:
    return [None] * 3 if they is None else [they.customers, they.new_customers, they.returning]


async def _sales(
    request: Request,
    staff: MerchantIdentity,
    searched: WantedSales,
    days: tuple[date, date],
    form: Form,
) -> StreamingResponse:
    check_span(*days)
    store_id = next(iter(searched.stores)) if searched.stores else None
    span = Span(*days, "month", store_id, "same_length")
    async with state_of(request).database.snapshot(staff.region.region_id) as session:
        wanted = await of_staff(session, staff, searched, *days)
        await _refuse_too_long(request, session, staff, span, form)
    name = f"sales-{span.from_day}-{span.to_day}"
    pages = _pages(request, staff, wanted)
    return await answer_sheet(Sheet(name, "売上明細", _SALES_HEAD, pages), form)


async def _refuse_too_long(
    request: Request, session: AsyncSession, staff: MerchantIdentity, span: Span, form: Form
) -> None:
    sold = (await read_figures(request, session, staff, span)).total.figures
    if sold.payments + sold.refunds + sold.voids > MOST_ROWS[form]:
        raise Problem(SALES_EXPORT_TOO_LONG, most_rows=MOST_ROWS[form])


async def _pages(
    request: Request, staff: MerchantIdentity, wanted: WantedSales
) -> AsyncIterator[Rows]:
    """Each page is read in a session of its own, so a slow download holds no connection."""
    state, region, seq = state_of(request), staff.region, 0
    while True:
        async with state.database.snapshot(region.region_id) as session:
            rows = await search_sales(
                session, region.region_id, wanted, seq, PAGE, is_oldest_first=True
            )
            told = await in_answers(session, region, rows)
        if rows:
            yield [_sales_row(staff, row, told[row.entry_id]) for row in rows]
        if len(rows) < PAGE:
            return
        seq = rows[-1].seq


def _sales_row(staff: MerchantIdentity, entry: Entry, sale: Sale) -> list[Cell]:
    at = in_zone(entry.at, staff.region)
    day, kind, store = str(entry.business_date), _KINDS[sale.kind], entry.facts["store_name"]
    if isinstance(sale, StorePayment):
        return [
            at, day, kind, store, sale.terminal, sale.amount_yen, sale.coin_yen,
            sale.refunded_yen, _STATES[sale.state], sale.cashback_yen, None, sale.reference,
            "", "", str(sale.payment_id), str(sale.payment_id),
        ]  # fmt: skip
    return [
        at, day, kind, store, "", sale.amount_yen, None, None, "", None, sale.cashback_taken_yen,
        "", sale.reason, clerk_of(entry.kind, entry.actor), str(entry.entry_id),
        str(sale.payment_id),
    ]  # fmt: skip
