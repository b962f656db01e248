"""What each funder owed of each campaign and benefit, and all of them together, on any day."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from api.admin_books import OnDay
from api.admin_merchants import InNames
from api.answers import Answer
from api.closed_route import v1_router
from api.fields import Label, Uuid
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.past_days import books_of_page
from api.sheets import Cell, Sheet, answer_sheet, described, one_page
from api.words_in_sheets import BENEFIT_STATES, CAMPAIGN_STATES, FUNDED
from campaigns.benefit import BenefitState
from campaigns.life import CampaignState
from campaigns.owed_by_funders import (
    Funded,
    FunderPart,
    Owed,
    by_funder,
    owed_by_funders,
    total_of,
)
from ledger.regions import Region
from merchants.application import as_searched

Order = Literal["most_owed", "least_owed"]
Balance = Literal["owes", "is_due"]
Lines = Literal["part", "funder"]
StateNow = Literal[CampaignState, BenefitState]

router = v1_router("administrators: books")

Reader = Annotated[AdminIdentity, administrator("finance", "approver", "auditor")]

_LISTINGS: Final = {
    (lines, order): Listing(f"owed-by-{lines}-{order}", (int, int, int, UUID))
    for lines in ("part", "funder")
    for order in ("most_owed", "least_owed")
}
_WORDS: Final = {**BENEFIT_STATES, **CAMPAIGN_STATES}
_CSV_HEAD: Final = (
    *("基準日", "出資者", "件数", "区分", "ID", "名称", "現在の状態"),
    *("拠出額", "返還額", "入金額", "未収額", "負担額(累計)", "失効分", "差引未収額"),
)
_EXAMPLE: Final = (
    "\ufeff" + ",".join(_CSV_HEAD) + "\r\n"
    "2026-09-30,city,1,キャンペーン,0192f0c1-2222-7000-8000-000000000003,秋の還元,実施中,"
    "35000000,0,20000000,15000000,864150,1200,14998800\r\n"
    "2026-09-30,合計,1,,,,,35000000,0,20000000,15000000,864150,1200,14998800\r\n"
)


@dataclass(frozen=True, slots=True)
class FunderFilters:
    """What the list is narrowed to; the state and the name are those of now."""

    funder: Annotated[
        Label | None, Query(description="Only this one, as fundings name it.", examples=["city"])
    ] = None
    funded: Annotated[Funded | None, Query(description="Only campaigns, or benefits.")] = None
    funded_id: Annotated[Uuid | None, Query(description="Only this campaign or benefit.")] = None
    state: Annotated[StateNow | None, Query(description="Only those in it now.")] = None
    text: InNames = None
    balance: Annotated[
        Balance | None,
        Query(description="Only who owes anything, or only who is due something, net."),
    ] = None
    lines: Annotated[
        Lines,
        Query(description="A line for each campaign and benefit, or one for each funder."),
    ] = "part"
    sort: Annotated[Order, Query(description="Which come first, by `net_yen`.")] = "most_owed"

    def parts(self, parts: list[FunderPart]) -> list[FunderPart]:
        """The lines that are left, in order."""
        chosen = [part for part in parts if self._is_of(part)]
        lines = by_funder(chosen) if self.lines == "funder" else chosen
        return sorted(filter(self._has_balance, lines), key=self.place)

    def place(self, part: FunderPart) -> tuple[int, int, UUID]:
        """Where a line stands; whoever owes the same stands in any order that stays."""
        net_yen = part.owed.net_yen
        digest = hashlib.blake2b(part.funder.encode(), digest_size=7).digest()
        rank = -net_yen if self.sort == "most_owed" else net_yen
        return rank, int.from_bytes(digest), part.funded_id

    def _is_of(self, part: FunderPart) -> bool:
        return (
            self.funder in (None, part.funder)
            and self.funded in (None, part.funded)
            and self.funded_id in (None, part.funded_id)
            and self.state in (None, part.state)
            and (self.text is None or as_searched(self.text) in as_searched(part.name or ""))
        )

    def _has_balance(self, part: FunderPart) -> bool:
        net_yen = part.owed.net_yen
        if self.balance == "owes":
            return net_yen > 0
        return self.balance is None or net_yen < 0


Filtered = Annotated[FunderFilters, Depends()]


class FunderAmounts(Answer):
    """What funders promised and what became of it, in yen."""

    promised_yen: int = Field(examples=[35_000_000])
    """By fundings."""
    returned_yen: int = Field(examples=[0])
    """Of it, what was given back after the end: they owe so much less."""
    paid_yen: int = Field(examples=[20_000_000])
    """What bank lines brought that were matched, and entered, until then."""
    owed_yen: int = Field(examples=[15_000_000])
    """Promised, and neither given back nor paid; below zero what is due to them."""
    spent_yen: int = Field(examples=[864_150])
    """What they bear of rebates, cashback and points of benefits, less what was taken back."""
    expired_yen: int = Field(examples=[1_200])
    """Of that, points that nobody used until they were over: owed back to the funder."""
    net_yen: int = Field(examples=[14_998_800])
    """Owed less expired: below zero where more is due to them than they owe."""


class FunderOwesAnswer(FunderAmounts):
    """What a funder owed of one campaign or benefit, or of all that the filters leave."""

    funder: str = Field(examples=["city"])
    parts: int = Field(examples=[1])
    """Of how many campaigns and benefits."""
    funded: Funded | None
    """What it put money into; null in lines for each funder, and so are id, name and state."""
    funded_id: UUID | None
    name: str | None = Field(examples=["秋の還元"])
    state: StateNow | None
    """As it is now."""


class FundersTotal(FunderAmounts):
    """All that the filters leave, on this page and on others."""

    funders: int = Field(examples=[3])
    parts: int = Field(examples=[5])


class FunderOwesPage(Page[FunderOwesAnswer]):
    """What funders owed, and the whole of it."""

    date: date
    """The business date at whose end, or in the course of which, the books stood so."""
    seq: int = Field(examples=[4711])
    """The newest entry that is counted."""
    total: FundersTotal


@router.get(
    "/admin/owed-by-funders",
    operation_id="listOwedByFunders",
    summary="What funders owed at the end of a day",
)
async def list_owed_by_funders(
    request: Request, admin: Reader, paging: Paged, chosen: Filtered, day: OnDay = None
) -> FunderOwesPage:
    """Who promised how much for what, and what is still to be paid of it. Without filters the sums
    are those of that day's trial balance: promised less returned is `funder_receivable`, paid is
    `funder_paid`, expired is `funder_payable`.
    """
    listing = _LISTINGS[chosen.lines, chosen.sort]
    start = listing.start(paging)
    shown, seq, lines = await _read(request, admin.region, chosen, day, start[0] if start else None)
    total = _total(lines)
    if start is not None:
        lines = [line for line in lines if chosen.place(line) > start[1:]]
    page = listing.page(
        lines[: paging.limit + 1], paging, lambda line: (seq, *chosen.place(line)), _line
    )
    return FunderOwesPage(
        items=page.items, next_cursor=page.next_cursor, date=shown, seq=seq, total=total
    )


@router.get(
    "/admin/owed-by-funders.csv",
    operation_id="downloadOwedByFunders",
    summary="The same as a table for spreadsheets",
    response_class=StreamingResponse,
    responses=described("csv", _EXAMPLE),
)
async def download_owed_by_funders(
    request: Request, admin: Reader, chosen: Filtered, day: OnDay = None
) -> StreamingResponse:
    """All of them, and the whole in the last line; UTF-8 with a byte order mark."""
    shown, _, lines = await _read(request, admin.region, chosen, day, None)
    rows = list(_rows(shown, lines))
    sheet = Sheet(f"owed-by-funders-{shown}", "出資者未収金", _CSV_HEAD, one_page(rows))
    return await answer_sheet(sheet, "csv")


async def _read(
    request: Request, region: Region, chosen: FunderFilters, day: date | None, begun_at: int | None
) -> tuple[date, int, list[FunderPart]]:
    """The day, the newest entry that is counted, and what was owed then, in order.

    Raises what `books_of_page` raises.
    """
    async with books_of_page(request, region, day, begun_at) as (session, shown, seq):
        parts = await owed_by_funders(session, region.region_id, seq)
    return shown, seq, chosen.parts(parts)


def _line(line: FunderPart) -> FunderOwesAnswer:
    return FunderOwesAnswer.model_validate(
        {
            "funder": line.funder,
            "parts": line.parts,
            "funded": line.funded,
            "funded_id": line.funded_id if line.funded else None,
            "name": line.name,
            "state": line.state,
            **_yen(line.owed),
        }
    )


def _total(lines: list[FunderPart]) -> FundersTotal:
    return FundersTotal(
        funders=len({line.funder for line in lines}),
        parts=sum(line.parts for line in lines),
        **_yen(total_of(line.owed for line in lines)),
    )


def _rows(shown: date, lines: list[FunderPart]) -> Iterator[list[Cell]]:
    for line in lines:
        what: list[Cell] = ["", "", "", ""]
        if line.funded is not None:
            state = _WORDS[line.state or ""]
            what = [FUNDED[line.funded], str(line.funded_id), line.name, state]
        yield [str(shown), line.funder, line.parts, *what, *_yen(line.owed).values()]
    total = _yen(total_of(line.owed for line in lines))
    parts = sum(line.parts for line in lines)
    yield [str(shown), "合計", parts, *[""] * 4, *total.values()]


def _yen(owed: Owed) -> dict[str, int]:
    return {name: getattr(owed, name) for name in FunderAmounts.model_fields}
