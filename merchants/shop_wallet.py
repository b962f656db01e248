"""Open the wallet of a merchant (加盟店ウォレット): from it the merchant pays other shops."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import ENDLESS, Books, CounterKey, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.merchant import MERCHANT_UNKNOWN

SHOP_WALLET: Final = "shop_wallet"
SHOP_WALLET_UNKNOWN: Final = problem(
    "shop-wallet-unknown", 404, "Your merchant has no such wallet."
)
SHOP_WALLET_ID_TAKEN: Final = problem(
    "shop-wallet-id-taken", 409, "A wallet cannot be opened under this id."
)
SHOP_WALLET_OPEN: Final = problem("shop-wallet-open", 409, "The merchant has a wallet already.")
RECIRCULATION_OFF: Final = problem(
    "recirculation-off", 409, "In this region shops do not pay shops."
)
MERCHANT_NOT_TRADING: Final = problem(
    "merchant-not-trading", 409, "In its state the merchant cannot do that."
)


def check_on(books: Books) -> None:
    """Raises recirculation-off: the region has not turned it on, or not any more."""
    if not books.settings.recirculation.is_on:
        raise Problem(RECIRCULATION_OFF)


def own_wallet(books: Books, wallet_id: UUID, merchant_id: UUID) -> Holder:
    """The merchant's wallet. Raises shop-wallet-unknown for any other: nothing is learned of it."""
    wallet = books.holder(wallet_id, SHOP_WALLET)
    if wallet is None or wallet.subject_id != merchant_id:
        raise Problem(SHOP_WALLET_UNKNOWN)
    return wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShopWallet(Command):
    """A merchant opens its wallet, which is one; its id is the command's."""

    kind: ClassVar[str] = "shop_wallet.opened"
    merchant_id: UUID

    def reads(self) -> Reads:
        """Whether something else has the id; the merchant, and whether it has a wallet."""
        return Reads(holders=(self.entry_id, self.merchant_id), subjects=(self.merchant_id,))

    def draft(self, books: Books) -> Draft:
        """It is the first line of the wallet's history."""
        return Draft(holder_id=self.entry_id, other_id=self.merchant_id)

    def decide(self, books: Books) -> Draft:
        """Refuses an unknown merchant, an id that a holder has, a region in which shops do not pay
        shops, a merchant that is not open, and a second wallet.
        """
        merchant = books.holder(self.merchant_id, "merchant")
        if merchant is None:
            raise Problem(MERCHANT_UNKNOWN)
        if self.entry_id in books.holders:
            raise Problem(SHOP_WALLET_ID_TAKEN)
        check_on(books)
        if merchant.state != "open":
            raise Problem(MERCHANT_NOT_TRADING)
        has_one = CounterKey(self.merchant_id, SHOP_WALLET, NIL, ENDLESS)
        if books.used(has_one):
            raise Problem(SHOP_WALLET_OPEN)
        draft = self.draft(books)
        draft.count(has_one, 1, 1)
        draft.put(Holder(self.entry_id, SHOP_WALLET, "open", {}, subject_id=self.merchant_id))
        return draft
