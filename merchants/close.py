"""Close a merchant or a store, and open it again (docs/RULES.md, section 9)."""

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

TradeState = Literal["open", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMerchant(Command):
    """Finance closes a merchant (none of its stores takes payments) or opens it again."""

    kind: ClassVar[str] = "merchant.changed"
    merchant_id: UUID
    state: TradeState
    reason: str

    def reads(self) -> Reads:
        """The merchant."""
        return Reads(holders=(self.merchant_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history."""
        return Draft(holder_id=self.merchant_id)

    def decide(self, books: Books) -> Draft:
        """Refuses merchant-unknown and merchant-state-same; holds from the next batch on.

        Its stores keep the states that they have: which were closed apart stays known.
        """
        merchant = books.holder(self.merchant_id, "merchant")
        if merchant is None:
            raise Problem(MERCHANT_UNKNOWN)
        if merchant.state == self.state:
            raise Problem(MERCHANT_STATE_SAME)
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


def _changed(draft: Draft, holder: Holder, state: TradeState, reason: str) -> Draft:
    draft.put(replace(holder, state=state, version=holder.version + 1))
    draft.facts = {"state": state, "before": holder.state, "reason": reason}
    return draft
