"""Lots of a wallet: which are used first, and where refunded value goes back to."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from campaigns.facts import PaymentFacts
from campaigns.shop_groups import ShopGroup
from ledger.books import Account, Books, Facts

POINTS: Final = "points"
COIN: Final = "coin"

Part = tuple[Account, int]
"""So many yen of one lot."""


def use_order(
    books: Books, wallet_id: UUID, *, is_coin_only: bool, pays_here: Callable[[Account], bool]
) -> list[Account]:
    """The lots that may pay today, first to be used first: points by expiry, then coin by expiry.

    Where two expire on one day, points that pay at some shops only go first, then the older lot.
    `pays_here` is asked about those alone.
    """
    kinds, groups = ({COIN} if is_coin_only else {POINTS, COIN}), books.shop_groups

    def order(lot: Account) -> tuple[bool, date, bool, int]:
        until = lot.expires_on or date.max
        return (lot.kind == COIN, until, lot.source_id not in groups, lot.account_no)

    usable = [
        lot
        for lot in books.by_holder.get(wallet_id, ())
        if lot.balance > 0
        and lot.kind in kinds
        and lot.is_open
        and not books.is_over(lot)
        and (lot.source_id not in groups or pays_here(lot))
    ]
    return sorted(usable, key=order)


def is_tied(books: Books, lot: Account) -> bool:
    """Whether the value of the lot pays at some shops only."""
    return lot.source_id in books.shop_groups


def pays_at(books: Books, lot: Account, shop: PaymentFacts) -> bool:
    """Whether a lot that pays at some shops only does so at this one."""
    assert lot.source_id is not None, "what is tied has a source"
    group: ShopGroup = books.shop_groups[lot.source_id]
    return group.has(shop)


def take(lots: Sequence[Account], amount_yen: int) -> list[Part] | None:
    """The parts of `lots`, in their order, that make up the amount; None if they do not reach."""
    parts = []
    left = amount_yen
    for lot in lots:
        part = min(left, lot.balance)
        parts.append((lot, part))
        left -= part
        if left == 0:
            return parts
    return None


def coin_part(parts: Sequence[Part]) -> int:
    """How much of a payment was bought coin: rebates are computed on this alone."""
    return sum(part for lot, part in parts if lot.kind == COIN)


def parts_to_facts(books: Books, parts: Sequence[Part]) -> list[Facts]:
    """Parts in use-order, as the journal keeps them."""
    return [{"lot": lot.account_no, **told_part(books, lot, part)} for lot, part in parts]


def told_part(books: Books, lot: Account, part: int) -> Facts:
    """So much of a lot; with its campaign where it pays at some shops only."""
    told: Facts = {
        "kind": lot.kind,
        "amount": part,
        "expires_on": lot.expires_on.isoformat() if lot.expires_on else None,
    }
    return {**told, "campaign_id": str(lot.source_id)} if is_tied(books, lot) else told


def returned(paid_with: Sequence[Facts], refunded_yen: int) -> list[int]:
    """How much of each part has gone back once `refunded_yen` of the payment were refunded.

    In reverse use-order and by the cumulative amount, so the path does not matter.
    """
    gone_back = []
    left = refunded_yen
    for part in reversed(paid_with):
        back = min(left, part["amount"])
        gone_back.append(back)
        left -= back
    return gone_back[::-1]


def lot_to_refund(books: Books, lot: Account, grace_days: int) -> Account:
    """Where value of `lot` goes back to: itself, or its successor once it has expired.

    The successor is of the same kind and source and may be used for `grace_days` from today.
    """
    if lot.is_open and not books.is_over(lot):
        return lot
    until = books.today + timedelta(days=grace_days)
    return books.account(lot.holder_id, lot.kind, lot.source_id, until)
