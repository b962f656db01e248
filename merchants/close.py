"""Change the state of a merchant or a store (docs/RULES.md, section 9)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal
from uuid import UUID

from core.errors import Problem, problem
from ledger.books import Books, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.merchant import MERCHANT_UNKNOWN, STORE_UNKNOWN

MERCHANT_STATE_SAME = problem("merchant-state-same", 409, "The merchant is in that state already.")
STORE_STATE_SAME = problem("store-state-same", 409, "The store is in that state already.")

MERCHANT_STATE_WRONG = problem(
    "merchant-state-wrong", 409, "From its state the merchant does not come to that one."
)

TradeState = Literal["open", "closed"]
MerchantState = Literal["open", "suspended", "leaving", "closed"]
"""Stores take payments only of one that is open. What is due to a suspended one is kept back; one
that leaves is paid a last time, and closed then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMerchant(Command):
    """Finance suspends a merchant, lets it leave, closes it, or opens it again."""

    kind: ClassVar[str] = "merchant.changed"
    merchant_id: UUID
    state: MerchantState
    reason: str

    def reads(self) -> Reads:
        """The merchant."""
        return Reads(holders=(self.merchant_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history."""
        return Draft(holder_id=self.merchant_id)

    def decide(self, books: Books) -> Draft:
        """Refuses merchant-unknown, merchant-state-same, merchant-state-wrong: a closed one opens
        before it is suspended or leaves. Holds from the next batch on.

        Its stores keep the states that they have: which were closed apart stays known.
        """
        merchant = books.holder(self.merchant_id, "merchant")
        if merchant is None:
            raise Problem(MERCHANT_UNKNOWN)
        if merchant.state == self.state:
            raise Problem(MERCHANT_STATE_SAME)
        if merchant.state == "closed" and self.state != "open":
            raise Problem(MERCHANT_STATE_WRONG)
        return _changed(self.draft(books), merchant, self.state, self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStore(Command):
    """Finance closes one store (it takes no payments) or opens it again."""

    kind: ClassVar[str] = "store.changed"
    merchant_id: UUID
    store_id: UUID
    state: TradeState
    reason: str

    def reads(self) -> Reads:
        """The store, with its merchant."""
        return Reads(holders=(self.store_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the store's history."""
        return Draft(holder_id=self.store_id)

    def decide(self, books: Books) -> Draft:
        """Refuses store-unknown (another merchant's too) and store-state-same.

        It holds from the next batch on.
        """
        store = books.holder(self.store_id, "store")
        if store is None or store.parent_id != self.merchant_id:
            raise Problem(STORE_UNKNOWN)
        if store.state == self.state:
            raise Problem(STORE_STATE_SAME)
        return _changed(self.draft(books), store, self.state, self.reason)


def _changed(draft: Draft, holder: Holder, state: MerchantState, reason: str) -> Draft:
    draft.put(replace(holder, state=state, version=holder.version + 1))
    draft.facts = {"state": state, "before": holder.state, "reason": reason}
    return draft
