"""Pay as a shop: from the wallet of a merchant, in another merchant's store."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from core.errors import Problem, problem
from ledger.books import Books, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.merchant import STORE_UNKNOWN
from merchants.qr import Bill
from merchants.shop_wallet import MERCHANT_NOT_TRADING, check_on, own_wallet
from payments.bill import check_bill, count_bill
from payments.convert import check_merchants_periods
from payments.facts import PAYER
from payments.limits import count_periods
from payments.lots import parts_to_facts, take, use_order
from payments.pay import INSUFFICIENT_FUNDS, PAYMENT_OVER_LIMIT, STORE_CLOSED
from payments.settings import settings_of

OWN_SHOP: Final = problem("own-shop", 409, "A merchant does not pay in its own stores.")
SHOP_PAYMENTS_OVER_DAY: Final = problem(
    "shop-payments-over-day-limit",
    409,
    "The merchant's payments of this day would be over the limit.",
)
SHOP_PAYMENTS_OVER_MONTH: Final = problem(
    "shop-payments-over-month-limit",
    409,
    "The merchant's payments of this month would be over the limit.",
)

BY_A_SHOP: Final = "merchant"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayAsShop(Command):
    """A merchant pays `amount_yen` from its wallet in a store, by the QR code of that shop.

    To the shop that is paid it is a payment like others: due to it, refunded and voided like them.
    Campaigns are not asked, since they are for people (docs/RULES.md, section 12).
    """

    kind: ClassVar[str] = "payment"
    merchant_id: UUID
    """Who pays."""
    wallet_id: UUID
    store_id: UUID
    amount_yen: int
    terminal: str = ""
    """Which till of the store, as its code says."""
    bill: Bill | None = None
    """What the store's code asks for, if it asks for an amount."""

    def reads(self) -> Reads:
        """The wallet with its lots, its merchant; the store with its merchant; the bill."""
        bill = () if self.bill is None else (self.bill.bill_id,)
        return Reads(holders=(self.wallet_id, self.merchant_id, self.store_id), subjects=bill)

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history and in the store's."""
        return Draft(holder_id=self.wallet_id, other_id=self.store_id, amount=self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses, in this order: whose wallet it is not, an unknown store, a region in which shops
        do not pay shops, states, the own stores, the bill, limits, and too little coin.
        """
        payee = _payee(self, books)
        check_on(books)
        _check_states(self, books, payee)
        if self.bill is not None:
            check_bill(books, self.bill, self.amount_yen)
        rules = settings_of(books).recirculation
        if self.amount_yen > rules.payment_yen:
            raise Problem(PAYMENT_OVER_LIMIT, limit_yen=rules.payment_yen)
        counted = check_merchants_periods(
            books,
            self.merchant_id,
            self.amount_yen,
            ("payments.day", rules.payments_per_day_yen, SHOP_PAYMENTS_OVER_DAY),
            ("payments.month", rules.payments_per_month_yen, SHOP_PAYMENTS_OVER_MONTH),
        )
        lots = use_order(books, self.wallet_id, is_coin_only=True, pays_here=lambda _: True)
        parts = take(lots, self.amount_yen)
        if parts is None:
            raise Problem(INSUFFICIENT_FUNDS, usable_yen=sum(lot.balance for lot in lots))
        # After this line nothing may fail.
        draft = self.draft(books)
        for lot, part in parts:
            draft.debit(lot, part)
        draft.credit(books.account(payee.holder_id, "payable"), self.amount_yen)
        draft.facts = {
            "store_name": books.holders[self.store_id].facts["name"],
            "paid_with": parts_to_facts(books, parts),
            "merchant_class": payee.facts.get("merchant_class"),
            "grants": [],
            "points_settled": 0,
            PAYER: BY_A_SHOP,
            **({} if self.bill is None else count_bill(draft, self.bill)),
            **({"terminal": self.terminal} if self.terminal else {}),
        }
        count_periods(draft, counted, self.amount_yen)
        return draft


def _payee(pay: PayAsShop, books: Books) -> Holder:
    own_wallet(books, pay.wallet_id, pay.merchant_id)
    store = books.holder(pay.store_id, "store")
    if store is None or store.parent_id is None:
        raise Problem(STORE_UNKNOWN)
    return books.holders[store.parent_id]


def _check_states(pay: PayAsShop, books: Books, payee: Holder) -> None:
    """Who is leaving still spends what there is; a suspended or closed merchant does not."""
    if books.holders[pay.merchant_id].state not in {"open", "leaving"}:
        raise Problem(MERCHANT_NOT_TRADING)
    if payee.holder_id == pay.merchant_id:
        raise Problem(OWN_SHOP)
    if books.holders[pay.store_id].state != "open" or payee.state != "open":
        raise Problem(STORE_CLOSED)
