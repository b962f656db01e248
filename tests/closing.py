"""Close a merchant or a store: no verb does so yet, and payments refuse them all the same."""

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Command):
    """A merchant or a store takes no payments any more."""

    kind: ClassVar[str] = "merchant.changed"
    holder_id: UUID

    def reads(self) -> Reads:
        """The holder."""
        return Reads(holders=(self.holder_id,))

    def decide(self, books: Books) -> Draft:
        """Closes it."""
        holder = books.holders[self.holder_id]
        draft = Draft()
        draft.put(replace(holder, state="closed", version=holder.version + 1))
        return draft
