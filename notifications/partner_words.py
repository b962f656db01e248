"""What a webhook to a partner says: what everybody may read, and nothing of a person."""

from typing import Any, Final, Literal
from uuid import UUID, uuid5

import orjson

from notifications.deliveries import Delivery

PartnerWebhook = Literal["message.told", "message.ended", "test"]
"""A name stands for its members for ever: members may come, none goes or changes."""

PARTNER_WEBHOOKS: Final[dict[str, PartnerWebhook]] = {
    "message": "message.told",
    "end": "message.ended",
    "test": "test",
}
"""By what a row of the outbox tells."""

_NAMES: Final = UUID("b4a7cf2e-3a0d-4c0c-9f43-6a1f6b7d5e22")
_TOLD: Final = ("message_id", "kind", "texts", "made_at", "expires_at", "replaces")
_ENDED: Final = ("message_id", "kind", "state", "ended_at", "replaced_by")


def webhook_id_of(region_id: int, delivery_id: int) -> UUID:
    """The same in each attempt: whoever knows it passes nothing on twice."""
    return uuid5(_NAMES, f"{region_id}/{delivery_id}")


def body_of(delivery: Delivery) -> str:
    """The body of a webhook, the same each time that it is made."""
    message, at = delivery.message, delivery.made_at.isoformat()
    data: dict[str, Any] = {"region": delivery.region_code}
    if delivery.tells == "test":
        data["partner_id"] = str(delivery.address_id)
    else:
        assert message is not None, "all but a test are of a message"
        is_told = delivery.tells == "message"
        at = message["made_at" if is_told else "ended_at"]
        data |= {name: message[name] for name in (_TOLD if is_told else _ENDED)}
        if is_told:
            data |= _why(message["why"])
    called = PARTNER_WEBHOOKS[delivery.tells]
    return orjson.dumps({"type": called, "timestamp": at, "data": data}).decode()


def _why(why: dict[str, Any]) -> dict[str, Any]:
    """As the public log of notices has it, or the feed of alerts; null where it is of the other."""
    return {
        "purpose": why.get("purpose"),
        "segment": why.get("segment"),
        "alert_type": why.get("message_type"),
        "areas": why.get("areas"),
    }
