"""The books: trial balance and unused balance, now or at the end of a past day."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer
from api.closed_route import v1_router
from api.days import Day
from api.identity import AdminIdentity, administrator
from api.state import State, state_of
from core.errors import Problem, problem
from ledger.regions import Region
from ledger.trial_balance import Line, trial_balance
from ledger.unused_balance import Issue, is_base_date, unused_balance

DAY_AHEAD: Final = problem("day-ahead", 422, "That day has not begun yet.")

router = v1_router("administrators: books")

Reader = Annotated[AdminIdentity, administrator("finance", "auditor")]
OnDay = Annotated[
    Day | None,
    Query(
        alias="date",
        description="The end of this business date; left out, the books as they stand now.",
        examples=["2026-09-30"],
    ),
]


class TrialBalanceLine(Answer):
    """One kind of account; amounts in yen (1 point = ¥1) since the region began."""

    kind: str = Field(examples=["coin"])
    account_class: Literal["asset", "liability", "income"]
    value: Literal["paid", "free"] | None
    """Bought or granted value of residents; null where it is neither."""
    debit_yen: int = Field(examples=[420_000])
    credit_yen: int = Field(examples=[1_000_000])
    balance_yen: int = Field(examples=[580_000])
    """On the kind's own side: debits less credits for assets, else the other way round."""


class TrialBalanceAnswer(Answer):
    """Every kind of account. Debits and credits are the same sum, or the books are broken."""

    date: date
    """The business date at whose end, or in the course of which, the books stood so."""
    seq: int = Field(examples=[4711])
    """The newest entry that is counted."""
    items: list[TrialBalanceLine]
    debit_yen: int = Field(examples=[3_000_000])
    credit_yen: int = Field(examples=[3_000_000])
    difference_yen: int = Field(examples=[0])


class MovesAnswer(Answer):
    """What became of value, in yen; what was undone is not counted."""

    issued_yen: int = Field(examples=[1_000_000])
    redeemed_yen: int = Field(examples=[400_000])
    expired_yen: int = Field(examples=[20_000])
    refunded_yen: int = Field(examples=[0])
    """Coin that went back for what was paid for it: top-ups that were reversed, and what shops had
    made of their payable and did not use."""


class IssueAnswer(MovesAnswer):
    """Value since the region began."""

    unused_yen: int = Field(examples=[580_000])
    """Issued and neither redeemed nor expired nor refunded: what the wallets hold."""


class UnusedBalanceAnswer(Answer):
    """The unused balance (未使用残高), bought and granted value apart."""

    date: date
    is_base_date: bool
    """31 March and 30 September, the base dates of the Payment Services Act."""
    seq: int = Field(examples=[4711])
    paid: IssueAnswer
    """Coin: issued for money."""
    free: IssueAnswer
    """Points: granted, and no prepaid instrument while books and screens keep them apart."""


@router.get(
    "/admin/trial-balance", operation_id="getTrialBalance", summary="The trial balance (試算表)"
)
async def get_trial_balance(
    request: Request, admin: Reader, day: OnDay = None
) -> TrialBalanceAnswer:
    """Debits, credits and balance of every kind of account."""
    state = state_of(request)
    region = admin.region
    shown = shown_day(state, region, day)
    async with state.database.snapshot(region.region_id) as session:
        books = await trial_balance(session, region.region_id, day)
    return TrialBalanceAnswer(
        date=shown,
        seq=books.seq,
        items=[_line(line) for line in books.lines],
        debit_yen=books.debit_yen,
        credit_yen=books.credit_yen,
        difference_yen=books.debit_yen - books.credit_yen,
    )


@router.get(
    "/admin/unused-balance",
    operation_id="getUnusedBalance",
    summary="The unused balance (未使用残高)",
)
async def get_unused_balance(
    request: Request, admin: Reader, day: OnDay = None
) -> UnusedBalanceAnswer:
    """What was issued, redeemed, expired and refunded to date, and what is unused."""
    state = state_of(request)
    region = admin.region
    shown = shown_day(state, region, day)
    async with state.database.snapshot(region.region_id) as session:
        books = await unused_balance(session, region.region_id, day)
    return UnusedBalanceAnswer(
        date=shown,
        is_base_date=is_base_date(shown),
        seq=books.seq,
        paid=issue_answer(books.paid),
        free=issue_answer(books.free),
    )


def shown_day(state: State, region: Region, day: date | None) -> date:
    """The day that is shown. A day that lies ahead has no books: 422 day-ahead."""
    today = region.day_of(state.clock.now())
    if day is not None and day > today:
        raise Problem(DAY_AHEAD, today=today.isoformat())
    return today if day is None else day


def _line(line: Line) -> TrialBalanceLine:
    return TrialBalanceLine.model_validate(
        {
            "kind": line.kind,
            "account_class": line.account_class,
            "value": line.value,
            "debit_yen": line.debit_yen,
            "credit_yen": line.credit_yen,
            "balance_yen": line.balance_yen,
        }
    )


def issue_answer(issue: Issue) -> IssueAnswer:
    """What became of some value."""
    return IssueAnswer(**dict(moves_answer(issue)), unused_yen=issue.unused)


def moves_answer(issue: Issue) -> MovesAnswer:
    """The same without what is left."""
    return MovesAnswer(
        issued_yen=issue.issued,
        redeemed_yen=issue.redeemed,
        expired_yen=issue.expired,
        refunded_yen=issue.refunded,
    )
