"""Top a wallet up: a provider took the money, or the counter did."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from core.errors import Problem, problem
from core.ids import NIL
from core.months import end_of_month_after
from ledger.books import ENDLESS, Account, Books, CounterKey, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from payments.bonus import grant_bonus, reads_of_top_up
from payments.limits import Counted, check_periods, count_periods, limits_of
from payments.lots import COIN
from payments.settings import settings_of
from residents.wallet import WALLET_UNKNOWN, check_open, open_wallets

BALANCE_OVER_LIMIT = problem("balance-over-limit", 409, "The wallet would hold too much coin.")
TOP_UP_OVER_LIMIT = problem("top-up-over-limit", 409, "The top-up is over the limit.")
PROVIDER_UNKNOWN = problem("provider-unknown", 404, "There is no such top-up provider.")
TOP_UP_KNOWN = problem("top-up-known", 409, "This reference was told before, with another date.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTopUp(Command):
    """A provider says that it received `amount_yen` for a wallet.

    That money exists, so it is never refused: what cannot be placed goes to suspense, with the
    reason, for an administrator to place or return.
    """

    kind: ClassVar[str] = "top_up"
    provider: str
    reference: str
    """The provider's own name of the top-up."""
    wallet: str
    """The wallet's id as the provider sent it, whatever it is."""
    amount_yen: int

    @property
    def wallet_id(self) -> UUID | None:
        """The wallet, if what the provider sent can be one."""
        try:
            return UUID(self.wallet)
        except ValueError:
            return None

    @property
    def _told(self) -> CounterKey:
        return told_key(self.provider, self.reference)

    def reads(self) -> Reads:
        """The wallet with its lots, and whether the reference is known."""
        wallets = (self.wallet_id,) if self.wallet_id else ()
        return Reads(holders=wallets, subjects=(self._told.subject_id,))

    def follow(self, books: Books) -> Reads | None:
        """The other wallets of the person, and whom they owe points."""
        return reads_of_top_up(books, self.wallet_id) if self.wallet_id else None

    def decide(self, books: Books) -> Draft:
        """Refuses nothing but a reference that it has told before (top-up-known)."""
        if books.used(self._told):
            raise Problem(TOP_UP_KNOWN)
        wallet = books.holder(self.wallet_id, "wallet") if self.wallet_id else None
        counted, obstacle = _room_or_obstacle(books, wallet, self.amount_yen)
        draft = Draft(amount=self.amount_yen)
        draft.facts = {"provider": self.provider, "reference": self.reference}
        draft.count(self._told, 1, 1)
        draft.debit(provider_receivable(books, self.provider), self.amount_yen)
        if wallet is not None and obstacle is None:
            draft.holder_id = wallet.holder_id
            lot = coin_lot(books, wallet.holder_id, books.today)
            draft.credit(lot, self.amount_yen)
            draft.facts |= {"outcome": "credited", **_lot_facts(lot)}
            count_periods(draft, counted, self.amount_yen)
            grant_bonus(books, draft, wallet, self.amount_yen)
        else:
            draft.credit(books.account(NIL, "suspense", self.entry_id), self.amount_yen)
            # PostgreSQL's JSON has no zero character, and this money must be taken in all the same.
            sent = self.wallet.replace("\0", "\N{REPLACEMENT CHARACTER}")
            draft.facts |= {"outcome": "suspense", "obstacle": obstacle, "wallet": sent}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterTopUp(Command):
    """Staff at the counter took `amount_yen` in cash for a wallet."""

    kind: ClassVar[str] = "top_up"
    wallet_id: UUID
    amount_yen: int

    def reads(self) -> Reads:
        """The wallet with its lots and its person."""
        return Reads(holders=(self.wallet_id,))

    def follow(self, books: Books) -> Reads | None:
        """The other wallets of the person, and whom they owe points."""
        return reads_of_top_up(books, self.wallet_id)

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history."""
        return Draft(holder_id=self.wallet_id, amount=self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses wallet-unknown, top-up-over-limit, and what `check_room` refuses.

        The cash still lies on the counter: it goes back to the resident.
        """
        wallet = books.holder(self.wallet_id, "wallet")
        if wallet is None:
            raise Problem(WALLET_UNKNOWN)
        check_open(wallet)
        limit = limits_of(books, _person_of(wallet)).top_up_yen
        if self.amount_yen > limit:
            raise Problem(TOP_UP_OVER_LIMIT, limit_yen=limit)
        counted = check_room(books, wallet, self.amount_yen)
        draft = self.draft(books)
        lot = coin_lot(books, wallet.holder_id, books.today)
        draft.debit(books.account(NIL, "cash"), self.amount_yen)
        draft.credit(lot, self.amount_yen)
        draft.facts = {"provider": None, "outcome": "credited", **_lot_facts(lot)}
        count_periods(draft, counted, self.amount_yen)
        grant_bonus(books, draft, wallet, self.amount_yen)
        return draft


def check_room(books: Books, wallet: Holder, amount_yen: int) -> Counted:
    """What the person's periods count of a top-up of this wallet, if there is room for it.

    Raises wallet-frozen, wallet-closed, top-ups-over-day-limit, top-ups-over-month-limit and
    balance-over-limit.
    """
    check_open(wallet)
    person_id = _person_of(wallet)
    limits = limits_of(books, person_id)
    counted = check_periods(books, limits, person_id, "top_ups", amount_yen)
    held_yen = sum(coin_held(books, each) for each in open_wallets(books, wallet))
    if held_yen + amount_yen > limits.balance_yen:
        raise Problem(BALANCE_OVER_LIMIT, limit_yen=limits.balance_yen)
    return counted


def coin_lot(books: Books, wallet_id: UUID, day: date) -> Account:
    """The lot for coin bought on `day`: it expires at a month's end, so lots stay few."""
    expires_on = end_of_month_after(day, settings_of(books).coin_months)
    return books.account(wallet_id, COIN, None, expires_on)


def coin_held(books: Books, wallet_id: UUID) -> int:
    """The bought coin in a wallet that is still good, in yen, whether or not the rest was swept."""
    return sum(lot.balance for lot in books.accounts_of(wallet_id, COIN) if not books.is_over(lot))


def provider_receivable(books: Books, provider: str) -> Account:
    """What a provider has received and not yet passed on."""
    return books.account(NIL, "provider_receivable", provider_id(provider))


def told_key(provider: str, reference: str) -> CounterKey:
    """How often a reference was told: once, even if the provider dates it anew."""
    return CounterKey(uuid5(provider_id(provider), reference), "top_up", NIL, ENDLESS)


def provider_id(provider: str) -> UUID:
    """The id that stands for a provider's name."""
    return uuid5(NAMESPACE_URL, f"urn:meguri:provider:{provider}")


def _room_or_obstacle(
    books: Books, wallet: Holder | None, amount_yen: int
) -> tuple[Counted, str | None]:
    """What the periods count, and the slug of what keeps the money from its wallet, if anything."""
    if wallet is None:
        return [], WALLET_UNKNOWN.slug
    try:
        return check_room(books, wallet, amount_yen), None
    except Problem as obstacle:
        return [], obstacle.type.slug


def _person_of(wallet: Holder) -> UUID:
    assert wallet.subject_id is not None, "a wallet has a person"
    return wallet.subject_id


def _lot_facts(lot: Account) -> dict[str, str | int]:
    """Where a top-up went. A lot that is new has no number yet, so it is named by its expiry."""
    assert lot.expires_on is not None, "coin expires"
    return {"expires_on": lot.expires_on.isoformat()}
