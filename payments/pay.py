"""Pay in a shop: may this wallet pay here, with which lots, and what do campaigns grant for it."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from campaigns.grant import plan_grants, post_grants
from campaigns.live import line_up_of
from core.errors import Problem, problem
from ledger.books import Books, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.merchant import STORE_UNKNOWN
from merchants.qr import Bill
from payments.bill import check_bill, count_bill
from payments.facts import facts_of, facts_of_shop
from payments.first_payment import count_payment
from payments.limits import Counted, check_periods, check_unconfirmed, count_periods, limits_of
from payments.lots import parts_to_facts, pays_at, take, use_order
from payments.owe import owed_to
from residents.wallet import WALLET_UNKNOWN, check_open

STORE_CLOSED = problem("store-closed", 409, "The store takes no payments at present.")
PAYMENT_OVER_LIMIT = problem("payment-over-limit", 409, "The payment is over the limit.")
INSUFFICIENT_FUNDS = problem("insufficient-funds", 409, "The wallet does not hold enough.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay(Command):
    """A resident pays `amount_yen` from a wallet in a store, by the shop's QR code."""

    kind: ClassVar[str] = "payment"
    person_id: UUID
    wallet_id: UUID
    store_id: UUID
    amount_yen: int
    is_coin_only: bool = False
    """The resident keeps the points for another day."""
    terminal: str = ""
    """Which till of the store, as its code says."""
    bill: Bill | None = None
    """What the store's code asks for, if it asks for an amount."""
    confirmed_by: str | None = field(default=None, compare=False)
    """How the resident confirmed it: `device`, `passkey`, `pin`. A retry needs none of them."""

    def reads(self) -> Reads:
        """The wallet with its lots and its person; the store with its merchant; the bill."""
        bill = () if self.bill is None else (self.bill.bill_id,)
        return Reads(holders=(self.wallet_id, self.store_id), subjects=bill)

    def follow(self, books: Books) -> Reads | None:
        """The campaigns that the resident owes points to: a grant settles that first."""
        missing = owed_to(books, self.wallet_id) - books.holders.keys()
        return Reads(holders=missing) if missing else None

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history and in the store's."""
        return Draft(holder_id=self.wallet_id, other_id=self.store_id, amount=self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """The lots that pay and the grants of all live campaigns, in one entry.

        An empty budget or a used-up cap never refuses a payment: it grants less and says why.
        """
        wallet, merchant = _existing(self, books)
        _check_states(books, wallet, self.store_id, merchant)
        if self.bill is not None:
            check_bill(books, self.bill, self.amount_yen)
        limits = limits_of(books, self.person_id)
        if self.amount_yen > limits.payment_yen:
            raise Problem(PAYMENT_OVER_LIMIT, limit_yen=limits.payment_yen)
        counted = check_periods(books, limits, self.person_id, "payments", self.amount_yen)
        lots = use_order(
            books,
            self.wallet_id,
            is_coin_only=self.is_coin_only,
            pays_here=lambda lot: pays_at(books, lot, facts_of_shop(books, merchant)),
        )
        parts = take(lots, self.amount_yen)
        if parts is None:
            raise Problem(INSUFFICIENT_FUNDS, usable_yen=sum(lot.balance for lot in lots))
        confirmation, unconfirmed = _confirmation(self, books)
        # After this line nothing may fail.
        draft = self.draft(books)
        for lot, part in parts:
            draft.debit(lot, part)
        draft.credit(books.account(merchant.holder_id, "payable"), self.amount_yen)
        facts = facts_of(books, self.person_id, merchant, self.amount_yen, parts)
        grants = plan_grants(books, self.person_id, merchant.holder_id, facts)
        asked, draft.apart = line_up_of(books).kept_of(facts)
        granted = post_grants(books, draft, wallet, merchant.holder_id, facts, grants)
        draft.facts = {
            "store_name": books.holders[self.store_id].facts["name"],
            "paid_with": parts_to_facts(books, parts),
            "merchant_class": facts.merchant_class,
            **({"asked": asked} if asked else {}),
            **granted,
            **({} if self.bill is None else count_bill(draft, self.bill)),
            **({"terminal": self.terminal} if self.terminal else {}),
            **confirmation,
            **count_payment(books, draft, self.person_id),
        }
        count_periods(draft, counted + unconfirmed, self.amount_yen)
        return draft


def _existing(pay: Pay, books: Books) -> tuple[Holder, Holder]:
    wallet = books.holder(pay.wallet_id, "wallet")
    if wallet is None or wallet.subject_id != pay.person_id:
        raise Problem(WALLET_UNKNOWN)
    store = books.holder(pay.store_id, "store")
    if store is None or store.parent_id is None:
        raise Problem(STORE_UNKNOWN)
    return wallet, books.holders[store.parent_id]


def _confirmation(pay: Pay, books: Books) -> tuple[Facts, Counted]:
    """How a payment above a limit was confirmed, or what it uses up of the day without.

    The last to be asked: nobody has to confirm what is refused all the same. Raises
    confirmation-needed.
    """
    try:
        return {}, check_unconfirmed(books, pay.person_id, pay.amount_yen)
    except Problem:
        if pay.confirmed_by is None:
            raise
        return {"confirmed_by": pay.confirmed_by}, []


def _check_states(books: Books, wallet: Holder, store_id: UUID, merchant: Holder) -> None:
    check_open(wallet)
    if books.holders[store_id].state != "open" or merchant.state != "open":
        raise Problem(STORE_CLOSED)
