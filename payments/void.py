"""Void a payment within minutes: the shop undoes it as if it had never been."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from core.errors import Problem, problem
from ledger.books import Books
from ledger.draft import Draft
from payments.give_back import GiveBack, give_back, refunded_key
from payments.settings import settings_of

VOID_TOO_LATE = problem("void-too-late", 409, "The minutes for a void are over; refund instead.")
VOID_AFTER_REFUND = problem("void-after-refund", 409, "Part of the payment was refunded already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(GiveBack):
    """The store that took a payment gives all of it back, soon after."""

    kind: ClassVar[str] = "void"

    def draft(self, books: Books) -> Draft:
        """It stands where the payment stands."""
        payment = self.payment(books)
        return self.undoing(payment, payment.amount)

    def decide(self, books: Books) -> Draft:
        """Refuses payment-unknown, void-too-late, void-after-refund, payer-gone, and debts over a
        cap.
        """
        payment = self.payment(books)
        if books.now > payment.at + timedelta(minutes=settings_of(books).void_minutes):
            raise Problem(VOID_TOO_LATE)
        if books.used(refunded_key(self.payment_id)):
            raise Problem(VOID_AFTER_REFUND)
        draft = self.draft(books)
        give_back(books, draft, payment, payment.amount)
        draft.facts["reason"] = self.reason
        return draft
