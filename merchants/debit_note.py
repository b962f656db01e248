"""A debit note (請求書): what a merchant owes and nothing nets any more, asked for by a paper."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from core.errors import problem
from merchants.settlement_rules import SettlementRules

DEBIT_NOTE_UNKNOWN: Final = problem("debit-note-unknown", 404, "There is no such debit note.")
DEBIT_NOTE_OPEN: Final = problem(
    "debit-note-open", 409, "An earlier debit note of the merchant is not paid yet."
)
DEBIT_NOTE_CORRECTED: Final = problem(
    "debit-note-corrected", 409, "Another document stands in the place of this debit note."
)
DEBIT_NOTE_UNPAID: Final = problem(
    "debit-note-unpaid", 409, "Nothing came for this debit note that could be paid back."
)
DEBT_NETTED: Final = problem(
    "debt-netted", 409, "What the merchant owes is netted from what it sells, until it is older."
)

DAY_OVER: Final = problem("day-over", 422, "That day is over already.")

DebitNoteState = Literal["open", "overdue", "paid", "corrected", "withdrawal"]
"""`corrected`: another document stands in its place. `withdrawal`: it takes another one back."""


@dataclass(frozen=True, slots=True)
class DebitNote:
    """A debit note as it was issued, and what became of its sum; amounts in yen."""

    note_id: UUID
    number: int
    merchant_id: UUID
    merchant_name: str
    amount_yen: int
    due_on: date
    """The last day on which it is paid in time."""
    content: bytes
    digest: bytes
    issued_at: datetime
    issued_by: str
    paid_yen: int
    """By the bank."""
    open_yen: int
    """What is still asked for."""
    netted_yen: int
    """What settlements have netted, of what it asks for, while it stood."""
    corrects: int | None
    """The number of the note that it stands in the place of."""
    corrected_by: int | None

    def state_on(self, today: date) -> DebitNoteState:
        """Whether something is still asked for, and whether it is late."""
        if self.corrected_by is not None:
            return "corrected"
        if self.amount_yen == 0:
            return "withdrawal"
        if self.open_yen == 0:
            return "paid"
        return "overdue" if self.due_on < today else "open"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a debit note bears."""

    number: int
    issued_on: date
    region_name: str
    recipient: str
    merchant_id: UUID
    amount_yen: int
    due_on: date
    reason: str
    corrects: int | None = None
    """The number of the note in whose place it stands; for nothing asked, of the one taken back."""


def write_note(rules: SettlementRules, asked: Asked) -> bytes:
    """The note as JSON: the same facts have the same bytes. It is no invoice of a taxed sale."""
    bank = rules.bank
    pay_to = bank and {
        **{name: getattr(bank, name) for name in ("bank_code", "branch_code", "account_type")},
        "account_number": bank.account_number.zfill(7),
        "holder": bank.sender_name,
    }
    told: dict[str, Any] = {
        "kind": "debit_note",
        "number": asked.number,
        "issued_on": asked.issued_on.isoformat(),
        "issuer": rules.issuer.name or asked.region_name,
        "recipient": asked.recipient,
        "merchant_id": str(asked.merchant_id),
        "description": "返金・取消等による未収金",
        "amount_yen": asked.amount_yen,
        "due_on": asked.due_on.isoformat(),
        "pay_to": pay_to,
        "reason": asked.reason,
    }
    if asked.corrects is not None:
        told |= {"corrects": asked.corrects}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
