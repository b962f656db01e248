"""Close a person: nothing is known of who it was any more, and nothing can be learned."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.books import Books, Facts
from residents.person import NOBODY, ChangePerson


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePerson(ChangePerson):
    """The account is closed. What entries before it tell is erased from them apart."""

    kind: ClassVar[str] = "person.closed"

    @property
    def state(self) -> str:
        """Closed for good."""
        return "closed"

    def change(self, books: Books, before: Facts) -> Facts:
        """All of it goes."""
        return dict(NOBODY)
