"""A settlement (精算) as it stands, its states, and the ids that follow from its period."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final, Literal
from uuid import UUID

from core.errors import problem
from core.ids import time_of, uuid8

SETTLEMENT_UNKNOWN: Final = problem("settlement-unknown", 404, "There is no such settlement.")
SETTLEMENT_RUN_UNKNOWN: Final = problem(
    "settlement-run-unknown", 404, "There is no such settlement run."
)
SETTLEMENT_RUN_STATE_WRONG: Final = problem(
    "settlement-run-state-wrong", 409, "This cannot be done with the run in its state."
)
SETTLEMENT_STATE_WRONG: Final = problem(
    "settlement-state-wrong", 409, "This cannot be done with the settlement in its state."
)
PAYOUT_NOT_PAID: Final = problem("payout-not-paid", 409, "The settlement was not paid out.")

RunState = Literal["closing", "draft", "reviewed", "approved"]
SettlementState = Literal["carried", "due", "rejected", "paid", "returned"]
Obstacle = Literal["below-minimum", "suspended"]


@dataclass(frozen=True, slots=True)
class Run:
    """The settlements of all merchants for one period, or one on demand; days of the zone."""

    run_id: UUID
    first_day: date
    last_day: date
    pays_on: date
    until_seq: int
    """The last entry that it covers."""
    state: RunState
    opened_at: datetime
    closed_at: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    merchant_id: UUID | None
    """Whose it is, where it was asked for; None: of all."""
    asked_by: str | None
    papers_at: datetime | None
    """When all its papers stood."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one merchant is due for a period; amounts in yen."""

    settlement_id: UUID
    run_id: UUID
    merchant_id: UUID
    merchant_name: str
    first_day: date
    last_day: date
    pays_on: date
    from_seq: int
    until_seq: int
    sales_yen: int
    refunded_yen: int
    cashback_yen: int
    returned_yen: int
    owed_yen: int
    converted_yen: int
    """What the shop made coin of, less what of that came back."""
    due_yen: int
    fee_yen: int
    on_demand_fee_yen: int
    """The part of the fee that is for being settled on demand."""
    tax_yen: int
    tax_bp: int
    """The rate of that tax when it was closed, in basis points."""
    payout_yen: int
    state: SettlementState
    obstacle: Obstacle | None
    account_id: UUID | None
    run_state: RunState


def run_of(region_code: str, last_day: date) -> UUID:
    """The id of the run that ends on this day: there is one."""
    return uuid8(_midnight(last_day), "settlement run", region_code)


def run_on_demand(region_code: str, settlement_id: UUID) -> UUID:
    """The id of the run of one settlement that was asked for under this id."""
    return uuid8(time_of(settlement_id), "settlement run", region_code, settlement_id)


def settlement_of(region_code: str, last_day: date, merchant_id: UUID) -> UUID:
    """The id of a merchant's settlement in that run, and of the entry that closes it."""
    return uuid8(_midnight(last_day), "settlement", region_code, merchant_id)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
