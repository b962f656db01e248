"""What will be paid out one day, to shops and to funders, so that a refund finds less there."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.ids import NIL
from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOut(Command):
    """All that a merchant has but `leave_yen` of each account goes to its bank."""

    kind: ClassVar[str] = "expiry"  # a kind with postings; the one for this comes later
    merchant_id: UUID
    leave_yen: int = 0

    def reads(self) -> Reads:
        """The merchant."""
        return Reads(holders=(self.merchant_id,))

    def decide(self, books: Books) -> Draft:
        """Pays out."""
        draft = Draft()
        for kind in ("payable", "cashback"):
            account = books.account(self.merchant_id, kind)
            yen = max(0, account.balance - self.leave_yen)
            draft.debit(account, yen)
            draft.credit(books.account(NIL, "bank"), yen)
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class FunderPaidOut(Command):
    """All that a campaign owes its funder but `leave_yen` is paid to the funder."""

    kind: ClassVar[str] = "expiry"  # as above
    campaign_id: UUID
    leave_yen: int = 0

    def reads(self) -> Reads:
        """The campaign."""
        return Reads(holders=(self.campaign_id,))

    def decide(self, books: Books) -> Draft:
        """Pays out."""
        draft = Draft()
        account = books.account(self.campaign_id, "funder_payable")
        yen = max(0, account.balance - self.leave_yen)
        draft.debit(account, yen)
        draft.credit(books.account(NIL, "bank"), yen)
        return draft
