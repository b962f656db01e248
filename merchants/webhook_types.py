"""What webhooks tell: the types of events, and what stands in each. Ids, amounts and times only.

A name stands for what its body has, for ever: members may come, none goes or changes. What would
break a reader gets a name of its own, `payment.made.v2`, beside the first.
"""

from collections.abc import Callable
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from ledger.events import Event

EventType = Literal[
    "payment.made", "payment.refunded", "payment.voided", "settlement.paid", "settlement.returned"
]
PING: Final = "ping"
ToldType = Literal[
    "payment.made", "payment.refunded", "payment.voided", "settlement.paid",
    "settlement.returned", "ping",
]  # fmt: skip

Data = dict[str, Any]


def _payment(event: Event) -> Data:
    coin = sum(part["amount"] for part in event.facts["paid_with"] if part["kind"] == "coin")
    cashback = sum(grant["cashback_yen"] for grant in event.facts["grants"])
    return {
        "payment_id": event.entry_id,
        "store_id": event.other_id,
        "amount_yen": event.amount,
        "coin_yen": coin,
        "cashback_yen": cashback,
        "bill_id": event.facts.get("bill_id"),
    }


def _refund(event: Event) -> Data:
    return {
        "refund_id": event.entry_id,
        "payment_id": event.refers_to,
        "store_id": event.other_id,
        "amount_yen": event.amount,
        "refunded_yen": event.facts["refunded_yen"],
    }


def _void(event: Event) -> Data:
    return {
        "void_id": event.entry_id,
        "payment_id": event.refers_to,
        "store_id": event.other_id,
        "amount_yen": event.amount,
    }


def _payout(event: Event) -> Data:
    return {"settlement_id": event.refers_to, "amount_yen": event.amount}


TOLD: Final[dict[str, tuple[EventType, Callable[[Event], Data]]]] = {
    "payment": ("payment.made", _payment),
    "refund": ("payment.refunded", _refund),
    "void": ("payment.voided", _void),
    "payout.paid": ("settlement.paid", _payout),
    "payout.returned": ("settlement.returned", _payout),
}
"""By the kind of the entry: what it is called outside, and what is told of it."""
OF_MERCHANTS: Final = frozenset({"payout.paid", "payout.returned"})
"""Kinds that are about a merchant; all others are about a store."""


def body_of(event: Event, merchant_id: UUID, zone: ZoneInfo) -> str:
    """The body of an event's webhook, the same each time that it is made."""
    called, data = TOLD[event.kind]
    at = event.at.astimezone(zone)
    return _body(
        called,
        at.isoformat(timespec="milliseconds"),
        {
            **data(event),
            "merchant_id": merchant_id,
            "business_date": event.business_date,
            "seq": event.seq,
        },
    )


def ping_body(at: str, endpoint_id: UUID) -> str:
    """The body of a test."""
    return _body(PING, at, {"endpoint_id": endpoint_id})


def _body(called: str, at: str, data: Data) -> str:
    # The driver's ids are of a type of its own.
    said = {name: str(each) if isinstance(each, UUID) else each for name, each in data.items()}
    return orjson.dumps({"type": called, "timestamp": at, "data": said}).decode()
