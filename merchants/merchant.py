"""Open a merchant and its stores."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.errors import Problem, problem
from ledger.books import Books, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

MERCHANT_ID_TAKEN = problem("merchant-id-taken", 409, "A merchant cannot be opened under this id.")
MERCHANT_UNKNOWN = problem("merchant-unknown", 404, "There is no such merchant in this region.")
STORE_UNKNOWN = problem("store-unknown", 404, "There is no such store.")
MERCHANT_CLOSED = problem("merchant-closed", 409, "The merchant is closed.")
STORE_ID_TAKEN = problem("store-id-taken", 409, "A store cannot be opened under this id.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMerchant(Command):
    """A merchant joins; its id is the command's. Its class decides the rates it gets."""

    kind: ClassVar[str] = "merchant.opened"
    name: str
    merchant_class: str
    category: str
    area: str
    street: str | None = None
    """The shopping street (商店街) that it is of, if it is of one."""

    def reads(self) -> Reads:
        """Whether something else has the id."""
        return Reads(holders=(self.entry_id,))

    def decide(self, books: Books) -> Draft:
        """Refuses an id that a holder has."""
        if self.entry_id in books.holders:
            raise Problem(MERCHANT_ID_TAKEN)
        facts = facts_of_merchant(self.merchant_class, self.category, self.area, self.street)
        draft = Draft(other_id=self.entry_id, facts={**facts})
        draft.put(Holder(self.entry_id, "merchant", "open", facts))
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStore(Command):
    """A merchant opens a store; its id is the command's."""

    kind: ClassVar[str] = "store.opened"
    merchant_id: UUID
    name: str

    def reads(self) -> Reads:
        """The merchant, and whether something else has the id."""
        return Reads(holders=(self.merchant_id, self.entry_id))

    def decide(self, books: Books) -> Draft:
        """Refuses an unknown merchant, an id that a holder has, and a closed merchant."""
        merchant = books.holder(self.merchant_id, "merchant")
        if merchant is None:
            raise Problem(MERCHANT_UNKNOWN)
        if self.entry_id in books.holders:
            raise Problem(STORE_ID_TAKEN)
        if merchant.state != "open":
            raise Problem(MERCHANT_CLOSED)
        draft = Draft(other_id=self.entry_id)
        draft.put(
            Holder(self.entry_id, "store", "open", {"name": self.name}, parent_id=self.merchant_id)
        )
        return draft


def facts_of_merchant(merchant_class: str, category: str, area: str, street: str | None) -> Facts:
    """What decisions may read of a merchant; of one that is of no street, nothing about streets."""
    facts = {"merchant_class": merchant_class, "category": category, "area": area}
    return facts if street is None else {**facts, "street": street}
