"""Void a payment within minutes: the shop undoes it as if it had never been."""

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

VOID_TOO_LATE = problem("void-too-late", 409, "The minutes for a void are over; refund instead.")
VOID_AFTER_REFUND = problem("void-after-refund", 409, "Part of the payment was refunded already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Command):
    """The store that took a payment gives all of it back, soon after."""

    kind: ClassVar[str] = "void"
    merchant_id: UUID
    stores: tuple[UUID, ...] | None = field(compare=False)
    """The stores that the actor works in now; None for all of the merchant's."""
    payment_id: UUID
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
        return Draft(
            holder_id=payment.holder_id,
            other_id=payment.other_id,
            refers_to=payment.entry_id,
            amount=payment.amount,
        )

    def decide(self, books: Books) -> Draft:
        """Refuses payment-unknown, void-too-late, void-after-refund, and debts over a cap."""
        payment = payment_of(books, self.payment_id, self.merchant_id, self.stores)
        if books.now > payment.at + timedelta(minutes=settings_of(books).void_minutes):
            raise Problem(VOID_TOO_LATE)
        if books.used(refunded_key(self.payment_id)):
            raise Problem(VOID_AFTER_REFUND)
        draft = self.draft(books)
        give_back(books, draft, payment, payment.amount)
        draft.facts["reason"] = self.reason
        return draft
