"""Convert (転換): a shop makes coin of what is due to it; or what it cannot spend comes back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from core.errors import Problem, ProblemType, problem
from core.ids import NIL
from ledger.books import Account, Books, CounterKey, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.shop_wallet import MERCHANT_NOT_TRADING, SHOP_WALLET_UNKNOWN, check_on, own_wallet
from payments.close_settlement import SETTLEMENT_OVERTAKEN, settled_key
from payments.limits import Counted, count_periods
from payments.lots import COIN, told_part
from payments.settings import settings_of
from payments.top_up import BALANCE_OVER_LIMIT, coin_held, coin_lot

CONVERSIONS_OVER_DAY: Final = problem(
    "conversions-over-day-limit", 409, "The conversions of this day would be over the limit."
)
CONVERSIONS_OVER_MONTH: Final = problem(
    "conversions-over-month-limit", 409, "The conversions of this month would be over the limit."
)
CONVERSION_OVER_PAYABLE: Final = problem(
    "conversion-over-payable", 409, "Less than that can be converted of what is due."
)
COIN_STILL_PAYS: Final = problem(
    "coin-still-pays", 409, "The merchant can still pay with its coin, so it does not come back."
)
SHOP_WALLET_EMPTY: Final = problem("shop-wallet-empty", 409, "There is no coin in the wallet.")


@dataclass(frozen=True, slots=True)
class SpokenFor:
    """What of a merchant's payable is not its own to convert, as it was read beforehand."""

    day: date
    """The business date of which it is true."""
    from_seq: int
    """Up to which number of the journal the merchant was settled then."""
    yen: int
    """Due to a period that is over and not closed yet, and fee and tax of what was sold since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convert(Command):
    """A shop takes `amount_yen` from its payable at once and has it as coin of its wallet.

    No settlement pays it out any more. For the law it is value issued anew, for a claim instead of
    cash: coin, paid, in the books of unused balance (docs/RULES.md, section 12).
    """

    kind: ClassVar[str] = "conversion"
    merchant_id: UUID
    wallet_id: UUID
    amount_yen: int
    spoken_for: SpokenFor = field(compare=False)

    def reads(self) -> Reads:
        """The wallet with its lots, the merchant with its accounts, and how far it was settled."""
        return Reads(holders=(self.wallet_id, self.merchant_id), subjects=(self.merchant_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history and in the merchant's."""
        return Draft(holder_id=self.wallet_id, other_id=self.merchant_id, amount=self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses, in this order, whose wallet it is not, a region in which shops do not pay shops,
        a merchant that is not open, limits of day and month and of the wallet, and more than what
        is free. Where a close or midnight came in between, settlement-overtaken: come again.
        """
        wallet = own_wallet(books, self.wallet_id, self.merchant_id)
        check_on(books)
        if books.holders[self.merchant_id].state != "open":
            raise Problem(MERCHANT_NOT_TRADING)
        rules = settings_of(books).recirculation
        counted = check_merchants_periods(
            books,
            self.merchant_id,
            self.amount_yen,
            ("conversions.day", rules.conversions_per_day_yen, CONVERSIONS_OVER_DAY),
            ("conversions.month", rules.conversions_per_month_yen, CONVERSIONS_OVER_MONTH),
        )
        if coin_held(books, wallet.holder_id) + self.amount_yen > rules.balance_yen:
            raise Problem(BALANCE_OVER_LIMIT, limit_yen=rules.balance_yen)
        free_yen = self._free_yen(books)
        if self.amount_yen > free_yen:
            raise Problem(CONVERSION_OVER_PAYABLE, convertible_yen=free_yen)
        draft = self.draft(books)
        lot = coin_lot(books, wallet.holder_id, books.today)
        assert lot.expires_on is not None, "coin expires"
        draft.debit(books.account(self.merchant_id, "payable"), self.amount_yen)
        draft.credit(lot, self.amount_yen)
        draft.facts = {"expires_on": lot.expires_on.isoformat()}
        count_periods(draft, counted, self.amount_yen)
        return draft

    def _free_yen(self, books: Books) -> int:
        """What nothing else has a claim on. Sales only add to it, so it may have been read before:
        but for a close, and for a period that ended at midnight.
        """
        kept = self.spoken_for
        settled = books.used(settled_key(self.merchant_id))
        if (kept.day, kept.from_seq) != (books.today, settled):
            raise Problem(SETTLEMENT_OVERTAKEN, retry_after=1)
        held = ("payable", "merchant_receivable")
        accounts = [each for kind in held for each in books.accounts_of(self.merchant_id, kind)]
        return free_yen(accounts, kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnConversion(Command):
    """Finance puts what is left in a shop's wallet back to what is due to the shop.

    Only where it pays nothing any more: the shop is leaving or has left, or the region has turned
    recirculation off. In money it comes with a settlement, so this is a refund of value that was
    issued, which the law forbids but for such reasons (docs/RULES.md, section 12).
    """

    kind: ClassVar[str] = "conversion.returned"
    wallet_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The wallet with its lots."""
        return Reads(holders=(self.wallet_id,))

    def follow(self, books: Books) -> Reads | None:
        """Its merchant, with its accounts."""
        wallet = books.holders.get(self.wallet_id)
        if wallet is None or wallet.subject_id is None:
            return None
        return Reads(holders=(wallet.subject_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history and in the merchant's. Refuses shop-wallet-unknown."""
        return Draft(holder_id=self.wallet_id, other_id=self._merchant(books).holder_id)

    def decide(self, books: Books) -> Draft:
        """Refuses shop-wallet-unknown, coin-still-pays, shop-wallet-empty."""
        merchant = self._merchant(books)
        is_on = settings_of(books).recirculation.is_on
        if is_on and merchant.state not in {"leaving", "closed"}:
            raise Problem(COIN_STILL_PAYS)
        lots = [
            lot
            for lot in books.accounts_of(self.wallet_id, COIN)
            if lot.balance and not books.is_over(lot)
        ]
        if not lots:
            raise Problem(SHOP_WALLET_EMPTY)
        draft = self.draft(books)
        draft.amount = sum(lot.balance for lot in lots)
        draft.facts = {
            "taken": [told_part(books, lot, lot.balance) for lot in lots],
            "reason": self.reason,
        }
        for lot in lots:
            draft.debit(lot, lot.balance)
        draft.credit(books.account(merchant.holder_id, "payable"), draft.amount)
        return draft

    def _merchant(self, books: Books) -> Holder:
        wallet = books.holder(self.wallet_id, "shop_wallet")
        if wallet is None or wallet.subject_id is None:
            raise Problem(SHOP_WALLET_UNKNOWN)
        return books.holders[wallet.subject_id]


def free_yen(accounts: Iterable[Account], spoken_for: SpokenFor) -> int:
    """What of a merchant's payable may become coin: less what it owes, and what is spoken for."""
    signs = {"payable": 1, "merchant_receivable": -1}
    held_yen = sum(signs.get(account.kind, 0) * account.balance for account in accounts)
    return max(0, held_yen - spoken_for.yen)


def check_merchants_periods(
    books: Books, merchant_id: UUID, amount_yen: int, *limits: tuple[str, int | None, ProblemType]
) -> Counted:
    """The counters of a merchant's day and month that have a limit; raises what is over one."""
    counted: Counted = []
    for name, limit_yen, refusal in limits:
        if limit_yen is None:
            continue
        period = books.today.replace(day=1) if name.endswith(".month") else books.today
        key = CounterKey(merchant_id, name, NIL, period)
        used_yen = books.used(key)
        if used_yen + amount_yen > limit_yen:
            raise Problem(refusal, limit_yen=limit_yen, used_yen=used_yen)
        counted.append((key, limit_yen))
    return counted
