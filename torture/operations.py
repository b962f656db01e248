"""Operations: what residents, shops and the provider ask for, each under an id of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.ids import uuid8
from torture.ground import REGION
from torture.scene import Holder, Scene
from town import wire
from town.directory import Listing
from town.wire import PROVIDER, Call

MOVING: Final = frozenset({"payment", "refund", "void", "top_up"})
"""The kinds of entries that operations leave in the journal."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, to be sent as often as needed: `call` and `look` take a fresh token."""

    op: UUID
    kind: str
    who: str
    wanted: Mapping[str, Any]
    call: Callable[[], Call]
    look: Callable[[], Call] | None
    """Asks what became of it; a provider delivers again instead."""
    is_webhook: bool = False


def payment(
    scene: Scene, holder: Holder, shop: Listing, amount_yen: object, op: UUID | None = None
) -> Operation:
    """A resident pays in a shop; `amount_yen` is sent as it is."""
    name = op or scene.new_id()

    def token() -> str:
        return scene.tokens.resident(holder.person_id)

    return Operation(
        name,
        "payment",
        f"resident {holder.number}",
        {"amount_yen": amount_yen, "wallet": str(holder.wallet_id), "store": str(shop.store_id)},
        lambda: wire.pay(name, holder.wallet_id, shop.qr, amount_yen, token()),
        lambda: Call("GET", f"/v1/payments/{name}", token=token()),
    )


def refund(
    scene: Scene, shop: Listing, payment_id: UUID, amount_yen: int | None, op: UUID | None = None
) -> Operation:
    """A shop gives back a part, or with None what remains."""
    name = op or scene.new_id()

    def token() -> str:
        return scene.tokens.shop(shop.owner_id, shop.merchant_id)

    return Operation(
        name,
        "refund",
        f"shop {shop.merchant_id}",
        {"amount_yen": amount_yen, "payment": str(payment_id), "store": str(shop.store_id)},
        lambda: wire.refund(name, payment_id, amount_yen, token()),
        lambda: Call("GET", f"/v1/refunds/{name}", token=token()),
    )


def void(scene: Scene, shop: Listing, payment_id: UUID) -> Operation:
    """A shop undoes a payment."""
    name = scene.new_id()

    def token() -> str:
        return scene.tokens.shop(shop.owner_id, shop.merchant_id)

    return Operation(
        name,
        "void",
        f"shop {shop.merchant_id}",
        {"payment": str(payment_id), "store": str(shop.store_id)},
        lambda: wire.void(name, payment_id, token()),
        lambda: Call("GET", f"/v1/voids/{name}", token=token()),
    )


def top_up(scene: Scene, holder: Holder, amount_yen: int, reference: str) -> Operation:
    """The provider tells of money; the ledger derives the id from the provider's reference."""
    at = _to_the_millisecond(scene.clock.now())
    name = uuid8(at, "top_up", REGION, PROVIDER, reference)
    return Operation(
        name,
        "top_up",
        f"provider for resident {holder.number}",
        {"amount_yen": amount_yen, "wallet": str(holder.wallet_id)},
        lambda: wire.top_up(reference, holder.wallet_id, amount_yen, at),
        None,
        is_webhook=True,
    )


def _to_the_millisecond(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
