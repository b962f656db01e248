"""Refund a payment in full or in part: by the shop that took it, within the region's days."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from core.errors import Problem, problem
from ledger.books import Books
from ledger.draft import Draft
from payments.give_back import GiveBack, give_back, refunded_key
from payments.settings import settings_of

REFUND_TOO_LATE = problem("refund-too-late", 409, "The days for a refund are over.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(GiveBack):
    """The shop gives back `amount_yen` of a payment, or all that remains of it."""

    kind: ClassVar[str] = "refund"
    amount_yen: int | None

    def draft(self, books: Books) -> Draft:
        """It stands where the payment stands."""
        payment = self.payment(books)
        remaining = payment.amount - books.used(refunded_key(self.payment_id))
        return self.undoing(payment, remaining if self.amount_yen is None else self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses payment-unknown, refund-too-late, payer-gone, refund-exceeds-payment, and debts
        over a cap.
        """
        payment = self.payment(books)
        last_day = payment.business_date + timedelta(days=settings_of(books).refund_days)
        if books.today > last_day:
            raise Problem(REFUND_TOO_LATE, last_day=last_day.isoformat())
        draft = self.draft(books)
        give_back(books, draft, payment, draft.amount)
        draft.facts["reason"] = self.reason
        return draft
