"""A top-up provider at the API: it signs what it tells (Standard Webhooks 1.0)."""

import base64
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import httpx

from tests.conftest import PROVIDER, PROVIDER_SECRET

WHEN = "2025-11-22T09:30:00+09:00"


def succeeded(wallet_id: object, amount_yen: Any = 5000, **more: Any) -> dict[str, Any]:
    """The event of a top-up."""
    return {
        "type": "top_up.succeeded",
        "top_up_ref": f"tx-{uuid4()}",
        "wallet_id": str(wallet_id),
        "amount_yen": amount_yen,
        "occurred_at": WHEN,
    } | more


def reversed_(top_up: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The event of the reversal of that top-up."""
    return {
        "type": "top_up.reversed",
        "top_up_ref": top_up["top_up_ref"],
        "top_up_occurred_at": top_up["occurred_at"],
        "reversal_ref": f"back-{uuid4()}",
        "reason": "card reported stolen",
        "occurred_at": WHEN,
    } | more


async def tell(
    client: httpx.AsyncClient, event: Any, provider: str = PROVIDER, **how: Any
) -> httpx.Response:
    """Deliver an event, JSON or bytes; `how` is said to `signed`, or gives the `headers` whole."""
    content = event if isinstance(event, bytes) else json.dumps(event).encode()
    headers = how.pop("headers", None) or signed(content, **how)
    return await client.post(f"/v1/webhooks/top-ups/{provider}", content=content, headers=headers)


def signed(
    content: bytes,
    *,
    secret: str = PROVIDER_SECRET,
    at: float | None = None,
    webhook_id: str | None = None,
    before: str = "",
    after: str = "",
) -> dict[str, str]:
    """The headers of a delivery; `before` and `after` stand beside its signature."""
    webhook_id = webhook_id or f"msg_{uuid4().hex}"
    timestamp = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{webhook_id}.{timestamp}.".encode() + content, "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"{before}v1,{base64.b64encode(digest).decode()}{after}",
    }
