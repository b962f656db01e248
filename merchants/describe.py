"""Say of which shopping street (商店街) a merchant is, or that it is of none."""

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from core.errors import Problem, problem
from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.merchant import MERCHANT_UNKNOWN, facts_of_merchant

MERCHANT_STREET_SAME = problem(
    "merchant-street-same", 409, "The merchant is of that shopping street already."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeMerchant(Command):
    """Finance writes down another shopping street for a merchant; None is no street."""

    kind: ClassVar[str] = "merchant.described"
    merchant_id: UUID
    street: str | None
    reason: str

    def reads(self) -> Reads:
        """The merchant."""
        return Reads(holders=(self.merchant_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history."""
        return Draft(holder_id=self.merchant_id)

    def decide(self, books: Books) -> Draft:
        """Refuses merchant-unknown and merchant-street-same; holds from the next batch on.

        What was granted before stays granted. A closed merchant can be described too.
        """
        merchant = books.holder(self.merchant_id, "merchant")
        if merchant is None:
            raise Problem(MERCHANT_UNKNOWN)
        before = merchant.facts.get("street")
        if before == self.street:
            raise Problem(MERCHANT_STREET_SAME)
        facts = facts_of_merchant(
            merchant.facts["merchant_class"],
            merchant.facts["category"],
            merchant.facts["area"],
            self.street,
        )
        draft = self.draft(books)
        draft.put(replace(merchant, facts=facts, version=merchant.version + 1))
        draft.facts = {
            "state": merchant.state,
            "merchant": facts,
            "street_before": before,
            "reason": self.reason,
        }
        return draft
