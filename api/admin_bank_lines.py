"""Bank lines for finance: what is open, proposed, confirmed or set aside, with sums, as CSV."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BeforeValidator, Field
from starlette.requests import Request

from api.admin_settlements import Reader
from api.answers import Answer
from api.bank_line_answers import BankLineAnswer, BankLineLook, Side, line_answer, line_look
from api.closed_route import v1_router
from api.days import Day
from api.fields import Label, QueryYen, Uuid, digits
from api.identity import AdminIdentity
from api.pages import Listing, Page, Paged
from api.sheets import Cell, Form, Rows, Sheet, answer_sheet, described
from api.state import state_of
from api.words_in_sheets import LINE_STATES, MATCH_KINDS
from core.errors import Problem
from ledger.regions import Region
from merchants.line_match import LINE_UNKNOWN, matches_of_line
from payments.list_bank_lines import (
    BankLine,
    LineState,
    StateFilter,
    WantedLines,
    list_bank_lines,
    total_bank_lines,
)
from payments.propose_matches import propose_matches
from payments.reconcile_bank import AccountFigures, reconcile_bank

router = v1_router("administrators: bank")

LINES: Final = Listing("bank-lines", (UUID,))
PIECE: Final = 500
_HEAD: Final = (
    "日付", "口座ID", "口座名", "入金", "出金", "残高", "摘要", "照会番号", "状態", "種別",
    "対象ID", "明細ID",
)  # fmt: skip
_EXAMPLE: Final = (
    "\ufeff日付,口座ID,口座名,入金,出金,残高,摘要,…\r\n"
    "2026-01-05,0192f0c1-2222-7000-8000-000000000001,加盟店精算口座,,2951,97049,総合振込,…\r\n"
)


@dataclass(frozen=True, slots=True)
class LineFilters:
    """Which lines are wanted. Days and bounds are inclusive."""

    own_account_id: Annotated[Uuid | None, Query(description="Only those of this account.")] = None
    state: Annotated[
        StateFilter | None, Query(description="Only in this state; `open`: nobody decided yet.")
    ] = None
    side: Annotated[Side | None, Query(description="Only money that came in, or went out.")] = None
    from_day: Annotated[Day | None, Query(description="Booked on this day or later.")] = None
    to_day: Annotated[Day | None, Query(description="Booked on this day or before.")] = None
    min_age_days: Annotated[
        Annotated[int, Field(ge=0, le=36_500), BeforeValidator(digits)] | None,
        Query(description="Booked at least so many days ago."),
    ] = None
    min_yen: Annotated[QueryYen | None, Query(description="Of at least this amount.")] = None
    max_yen: Annotated[QueryYen | None, Query(description="Of at most this amount.")] = None
    text: Annotated[
        Label | None,
        Query(description="A part of the text, in any kana, or the bank's own number."),
    ] = None


class LineTotalsAnswer(Answer):
    """The lines of one state. Amounts in yen."""

    state: LineState = Field(examples=["unmatched"])
    lines: int = Field(examples=[3])
    incoming_yen: int = Field(examples=[1_500_984])
    outgoing_yen: int = Field(examples=[440])


class LineTotalsList(Answer):
    """For each state in which there are such lines."""

    items: list[LineTotalsAnswer]


class AccountFiguresAnswer(Answer):
    """What the statements of an own account say. Amounts in yen."""

    own_account_id: UUID
    label: str = Field(examples=["加盟店精算口座"])
    first_day: date | None
    last_day: date | None
    """Of its statements; null where there is none."""
    lines: int = Field(examples=[42])
    incoming_yen: int = Field(examples=[1_500_984])
    outgoing_yen: int = Field(examples=[3_391])
    opening_yen: int | None = Field(examples=[100_000])
    closing_yen: int | None = Field(examples=[1_597_593])
    gap_yen: int | None = Field(examples=[0])
    """By how much the last balance is not the first one with all lines: unless it is 0, a statement
    is missing. Null where the bank says no balances."""


class ReconciliationAnswer(Answer):
    """The ledger's bank account beside all bank lines. Amounts in yen; less is negative."""

    accounts: list[AccountFiguresAnswer]
    ledger_yen: int = Field(examples=[1_497_049])
    """What the ledger's account of the bank holds: what came, less payouts that were paid."""
    lines_yen: int = Field(examples=[1_496_609])
    difference_yen: int = Field(examples=[-440])
    """Lines less ledger: the parts below, less what was entered without a line."""
    open_yen: int = Field(examples=[0])
    """Lines that nobody has said anything of."""
    aside_yen: int = Field(examples=[-440])
    fundings_yen: int = Field(examples=[0])
    """Of funders, matched before there were entries for that: undone and matched again, it is
    entered."""
    providers_yen: int = Field(examples=[0])
    """Of providers of top-ups: the same."""
    fees_yen: int = Field(examples=[0])
    """What banks kept of transfers."""
    entered_yen: int = Field(examples=[0])
    """Paid and returned without a line, as yet."""
    unexplained_yen: int = Field(examples=[0])
    """0, but while a file is being paid."""


@router.get(
    "/admin/bank-lines", operation_id="listBankLines", summary="Bank lines, the latest day first"
)
async def list_all(
    request: Request, admin: Reader, paging: Paged, chosen: Annotated[LineFilters, Depends()]
) -> Page[BankLineAnswer]:
    """Each stands for one thing at most."""
    region, today = admin.region, _today(request, admin.region)
    start, wanted = LINES.start(paging), _wanted(chosen, today)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_bank_lines(
            db, region.region_id, wanted, start[0] if start else None, paging.limit + 1
        )
    return LINES.page(rows, paging, lambda row: (row.line_id,), lambda row: line_answer(row, today))


