"""Open a wallet, freeze or close it, and open it again."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from core.errors import Problem, ProblemType, problem
from core.ids import NIL
from ledger.books import ENDLESS, PENDING, VALUE, Books, CounterKey, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from residents.person import PERSON_CLOSED, has_closed

WALLET_ID_TAKEN = problem("wallet-id-taken", 409, "A wallet cannot be opened under this id.")
WALLET_UNKNOWN = problem("wallet-unknown", 404, "There is no such wallet.")
WALLETS_ENOUGH = problem("wallets-enough", 409, "The person has as many wallets as are allowed.")
WALLET_STATE_SAME = problem("wallet-state-same", 409, "The wallet is in that state already.")
WALLET_FROZEN = problem("wallet-frozen", 409, "The wallet is frozen.")
WALLET_CLOSED = problem("wallet-closed", 409, "The wallet is closed.")
WALLET_NOT_EMPTY = problem(
    "wallet-not-empty", 409, "Value or a debt stands in the wallet: it cannot be closed."
)

WalletState = Literal["open", "frozen", "closed"]

_SHUT: Final = {"frozen": WALLET_FROZEN, "closed": WALLET_CLOSED}
_HELD: Final = {
    "coin": "coin_yen",
    "points": "points",
    PENDING: "pending_points",
    "resident_receivable": "owed_yen",
}
"""Kinds of a wallet's accounts, and what a refusal calls them."""
assert _HELD.keys() == {*VALUE, "resident_receivable"}, "a wallet would be closed with value in it"


def why_shut(wallet: Holder) -> ProblemType | None:
    """What refuses payments and top-ups of a wallet that is not open; None if it is."""
    return None if wallet.state == "open" else _SHUT[wallet.state]


def check_open(wallet: Holder) -> None:
    """Raises wallet-frozen or wallet-closed."""
    if (shut := why_shut(wallet)) is not None:
        raise Problem(shut)


def other_wallets(books: Books, wallet_id: UUID) -> Reads | None:
    """All wallets of the person who has this one, if there are more."""
    wallet = books.holder(wallet_id, "wallet")
    if wallet is None or wallet.subject_id is None:
        return None
    is_the_only_one = books.used(_wallets_of(wallet.subject_id)) <= 1
    return None if is_the_only_one else Reads(owners=(wallet.subject_id,))


def open_wallets(books: Books, wallet: Holder) -> list[UUID]:
    """This wallet, and the others of its person that are not closed; `other_wallets` were read."""
    assert wallet.subject_id is not None, "a wallet has a person"
    if books.used(_wallets_of(wallet.subject_id)) <= 1:
        return [wallet.holder_id]
    return [
        each.holder_id
        for each in books.holders.values()
        if each.subject_id == wallet.subject_id and each.state != "closed"
    ]


def held_in(books: Books, wallet: Holder) -> dict[str, Any]:
    """What stands in a wallet, by the names that a refusal has for it: it is empty if all are 0.

    A lot whose last day is over counts for nothing, as in a payment: its value is the resident's no
    more, and the worker takes it from a closed wallet too. Pending points stay the resident's: on
    their day and after it the worker has yet to credit them.
    """
    return {
        name: sum(
            account.balance
            for account in books.accounts_of(wallet.holder_id, kind)
            if kind == PENDING or not books.is_over(account)
        )
        for kind, name in _HELD.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWallet(Command):
    """A person opens a wallet; its id is the command's."""

    kind: ClassVar[str] = "wallet.opened"
    person_id: UUID

    def reads(self) -> Reads:
        """Whether something else has the id; the person with the other wallets, for who follows."""
        return Reads(
            holders=(self.entry_id, self.person_id),
            subjects=(self.person_id,),
            owners=(self.person_id,),
        )

    def draft(self, books: Books) -> Draft:
        """It is the first line of the wallet's history."""
        return Draft(holder_id=self.entry_id)

    def decide(self, books: Books) -> Draft:
        """Refuses an id that a holder has, a person who closed the account, and more wallets than
        the region allows a person.

        A new wallet starts empty and open.
        """
        if self.entry_id in books.holders or self.entry_id == self.person_id:
            raise Problem(WALLET_ID_TAKEN)
        if has_closed(books, self.person_id):
            raise Problem(PERSON_CLOSED)
        most: int = books.settings.wallets_per_person
        wallets = _wallets_of(self.person_id)
        if books.used(wallets) >= most:
            raise Problem(WALLETS_ENOUGH, most=most)
        draft = self.draft(books)
        draft.count(wallets, 1, most)
        draft.put(Holder(self.entry_id, "wallet", "open", {}, subject_id=self.person_id))
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWallet(Command):
    """An administrator freezes or closes a wallet (it cannot pay or be topped up), or opens it.

    A closed wallet is empty, and leaves its place to another one of the person.
    """

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
        """Refuses wallet-unknown, wallet-state-same, wallet-not-empty, person-closed.

        It holds from the next batch on. A closed wallet may be opened again whatever number of
        wallets the person has: a refund may have brought value back to it. That of a person who
        has closed the account stays closed: nobody could spend from it.
        """
        wallet = books.holder(self.wallet_id, "wallet")
        if wallet is None:
            raise Problem(WALLET_UNKNOWN)
        if wallet.state == self.state:
            raise Problem(WALLET_STATE_SAME)
        if has_closed(books, wallet.subject_id):
            raise Problem(PERSON_CLOSED)
        if self.state == "closed" and any((held := held_in(books, wallet)).values()):
            raise Problem(WALLET_NOT_EMPTY, **held)
        draft = self.draft(books)
        _count_place(books, draft, wallet, self.state)
        draft.put(replace(wallet, state=self.state, version=wallet.version + 1))
        draft.facts = {"state": self.state, "before": wallet.state, "reason": self.reason}
        return draft


def _wallets_of(person_id: UUID) -> CounterKey:
    """The counter of a person's wallets, without those that are closed."""
    return CounterKey(person_id, "wallets", NIL, ENDLESS)


def _count_place(books: Books, draft: Draft, wallet: Holder, state: WalletState) -> None:
    """A wallet that closes gives its place back; one that opens again takes one."""
    assert wallet.subject_id is not None, "a wallet has a person"
    wallets = _wallets_of(wallet.subject_id)
    change = (wallet.state == "closed") - (state == "closed")
    most: int = books.settings.wallets_per_person
    draft.count(wallets, change, max(most, books.used(wallets) + change))
