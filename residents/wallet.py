"""Open a wallet, and freeze or unfreeze it."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal
from uuid import UUID

from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import ENDLESS, Books, CounterKey, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

WALLET_ID_TAKEN = problem("wallet-id-taken", 409, "A wallet cannot be opened under this id.")
WALLET_UNKNOWN = problem("wallet-unknown", 404, "There is no such wallet.")
WALLETS_ENOUGH = problem("wallets-enough", 409, "The person has as many wallets as are allowed.")
WALLET_STATE_SAME = problem("wallet-state-same", 409, "The wallet is in that state already.")

WalletState = Literal["open", "frozen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWallet(Command):
    """A person opens a wallet; its id is the command's."""

    kind: ClassVar[str] = "wallet.opened"
    person_id: UUID

    def reads(self) -> Reads:
        """Whether something else has the id, and how many wallets the person has."""
        return Reads(holders=(self.entry_id,), subjects=(self.person_id,))

    def draft(self, books: Books) -> Draft:
        """It is the first line of the wallet's history."""
        return Draft(holder_id=self.entry_id)

    def decide(self, books: Books) -> Draft:
        """Refuses an id that a holder has, and more wallets than the region allows a person.

        A new wallet starts empty and open.
        """
        if self.entry_id in books.holders:
            raise Problem(WALLET_ID_TAKEN)
        most: int = books.settings.wallets_per_person
        wallets = CounterKey(self.person_id, "wallets", NIL, ENDLESS)
        if books.used(wallets) >= most:
            raise Problem(WALLETS_ENOUGH, most=most)
        draft = self.draft(books)
        draft.count(wallets, 1, most)
        draft.put(Holder(self.entry_id, "wallet", "open", {}, subject_id=self.person_id))
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWallet(Command):
    """An administrator freezes a wallet (it cannot pay or be topped up) or opens it again."""

    kind: ClassVar[str] = "wallet.changed"
    wallet_id: UUID
    state: WalletState
    reason: str

    def reads(self) -> Reads:
        """The wallet."""
        return Reads(holders=(self.wallet_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history."""
        return Draft(holder_id=self.wallet_id)

    def decide(self, books: Books) -> Draft:
        """Refuses wallet-unknown and wallet-state-same; holds from the next batch on."""
        wallet = books.holder(self.wallet_id, "wallet")
        if wallet is None:
            raise Problem(WALLET_UNKNOWN)
        if wallet.state == self.state:
            raise Problem(WALLET_STATE_SAME)
        draft = self.draft(books)
        draft.put(replace(wallet, state=self.state, version=wallet.version + 1))
        draft.facts = {"state": self.state, "before": wallet.state, "reason": self.reason}
        return draft
