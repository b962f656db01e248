"""Look at somebody else's wallet: an administrator's look leaves a line in the journal."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.errors import Problem
from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft
from residents.wallet import WALLET_UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtWallet(Command):
    """The desk looks at one wallet, and says why, before it sees anything."""

    kind: ClassVar[str] = "wallet.looked_at"
    wallet_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The wallet."""
        return Reads(holders=(self.wallet_id,))

    def decide(self, books: Books) -> Draft:
        """Refuses wallet-unknown. It is no part of the wallet's own history: nothing changed."""
        if books.holder(self.wallet_id, "wallet") is None:
            raise Problem(WALLET_UNKNOWN)
        return Draft(other_id=self.wallet_id, facts={"reason": self.reason})
