"""What the issuer owed each merchant, and all of them together, at the end of any day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from api.admin_books import OnDay
from api.admin_merchants import InList, InNames
from api.answers import Answer
from api.closed_route import v1_router
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.past_days import books_of_page
from api.sheets import Cell, Sheet, answer_sheet, described, one_page
from api.words_in_sheets import CLASSES, MERCHANT_STATES
from campaigns.form import MerchantClass
from ledger.regions import Region
from merchants.close import MerchantState
from merchants.listing import ListedMerchant, WhichMerchants
from merchants.owed_to_merchants import Owed, owed_to_merchants, total_of

Order = Literal["most_owed", "least_owed", "newest"]
Balance = Literal["due", "owes"]
Line = tuple[ListedMerchant, Owed]

router = v1_router("administrators: books")

Reader = Annotated[AdminIdentity, administrator("finance", "approver", "auditor")]

_RANKS: Final[dict[Order, Callable[[Line], tuple[int, int]]]] = {
    "most_owed": lambda line: (-line[1].owed_yen, line[0].merchant_id.int),
    "least_owed": lambda line: (line[1].owed_yen, line[0].merchant_id.int),
    "newest": lambda line: (0, -line[0].merchant_id.int),
}
"""By what lists are in order; a cursor holds what follows from the sum and the merchant."""
_LISTINGS: Final = {order: Listing(f"owed-{order}", (int, int, UUID)) for order in _RANKS}
_CSV_HEAD: Final = (
    *("基準日", "加盟店ID", "加盟店名", "店舗区分", "業種", "地域", "現在の状態"),
    *("売上未払", "還元未払", "支払待ち", "加盟店の債務", "未払合計"),
)
_EXAMPLE: Final = (
    "\ufeff" + ",".join(_CSV_HEAD) + "\r\n"
    "2026-09-30,0192f0c1-2222-7000-8000-000000000002,見本食堂,小規模店,food,kitazawa,加盟中,"
    "125000,6250,40000,1200,170050\r\n"
    "2026-09-30,,合計,,,,,125000,6250,40000,1200,170050\r\n"
)


@dataclass(frozen=True, slots=True)
class OwedFilters:
    """Whom the list is narrowed to; state, class, name and the like are those of now."""

    state: Annotated[MerchantState | None, Query(description="Only those in it now.")] = None
    merchant_class: Annotated[
        MerchantClass | None, Query(description="Only those of this class.")
    ] = None
    category: InList = None
    area: InList = None
    text: InNames = None
    balance: Annotated[
        Balance | None,
        Query(description="Only those to whom something is due, or only those who owe more."),
    ] = None
    sort: Annotated[Order, Query(description="Which come first.")] = "most_owed"


Filtered = Annotated[OwedFilters, Depends()]


class OwedAmounts(Answer):
    """What is due and what is owed, in yen."""

    payable_yen: int = Field(examples=[125_000])
    """Sales that no settlement had taken yet."""
    cashback_yen: int = Field(examples=[6_250])
    """What campaigns had granted, kept apart from sales."""
    payout_yen: int = Field(examples=[40_000])
    """Settled, and not transferred yet."""
    owes_yen: int = Field(examples=[1_200])
    """What the merchant owed after refunds."""
    owed_yen: int = Field(examples=[170_050])
    """Payable, cashback and payout, less what the merchant owed: below zero where that was more."""


class OwedAnswer(OwedAmounts):
    """What the issuer owed one merchant."""

    merchant_id: UUID
    name: str = Field(examples=["見本食堂"])
    merchant_class: MerchantClass
    category: str = Field(examples=["food"])
    area: str = Field(examples=["kitazawa"])
    state: MerchantState
    """As it is now."""


class OwedTotal(OwedAmounts):
    """All merchants that the filters leave, on this page and on others."""

    merchants: int = Field(examples=[2_940])
    """With anything due or owed; others are left out."""


class OwedPage(Page[OwedAnswer]):
    """What was owed to merchants, and the whole of it."""

    date: date
    """The business date at whose end, or in the course of which, the books stood so."""
    seq: int = Field(examples=[4711])
    """The newest entry that is counted."""
    total: OwedTotal


@router.get(
    "/admin/owed-to-merchants",
    operation_id="listOwedToMerchants",
    summary="What was owed to merchants at the end of a day",
)
async def list_owed(
    request: Request, admin: Reader, paging: Paged, chosen: Filtered, day: OnDay = None
) -> OwedPage:
    """Each merchant with anything due or owed, and the sum of all: without filters, what the trial
    balance of that day says of payable, cashback and payout, less merchant_receivable.
    """
    listing, rank = _LISTINGS[chosen.sort], _RANKS[chosen.sort]
    start = listing.start(paging)
    shown, seq, lines = await _read(request, admin.region, chosen, day, start[0] if start else None)
    total = _total(lines)
    if start is not None:
        lines = [line for line in lines if rank(line) > (start[1], _place(chosen.sort, start[2]))]
    page = listing.page(
        lines[: paging.limit + 1],
        paging,
        lambda line: (seq, rank(line)[0], line[0].merchant_id),
        _line,
    )
    return OwedPage(
        items=page.items, next_cursor=page.next_cursor, date=shown, seq=seq, total=total
    )


@router.get(
    "/admin/owed-to-merchants.csv",
    operation_id="downloadOwedToMerchants",
    summary="The same as a table for spreadsheets",
    response_class=StreamingResponse,
    responses=described("csv", _EXAMPLE),
)
async def download_owed(
    request: Request, admin: Reader, chosen: Filtered, day: OnDay = None
) -> StreamingResponse:
    """All of them, and the whole in the last line; UTF-8 with a byte order mark."""
    shown, _, lines = await _read(request, admin.region, chosen, day, None)
    rows = [_cells(shown, line) for line in lines]
    rows.append([str(shown), "", "合計", *[""] * 4, *_amounts(total_of(owed for _, owed in lines))])
    sheet = Sheet(f"owed-to-merchants-{shown}", "未払金", _CSV_HEAD, one_page(rows))
    return await answer_sheet(sheet, "csv")


async def _read(
    request: Request, region: Region, chosen: OwedFilters, day: date | None, begun_at: int | None
) -> tuple[date, int, list[Line]]:
    """The day, the newest entry that is counted, and what was owed then, in order.

    Raises what `books_of_page` raises.
    """
    which = WhichMerchants(
        chosen.state, chosen.merchant_class, chosen.category, chosen.area, chosen.text
    )
    async with books_of_page(request, region, day, begun_at) as (session, shown, seq):
        lines = await owed_to_merchants(session, region.region_id, seq, which)
    return shown, seq, sorted(filter(_of(chosen.balance), lines), key=_RANKS[chosen.sort])


def _of(balance: Balance | None) -> Callable[[Line], bool]:
    if balance == "due":
        return lambda line: line[1].owed_yen > 0
    if balance == "owes":
        return lambda line: line[1].owed_yen < 0
    return lambda line: not line[1].is_nothing


def _place(order: Order, merchant_id: UUID) -> int:
    return -merchant_id.int if order == "newest" else merchant_id.int


def _line(line: Line) -> OwedAnswer:
    merchant, owed = line
    return OwedAnswer.model_validate(
        {
            "merchant_id": merchant.merchant_id,
            "name": merchant.name,
            "merchant_class": merchant.merchant_class,
            "category": merchant.category,
            "area": merchant.area,
            "state": merchant.state,
            **_yen(owed),
        }
    )


def _total(lines: list[Line]) -> OwedTotal:
    return OwedTotal(merchants=len(lines), **_yen(total_of(owed for _, owed in lines)))


def _yen(owed: Owed) -> dict[str, int]:
    return {name: getattr(owed, name) for name in OwedAmounts.model_fields}


def _amounts(owed: Owed) -> list[Cell]:
    return list(_yen(owed).values())


def _cells(shown: date, line: Line) -> list[Cell]:
    merchant, owed = line
    return [
        str(shown), str(merchant.merchant_id), merchant.name, CLASSES[merchant.merchant_class],
        merchant.category, merchant.area, MERCHANT_STATES[merchant.state], *_amounts(owed),
    ]  # fmt: skip
