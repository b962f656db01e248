"""How bank lines, what they stand for, and what they may stand for are told to finance."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.answers import Answer, in_zone, in_zone_if
from ledger.regions import Region
from merchants.line_match import LineMatch, MatchKind
from payments.list_bank_lines import BankLine, LineState
from payments.propose_matches import Proposal

Side = Literal["incoming", "outgoing"]


class BankLineAnswer(Answer):
    """A line of a bank statement, as the bank wrote it, and its state. Amounts in yen."""

    line_id: UUID
    own_account_id: UUID
    statement_id: UUID
    """The first statement that had it."""
    row: int = Field(examples=[5])
    """Its row there."""
    booked_on: date
    age_days: int = Field(examples=[2])
    side: Side = Field(examples=["outgoing"])
    amount_yen: int = Field(examples=[2_951])
    balance_yen: int | None = Field(examples=[97_049])
    """After it; null where the bank does not say."""
    text: str = Field(examples=["総合振込"])
    reference: str = Field(examples=["000123"])
    """The bank's own number of the line; empty where it has none."""
    state: LineState = Field(examples=["proposed"])
    match_id: UUID | None
    """By which it is confirmed or set aside."""
    kind: MatchKind | None
    target_id: UUID | None


class LineMatchAnswer(Answer):
    """What a person said that a line stands for. Amounts in yen."""

    match_id: UUID
    line_id: UUID
    kind: MatchKind = Field(examples=["file"])
    target_id: UUID | None
    """A transfer file, a settlement, a funding, a provider's account or a debit note; null: set
    aside."""
    amount_yen: int = Field(examples=[2_951])
    """What the target is given."""
    fee_yen: int = Field(examples=[0])
    entry_id: UUID | None
    """The entry of money that came, of a funding, a provider or a debit note."""
    is_linked: bool = Field(examples=[False])
    """All had been entered before: nothing followed from it, and it can be undone."""
    reason: str = Field(examples=["1月15日払いの総合振込"])
    decided_by: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000001"])
    decided_at: datetime
    undone_by: str | None = Field(examples=[None])
    undone_at: datetime | None
    undone_reason: str | None = Field(examples=[None])


class ProposalAnswer(Answer):
    """What a line may stand for: nothing follows until a person says so. Amounts in yen."""

    kind: MatchKind = Field(examples=["file"])
    target_id: UUID | None
    fee_yen: int = Field(examples=[0])
    expected_yen: int = Field(examples=[2_951])
    """What the target comes to, or has left."""
    is_named: bool = Field(examples=[False])
    """Whether the line names it."""
    name: str | None = Field(examples=[None])
    """The shop, the funder or the provider."""


class BankLineLook(BankLineAnswer):
    """A line with what it may stand for, and all that it was said to."""

    proposals: list[ProposalAnswer]
    """The most likely first; none once the line stands for something."""
    matches: list[LineMatchAnswer]
    """The oldest first, with those that were undone."""


def line_answer(line: BankLine, today: date) -> BankLineAnswer:
    """The line in a list."""
    return BankLineAnswer(
        line_id=line.line_id,
        own_account_id=line.account_id,
        statement_id=line.statement_id,
        row=line.row_no,
        booked_on=line.booked_on,
        age_days=(today - line.booked_on).days,
        side="incoming" if line.is_incoming else "outgoing",
        amount_yen=line.amount_yen,
        balance_yen=line.balance_yen,
        text=line.said,
        reference=line.reference,
        state=line.state,
        match_id=line.match_id,
        kind=line.kind,
        target_id=line.target_id,
    )


def line_look(
    region: Region,
    line: BankLine,
    today: date,
    proposals: list[Proposal],
    matches: list[LineMatch],
) -> BankLineLook:
    """The line by itself."""
    return BankLineLook(
        **dict(line_answer(line, today)),
        proposals=[
            ProposalAnswer(**{name: getattr(each, name) for name in Proposal.__slots__})
            for each in proposals
        ],
        matches=[match_answer(region, each) for each in matches],
    )


def match_answer(region: Region, match: LineMatch) -> LineMatchAnswer:
    """The match as it stands."""
    told = {name: getattr(match, name) for name in LineMatch.__slots__}
    told["decided_at"] = in_zone(match.decided_at, region)
    told["undone_at"] = in_zone_if(match.undone_at, region)
    return LineMatchAnswer(**told)
