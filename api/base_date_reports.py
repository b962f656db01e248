"""The statutory figures of a base date: unused value by its kinds, and the deposit."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse

from api.admin_books import MovesAnswer, moves_answer, shown_day
from api.answers import Answer
from api.attachments import shown
from api.base_date_page import POLICY, base_date_page
from api.base_date_table import HEAD, table_rows
from api.closed_route import v1_router
from api.days import Day
from api.identity import AdminIdentity, administrator
from api.sheets import Sheet, answer_sheet, described, one_page
from api.state import state_of
from ledger.regions import Region
from payments.base_date_report import BaseDateReport, Line, read_base_date_report
from payments.deposit import NOT_CHECKED, THRESHOLD_YEN, WORDS, IssuerKind, Rule

router = v1_router("administrators: books")

Reader = Annotated[AdminIdentity, administrator("finance", "approver", "auditor")]
OnBaseDate = Annotated[
    Day | None,
    Query(
        description="31 March or 30 September; left out, the half-year in course as it stands now.",
        examples=["2026-09-30"],
    ),
]

_EXAMPLE: Final = (
    "\ufeff" + ",".join(HEAD) + "\r\n"
    "有償 coin,580000,400000,380000,20000,0,1000000,400000,20000,0,580000\r\n…\r\n"
)
_EXAMPLE_PAGE: Final = '<!doctype html><html lang="ja">…</html>'


class ValueAnswer(Answer):
    """Some value over the half-year, and since the region began."""

    unused_before_yen: int = Field(examples=[600_000])
    """What the wallets held at the end of the base date before."""
    in_period: MovesAnswer
    """From the day after the base date before."""
    in_total: MovesAnswer
    unused_yen: int = Field(examples=[580_000])
    """Issued and neither redeemed nor expired nor refunded in total: what the wallets held."""


class KindOfValueAnswer(ValueAnswer):
    """One kind of account that holds residents' value."""

    kind: str = Field(examples=["coin"])
    value: Literal["paid", "free"]
    """Bought or granted."""


class DepositAnswer(Answer):
    """The deposit (発行保証金) that would be due, and why."""

    issuer_kind: IssuerKind
    """The setting of the region as it is now."""
    unused_paid_yen: int = Field(examples=[12_345_679])
    threshold_yen: int = Field(examples=[THRESHOLD_YEN])
    """Up to and with it nothing is due."""
    deposit_yen: int = Field(examples=[6_172_840])
    """At least so much: half, rounded up to the yen; 0 where nothing is due."""
    rule: Rule = Field(examples=["half"])
    in_words: str = Field(examples=[WORDS["half"]])


class BaseDateReportAnswer(Answer):
    """The books of a base date (基準日) of the Payment Services Act."""

    base_date: date
    previous_base_date: date
    is_final: bool
    """Whether the base date is over; if not, this is how it stands now."""
    seq: int = Field(examples=[4711])
    """The newest entry that is counted."""
    kinds: list[KindOfValueAnswer]
    paid: ValueAnswer
    """Coin: issued for money."""
    free: ValueAnswer
    """Points: granted, and no prepaid instrument while books and screens keep them apart."""
    deposit: DepositAnswer
    not_checked: list[str] = Field(examples=[list(NOT_CHECKED)])
    """What the deposit does not answer for."""


@router.get(
    "/admin/base-date-report",
    operation_id="getBaseDateReport",
    summary="The statutory figures of a base date (基準日)",
)
async def get_report(
    request: Request, admin: Reader, base_date: OnBaseDate = None
) -> BaseDateReportAnswer:
    """What was issued, redeemed, expired and refunded in the half-year and in total, what is
    unused, and the deposit by the kind of the issuer.
    """
    return _answer(await _read(request, admin.region, base_date))


@router.get(
    "/admin/base-date-report.csv",
    operation_id="downloadBaseDateReport",
    summary="The same as a table for spreadsheets",
    response_class=StreamingResponse,
    responses=described("csv", _EXAMPLE),
)
async def download_report(
    request: Request, admin: Reader, base_date: OnBaseDate = None
) -> StreamingResponse:
    """UTF-8 with a byte order mark. Below the table: the deposit, its rule, what is not checked."""
    report = await _read(request, admin.region, base_date)
    rows = one_page(table_rows(admin.region.name, report))
    return await answer_sheet(
        Sheet(f"base-date-{report.base_date}", "基準日報告", HEAD, rows), "csv"
    )


@router.get(
    "/admin/base-date-report.html",
    operation_id="printBaseDateReport",
    summary="The same as a page to print",
    response_class=HTMLResponse,
    responses=shown("text/html", _EXAMPLE_PAGE),
)
async def print_report(
    request: Request, admin: Reader, base_date: OnBaseDate = None
) -> HTMLResponse:
    """One page of A4 in Japanese, without scripts and whole in itself. A link cannot send a token:
    a client fetches it like any other answer, then shows, prints or keeps it as a file.
    """
    report = await _read(request, admin.region, base_date)
    return HTMLResponse(
        base_date_page(admin.region.name, report),
        headers={
            "content-disposition": f'inline; filename="base-date-{report.base_date}.html"',
            "content-security-policy": POLICY + "; frame-ancestors 'none'",
            "referrer-policy": "no-referrer",
        },
    )


async def _read(request: Request, region: Region, base_date: date | None) -> BaseDateReport:
    """Raises day-ahead, not-a-base-date, day-before-region."""
    state = state_of(request)
    shown_day(state, region, base_date)
    today = region.day_of(state.clock.now())
    async with state.database.snapshot(region.region_id) as session:
        return await read_base_date_report(session, region.region_id, base_date, today)


def _answer(report: BaseDateReport) -> BaseDateReportAnswer:
    return BaseDateReportAnswer(
        base_date=report.base_date,
        previous_base_date=report.previous,
        is_final=report.is_final,
        seq=report.seq,
        kinds=[
            KindOfValueAnswer.model_validate(
                {"kind": kind.kind, "value": kind.value, **_value(line).model_dump()}
            )
            for kind, line in report.kinds.items()
        ],
        paid=_value(report.paid),
        free=_value(report.free),
        deposit=DepositAnswer(
            issuer_kind=report.issuer_kind,
            unused_paid_yen=report.paid.in_total.unused,
            threshold_yen=THRESHOLD_YEN,
            deposit_yen=report.deposit.deposit_yen,
            rule=report.deposit.rule,
            in_words=WORDS[report.deposit.rule],
        ),
        not_checked=list(NOT_CHECKED),
    )


def _value(line: Line) -> ValueAnswer:
    return ValueAnswer(
        unused_before_yen=line.before.unused,
        in_period=moves_answer(line.in_period),
        in_total=moves_answer(line.in_total),
        unused_yen=line.in_total.unused,
    )
