"""Close a person: nothing is known of who it was any more, and nothing can be learned."""

from dataclasses import dataclass
from typing import ClassVar, Final

from core.errors import Problem, problem
from ledger.books import Books, Facts
from ledger.command import Reads
from residents.person import NOBODY, ChangePerson
from residents.wallet import WALLET_NOT_EMPTY, held_in

WALLET_NOT_CLOSED: Final = problem(
    "wallet-not-closed", 409, "A wallet of the person is not closed yet."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePerson(ChangePerson):
    """The account is closed. What entries before it tell is erased from them apart."""

    kind: ClassVar[str] = "person.closed"

    def reads(self) -> Reads:
        """The person, and all wallets of theirs."""
        return Reads(holders=(self.person_id,), owners=(self.person_id,))

    @property
    def state(self) -> str:
        """Closed for good."""
        return "closed"

    def change(self, books: Books, before: Facts) -> Facts:
        """All of it goes. Refuses wallet-not-empty and wallet-not-closed.

        What a refund brings to a wallet that has just been closed comes before this, and stands in
        its way, or after it, and is refused: so no value is left with nobody.
        """
        for wallet in books.holders.values():
            if wallet.kind == "wallet" and wallet.subject_id == self.person_id:
                named, held = str(wallet.holder_id), held_in(books, wallet)
                if any(held.values()):
                    raise Problem(WALLET_NOT_EMPTY, wallet_id=named, **held)
                if wallet.state != "closed":
                    raise Problem(WALLET_NOT_CLOSED, wallet_id=named)
        return dict(NOBODY)
