"""What is told of a shop's wallet, to its merchant and to finance."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.answers import Answer, in_zone
from ledger.books import Entry, Facts
from ledger.regions import Region
from ledger.statement import Change
from merchants.read_shop_wallets import ShopWallet

ShopHistoryKind = Literal[
    "shop_wallet.opened",
    "conversion",
    "conversion.returned",
    "payment",
    "refund",
    "void",
    "expiry",
]


class CoinLot(Answer):
    """Coin that expires on one day."""

    amount_yen: int = Field(examples=[4000])
    expires_on: date
    """The last day on which it can be used, in the region's zone."""


class ShopWalletAnswer(Answer):
    """The wallet of a merchant."""

    wallet_id: UUID
    merchant_id: UUID
    coin_yen: int = Field(examples=[4000])
    lots: list[CoinLot]
    """In the order in which they are spent."""


class ShopHistoryItem(Answer):
    """One line of the history of a shop's wallet."""

    entry_id: UUID
    seq: int = Field(examples=[4711])
    kind: ShopHistoryKind
    at: datetime
    business_date: date
    amount_yen: int = Field(examples=[1200])
    coin_change_yen: int = Field(examples=[-1200])
    store_id: UUID | None
    """Where it was paid, or what that store gave back."""
    store_name: str | None = Field(examples=["見本製粉"])
    refers_to: UUID | None
    """The payment that was refunded."""


class ConversionAnswer(Answer):
    """What became coin of what was due."""

    conversion_id: UUID
    wallet_id: UUID
    amount_yen: int = Field(examples=[4000])
    expires_on: date
    """The last day of this coin."""
    converted_at: datetime
    seq: int = Field(examples=[4711])


class ConversionReturn(Answer):
    """What was left in a shop's wallet, and is due to the shop again."""

    return_id: UUID
    merchant_id: UUID
    wallet_id: UUID
    amount_yen: int = Field(examples=[4000])
    lots: list[CoinLot]
    reason: str = Field(examples=["the shop has left"])
    returned_at: datetime
    seq: int = Field(examples=[4712])


def shop_wallet_answer(wallet: ShopWallet, today: date) -> ShopWalletAnswer:
    """A wallet with what pays today: a lot that is over is not told, swept or not."""
    lots = sorted(_lots(wallet, today), key=lambda lot: lot.expires_on)
    return ShopWalletAnswer(
        wallet_id=wallet.wallet_id,
        merchant_id=wallet.merchant_id,
        coin_yen=sum(lot.amount_yen for lot in lots),
        lots=lots,
    )


def shop_history_item(region: Region, entry: Entry, change: Change) -> ShopHistoryItem:
    """An entry as the merchant is shown it."""
    name = entry.facts.get("store_name")
    return ShopHistoryItem.model_validate(
        {
            "entry_id": entry.entry_id,
            "seq": entry.seq,
            "kind": entry.kind,
            "at": in_zone(entry.at, region),
            "business_date": entry.business_date,
            "amount_yen": entry.amount,
            "coin_change_yen": change.coin_yen,
            "store_id": None if name is None else entry.other_id,
            "store_name": name,
            "refers_to": entry.refers_to,
        }
    )


def conversion_answer(region: Region, entry: Entry) -> ConversionAnswer:
    """A conversion from its entry."""
    return ConversionAnswer.model_validate(
        {
            "conversion_id": entry.entry_id,
            "wallet_id": entry.holder_id,
            "amount_yen": entry.amount,
            "expires_on": entry.facts["expires_on"],
            "converted_at": in_zone(entry.at, region),
            "seq": entry.seq,
        }
    )


def return_answer(region: Region, entry: Entry) -> ConversionReturn:
    """What finance put back, from its entry."""
    return ConversionReturn.model_validate(
        {
            "return_id": entry.entry_id,
            "merchant_id": entry.other_id,
            "wallet_id": entry.holder_id,
            "amount_yen": entry.amount,
            "lots": [_taken(lot) for lot in entry.facts["taken"]],
            "reason": entry.facts["reason"],
            "returned_at": in_zone(entry.at, region),
            "seq": entry.seq,
        }
    )


def _lots(wallet: ShopWallet, today: date) -> Iterator[CoinLot]:
    for lot in wallet.lots:
        assert lot.expires_on is not None, "coin expires"
        if lot.expires_on >= today:
            yield CoinLot(amount_yen=lot.balance, expires_on=lot.expires_on)


def _taken(lot: Facts) -> dict[str, object]:
    return {"amount_yen": lot["amount"], "expires_on": lot["expires_on"]}
