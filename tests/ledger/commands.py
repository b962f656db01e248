"""Commands that are wrong on purpose, each in one way."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.ids import NIL
from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft


class BugError(RuntimeError):
    """What a verb with a bug raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong(Command):
    """Does nothing, in a way that its subclasses spoil."""

    kind: ClassVar[str] = "wallet.changed"

    def reads(self) -> Reads:
        """Nothing."""
        return Reads()

    def decide(self, books: Books) -> Draft:
        """An entry that moves no value."""
        return Draft()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidesWithABug(Wrong):
    """Raises what no verb may raise."""

    def decide(self, books: Books) -> Draft:
        """Fails."""
        raise BugError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadsWithABug(Wrong):
    """Fails before anything is loaded."""

    def reads(self) -> Reads:
        """Fails."""
        raise BugError


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowsWithABug(Wrong):
    """Fails between the two reads."""

    def follow(self, books: Books) -> Reads | None:
        """Fails."""
        raise BugError


@dataclass(frozen=True, slots=True, kw_only=True)
class DoesNotBalance(Wrong):
    """One side only: Python asserts it."""

    def decide(self, books: Books) -> Draft:
        """Money from nowhere."""
        draft = Draft()
        draft.credit(books.account(NIL, "fee_income"), 100)
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class IsOfNoKind(Wrong):
    """PostgreSQL knows no such kind of entry."""

    kind: ClassVar[str] = "gift"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovesNothing(Wrong):
    """A payment has postings; PostgreSQL sees that this one has none."""

    kind: ClassVar[str] = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaysWhatCannotBeStored(Wrong):
    """JSON may hold a zero character; PostgreSQL's may not."""

    def decide(self, books: Books) -> Draft:
        """Facts with such a character."""
        return Draft(facts={"said": "\0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ActsForWhomNobodyLoaded(Wrong):
    """Looks for accounts of a holder that it did not ask for."""

    holder_id: UUID

    def decide(self, books: Books) -> Draft:
        """Fails on an assert."""
        books.account(self.holder_id, "coin")
        return Draft()


ALL_WRONG = (
    DecidesWithABug,
    ReadsWithABug,
    FollowsWithABug,
    DoesNotBalance,
    IsOfNoKind,
    MovesNothing,
    SaysWhatCannotBeStored,
)
