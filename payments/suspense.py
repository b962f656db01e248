"""Suspense: place or return money that was received and could not be placed."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import Account, Books, Entry
from ledger.command import Command, Reads
from ledger.draft import Draft
from payments.bonus import grant_bonus, reads_of_top_up
from payments.limits import count_periods
from payments.top_up import check_room, coin_lot, provider_receivable
from residents.wallet import WALLET_UNKNOWN

ITEM_UNKNOWN = problem("suspense-item-unknown", 404, "There is no such item in suspense.")
ITEM_SETTLED = problem("suspense-item-settled", 409, "The item was placed or returned already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSuspense(Command):
    """An administrator found out whose money it is: it goes to that wallet as a top-up."""

    kind: ClassVar[str] = "suspense.placed"
    item_id: UUID
    """The top-up that went to suspense."""
    wallet_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The item with its account, and the wallet."""
        return Reads(entries=(self.item_id,), referring=(self.item_id,), holders=(self.wallet_id,))

    def follow(self, books: Books) -> Reads | None:
        """The other wallets of the person, and whom they owe points."""
        return reads_of_top_up(books, self.wallet_id)

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history."""
        item = _item(books, self.item_id)
        return Draft(holder_id=self.wallet_id, refers_to=self.item_id, amount=item.amount)

    def decide(self, books: Books) -> Draft:
        """Refuses an unknown or settled item, and a wallet that cannot hold the money either.

        A bonus is decided as things stand now: the day on which it is placed counts.
        """
        item = _item(books, self.item_id)
        wallet = books.holder(self.wallet_id, "wallet")
        if wallet is None:
            raise Problem(WALLET_UNKNOWN)
        account = _open_account(books, item)
        counted = check_room(books, wallet, item.amount)
        draft = self.draft(books)
        lot = coin_lot(books, self.wallet_id, books.today)
        draft.debit(account, item.amount)
        draft.credit(lot, item.amount)
        draft.close(account)
        assert lot.expires_on is not None, "coin expires"
        draft.facts = {"reason": self.reason, "expires_on": lot.expires_on.isoformat()}
        count_periods(draft, counted, item.amount)
        grant_bonus(books, draft, wallet, item.amount)
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnSuspense(Command):
    """The money goes back to the provider that it came from."""

    kind: ClassVar[str] = "suspense.returned"
    item_id: UUID
    """The top-up that went to suspense."""
    reason: str

    def reads(self) -> Reads:
        """The item with its account."""
        return Reads(entries=(self.item_id,), referring=(self.item_id,))

    def draft(self, books: Books) -> Draft:
        """It refers to the top-up."""
        return Draft(refers_to=self.item_id, amount=_item(books, self.item_id).amount)

    def decide(self, books: Books) -> Draft:
        """Refuses an unknown or settled item."""
        item = _item(books, self.item_id)
        account = _open_account(books, item)
        draft = self.draft(books)
        draft.debit(account, item.amount)
        draft.credit(provider_receivable(books, item.facts["provider"]), item.amount)
        draft.close(account)
        draft.facts = {"reason": self.reason}
        return draft


def _item(books: Books, item_id: UUID) -> Entry:
    item = books.entries.get(item_id)
    if item is None or item.kind != "top_up" or item.facts.get("outcome") != "suspense":
        raise Problem(ITEM_UNKNOWN)
    return item


def _open_account(books: Books, item: Entry) -> Account:
    account = books.account(NIL, "suspense", item.entry_id)
    if not account.is_open or account.balance != item.amount:
        raise Problem(ITEM_SETTLED)
    return account