@router.get(
    "/admin/bank-line-totals",
    operation_id="totalBankLines",
    summary="The same, added up by their state",
)
async def total_all(
    request: Request, admin: Reader, chosen: Annotated[LineFilters, Depends()]
) -> LineTotalsList:
    """All that the filters leave."""
    wanted = _wanted(chosen, _today(request, admin.region))
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        rows = await total_bank_lines(db, admin.region.region_id, wanted)
    return LineTotalsList(
        items=[
            LineTotalsAnswer(
                state=row.state,
                lines=row.lines,
                incoming_yen=row.incoming_yen,
                outgoing_yen=row.outgoing_yen,
            )
            for row in rows
        ]
    )


@router.get(
    "/admin/bank-lines.csv",
    operation_id="downloadBankLines",
    summary="The same as a table for spreadsheets",
    response_class=StreamingResponse,
    responses=described("csv", _EXAMPLE),
)
async def download(
    request: Request, admin: Reader, chosen: Annotated[LineFilters, Depends()]
) -> StreamingResponse:
    """UTF-8 with a byte order mark, as Excel reads it; made while it is sent."""
    return await _sheet(request, admin, chosen, "csv")


@router.get(
    "/admin/bank-lines.xlsx",
    operation_id="downloadBankLinesAsXlsx",
    summary="The same as XLSX",
    response_class=StreamingResponse,
    responses=described("xlsx", ""),
)
async def download_xlsx(
    request: Request, admin: Reader, chosen: Annotated[LineFilters, Depends()]
) -> StreamingResponse:
    """The bank's own numbers keep their zeros in it, which a spreadsheet drops from a CSV."""
    return await _sheet(request, admin, chosen, "xlsx")


@router.get(
    "/admin/bank-lines/{line_id}", operation_id="getBankLine", summary="One bank line by itself"
)
async def get_line(request: Request, admin: Reader, line_id: Uuid) -> BankLineLook:
    """With what it may stand for, by amount, day and name."""
    region, today = admin.region, _today(request, admin.region)
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await list_bank_lines(db, region.region_id, WantedLines(line_id=line_id), None, 1)
        if not found:
            raise Problem(LINE_UNKNOWN)
        proposals = await propose_matches(db, region.region_id, line_id)
        matches = await matches_of_line(db, region.region_id, line_id)
    return line_look(region, found[0], today, proposals, matches)


@router.get(
    "/admin/bank-reconciliation",
    operation_id="reconcileBank",
    summary="The ledger's bank account beside the statements",
)
async def reconcile(request: Request, admin: Reader) -> ReconciliationAnswer:
    """As both stand now, with what the difference is of."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        accounts, all_of_it = await reconcile_bank(db, admin.region.region_id)
    names = [name for name in ReconciliationAnswer.model_fields if name.endswith("_yen")]
    return ReconciliationAnswer(
        accounts=[_figures(each) for each in accounts],
        **{name: getattr(all_of_it, name) for name in names},
    )


async def _sheet(
    request: Request, admin: AdminIdentity, chosen: LineFilters, form: Form
) -> StreamingResponse:
    wanted = _wanted(chosen, _today(request, admin.region))
    pages = _pages(request, admin.region, wanted)
    return await answer_sheet(Sheet("bank-lines", "入出金明細", _HEAD, pages), form)


def _figures(account: AccountFigures) -> AccountFiguresAnswer:
    names = AccountFiguresAnswer.model_fields.keys() - {"own_account_id"}
    told = {name: getattr(account, name) for name in names}
    return AccountFiguresAnswer(own_account_id=account.account_id, **told)


def _today(request: Request, region: Region) -> date:
    return region.day_of(state_of(request).clock.now())


def _wanted(chosen: LineFilters, today: date) -> WantedLines:
    to_day = chosen.to_day
    if chosen.min_age_days is not None:
        aged = today - timedelta(days=chosen.min_age_days)
        to_day = aged if to_day is None else min(to_day, aged)
    return WantedLines(
        account_id=chosen.own_account_id,
        from_day=chosen.from_day,
        to_day=to_day,
        is_incoming=None if chosen.side is None else chosen.side == "incoming",
        min_yen=chosen.min_yen,
        max_yen=chosen.max_yen,
        said=chosen.text,
        state=chosen.state,
    )


async def _pages(request: Request, region: Region, wanted: WantedLines) -> AsyncIterator[Rows]:
    """Each page is read in a session of its own, so a slow download holds no connection."""
    before: UUID | None = None
    while True:
        async with state_of(request).database.snapshot(region.region_id) as db:
            rows = await list_bank_lines(db, region.region_id, wanted, before, PIECE)
        if rows:
            yield [_cells(row) for row in rows]
        if len(rows) < PIECE:
            return
        before = rows[-1].line_id


def _cells(row: BankLine) -> list[Cell]:
    came, went = (row.amount_yen, None) if row.is_incoming else (None, row.amount_yen)
    target = "" if row.target_id is None else str(row.target_id)
    return [
        str(row.booked_on), str(row.account_id), row.account_label, came, went, row.balance_yen,
        row.said, row.reference, LINE_STATES[row.state],
        MATCH_KINDS[row.kind] if row.kind else "", target, str(row.line_id),
    ]  # fmt: skip
