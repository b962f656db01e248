"""A settlement was paid by the bank, or its transfer came back."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.errors import Problem
from core.ids import NIL
from ledger.books import ENDLESS, Books, CounterKey
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.settlement import PAYOUT_NOT_PAID, SETTLEMENT_STATE_WRONG
from payments.close_settlement import closed_in, end_settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class _Payout(Command):
    """What both share: whose settlement it is."""

    settlement_id: UUID
    bank_line_id: UUID | None = None
    """The line of a bank statement by which it is known, where a person matched one."""

    def reads(self) -> Reads:
        """The settlement, and what became of it."""
        return Reads(entries=(self.settlement_id,), subjects=(self.settlement_id,))

    def follow(self, books: Books) -> Reads | None:
        """Its merchant."""
        closed = books.entries.get(self.settlement_id)
        if closed is None or closed.holder_id is None:
            return None
        return Reads(holders=(closed.holder_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history. Refuses settlement-unknown."""
        closed = closed_in(books, self.settlement_id)
        draft = Draft(holder_id=closed.holder_id, refers_to=closed.entry_id, amount=closed.amount)
        if self.bank_line_id is not None:
            draft.facts = {"bank_line_id": str(self.bank_line_id)}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOut(_Payout):
    """The money of a settlement has left the bank account of the region."""

    kind: ClassVar[str] = "payout.paid"

    def decide(self, books: Books) -> Draft:
        """Refuses settlement-unknown, settlement-state-wrong once it was paid or rejected."""
        draft = self.draft(books)
        end_settlement(books, draft, closed_in(books, self.settlement_id))
        assert draft.holder_id is not None, "a settlement has a merchant"
        draft.debit(books.account(draft.holder_id, "payout"), draft.amount)
        draft.credit(books.account(NIL, "bank"), draft.amount)
        draft.count(_paid(self.settlement_id), 1, 1)
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPayout(_Payout):
    """The bank sent the transfer back: it is due again, with the next settlement. The fee stays."""

    kind: ClassVar[str] = "payout.returned"
    reason: str

    def decide(self, books: Books) -> Draft:
        """Refuses settlement-unknown, payout-not-paid, settlement-state-wrong the second time."""
        draft = self.draft(books)
        if not books.used(_paid(self.settlement_id)):
            raise Problem(PAYOUT_NOT_PAID)
        returned = CounterKey(self.settlement_id, "returned", NIL, ENDLESS)
        if books.used(returned):
            raise Problem(SETTLEMENT_STATE_WRONG)
        draft.count(returned, 1, 1)
        assert draft.holder_id is not None, "a settlement has a merchant"
        draft.debit(books.account(NIL, "bank"), draft.amount)
        draft.credit(books.account(draft.holder_id, "payable"), draft.amount)
        draft.facts |= {"reason": self.reason}
        return draft


def _paid(settlement_id: UUID) -> CounterKey:
    return CounterKey(settlement_id, "paid", NIL, ENDLESS)
