"""Refund a payment in full or in part: by the shop that took it, within the region's days."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from core.errors import Problem, problem
from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft
from payments.give_back import give_back, payment_of, reads_of_payment, refunded_key
from payments.settings import settings_of

REFUND_TOO_LATE = problem("refund-too-late", 409, "The days for a refund are over.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Command):
    """The shop gives back `amount_yen` of a payment, or all that remains of it."""

    kind: ClassVar[str] = "refund"
    merchant_id: UUID
    stores: tuple[UUID, ...] | None = field(compare=False)
    """The stores that the actor works in now; None for all of the merchant's."""
    payment_id: UUID
    amount_yen: int | None
    reason: str

    def reads(self) -> Reads:
        """The payment, and what was refunded of it."""
        return Reads(entries=(self.payment_id,), subjects=(self.payment_id,))

    def follow(self, books: Books) -> Reads | None:
        """The wallet, the store, the campaigns and the lots of the payment."""
        return reads_of_payment(books, self.payment_id)

    def draft(self, books: Books) -> Draft:
        """It stands where the payment stands."""
        payment = payment_of(books, self.payment_id, self.merchant_id, self.stores)
        remaining = payment.amount - books.used(refunded_key(self.payment_id))
        return Draft(
            holder_id=payment.holder_id,
            other_id=payment.other_id,
            refers_to=payment.entry_id,
            amount=remaining if self.amount_yen is None else self.amount_yen,
        )

    def decide(self, books: Books) -> Draft:
        """Refuses payment-unknown, refund-too-late, refund-exceeds-payment, debts over a cap."""
        payment = payment_of(books, self.payment_id, self.merchant_id, self.stores)
        last_day = payment.business_date + timedelta(days=settings_of(books).refund_days)
        if books.today > last_day:
            raise Problem(REFUND_TOO_LATE, last_day=last_day.isoformat())
        draft = self.draft(books)
        give_back(books, draft, payment, draft.amount)
        draft.facts["reason"] = self.reason
        return draft
