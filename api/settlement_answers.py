"""What is told of settlement runs and settlements, to finance and to merchants."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from api.answers import Answer, in_zone_if
from ledger.regions import Region
from merchants.read_settlements import Totals
from merchants.settlement import Obstacle, Run, RunState, Settlement, SettlementState


class RunAnswer(Answer):
    """The settlements of all merchants for one period, or one on demand. Amounts in yen."""

    run_id: UUID
    merchant_id: UUID | None = Field(examples=[None])
    """Whose it is, where it was asked for between the periods; null: it is of all."""
    asked_by: str | None = Field(examples=[None])
    first_day: date = Field(examples=["2026-11-01"])
    last_day: date = Field(examples=["2026-11-15"])
    """Both are days of the region's zone, and inclusive."""
    pays_on: date = Field(examples=["2026-11-24"])
    """A bank day."""
    until_seq: int = Field(examples=[48087])
    """The newest entry that it covers."""
    state: RunState = Field(examples=["draft"])
    settlements: int = Field(examples=[2940])
    carried: int = Field(examples=[60])
    """Merchants of which nothing is paid this time."""
    sales_yen: int = Field(examples=[465_000_000])
    refunded_yen: int = Field(examples=[1_200_000])
    cashback_yen: int = Field(examples=[23_000_000])
    fee_yen: int = Field(examples=[6_900_000])
    tax_yen: int = Field(examples=[690_000])
    payout_yen: int = Field(examples=[479_210_000])
    closed_at: datetime | None = Field(examples=["2026-11-16T00:06:07.890+09:00"])
    reviewed_by: str | None = Field(examples=[None])
    reviewed_at: datetime | None = Field(examples=[None])
    approved_by: str | None = Field(examples=[None])
    approved_at: datetime | None = Field(examples=[None])
    papers: int = Field(examples=[0])
    """Statements and invoices that were issued of it so far; that begins with the approval."""
    papers_at: datetime | None = Field(examples=[None])
    """When all of them stood: some seconds later."""


class OwnSettlement(Answer):
    """What a merchant is due for a period. Amounts in yen."""

    settlement_id: UUID
    first_day: date
    last_day: date
    """Both are days of the region's zone, and inclusive."""
    pays_on: date
    """A bank day."""
    sales_yen: int = Field(examples=[158_000])
    refunded_yen: int = Field(examples=[1_200])
    """Refunds and voids that were taken from what was due."""
    cashback_yen: int = Field(examples=[7_900])
    """Granted by campaigns, less what refunds took back of it."""
    returned_yen: int = Field(examples=[0])
    """Earlier settlements that were rejected, and transfers that came back."""
    owed_yen: int = Field(examples=[0])
    """What refunds left to be owed, less what was netted of it since."""
    converted_yen: int = Field(examples=[0])
    """What the shop made coin of to pay other shops with, less what of that came back."""
    due_yen: int = Field(examples=[164_700])
    """Sales, cashback and what came back, less refunds, debts and what was converted."""
    fee_yen: int = Field(examples=[2_352])
    on_demand_fee_yen: int = Field(examples=[0])
    """The part of the fee that is for being settled between the periods."""
    tax_yen: int = Field(examples=[235])
    payout_yen: int = Field(examples=[162_113])
    state: SettlementState = Field(examples=["due"])
    obstacle: Obstacle | None = Field(examples=[None])
    """Why it is carried over to a later one."""


class SettlementAnswer(OwnSettlement):
    """The same for finance: whose it is, and which entries it covers."""

    run_id: UUID
    merchant_id: UUID
    merchant_name: str = Field(examples=["見本食堂"])
    from_seq: int = Field(examples=[31_200])
    """It covers the entries after this number."""
    until_seq: int = Field(examples=[48_087])
    has_account: bool | None = Field(examples=[True])
    """Whether a bank account was known when its run was approved, or its file made since; null
    before the approval."""


def run_answer(region: Region, run: Run, totals: Totals | None, papers: int = 0) -> RunAnswer:
    """A run with what it comes to."""
    sums = totals or Totals(*[0] * len(Totals.__slots__))
    return RunAnswer(
        run_id=run.run_id,
        merchant_id=run.merchant_id,
        asked_by=run.asked_by,
        first_day=run.first_day,
        last_day=run.last_day,
        pays_on=run.pays_on,
        until_seq=run.until_seq,
        state=run.state,
        settlements=sums.settlements,
        carried=sums.carried,
        sales_yen=sums.sales_yen,
        refunded_yen=sums.refunded_yen,
        cashback_yen=sums.cashback_yen,
        fee_yen=sums.fee_yen,
        tax_yen=sums.tax_yen,
        payout_yen=sums.payout_yen,
        closed_at=in_zone_if(run.closed_at, region),
        reviewed_by=run.reviewed_by,
        reviewed_at=in_zone_if(run.reviewed_at, region),
        approved_by=run.approved_by,
        approved_at=in_zone_if(run.approved_at, region),
        papers=papers,
        papers_at=in_zone_if(run.papers_at, region),
    )


def own_settlement(settlement: Settlement) -> OwnSettlement:
    """A settlement as its merchant sees it."""
    return OwnSettlement.model_validate(settlement, from_attributes=True)


def settlement_answer(settlement: Settlement) -> SettlementAnswer:
    """A settlement as finance sees it."""
    is_approved = settlement.run_state == "approved"
    return SettlementAnswer(
        **own_settlement(settlement).model_dump(),
        run_id=settlement.run_id,
        merchant_id=settlement.merchant_id,
        merchant_name=settlement.merchant_name,
        from_seq=settlement.from_seq,
        until_seq=settlement.until_seq,
        has_account=settlement.account_id is not None if is_approved else None,
    )
