"""A shop's staff at the API: their tokens, and what they send."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

from tests.town_builder import Store, new_id

Token = Callable[..., str]


def staff(token: Token, store: Store, role: str = "owner", **claims: Any) -> dict[str, str]:
    """The header of somebody who works for the store's merchant."""
    claims = {"sub": store.staff_id, "merchant": store.merchant_id, **claims}
    return {"Authorization": f"Bearer {token('merchant', role=role, **claims)}"}


def feed_of(store: Store) -> str:
    """Where the store's live feed is."""
    return f"/v1/stores/{store.store_id}/feed"


async def put_refund(
    client: httpx.AsyncClient,
    headers: dict[str, str],
    payment_id: UUID,
    refund_id: UUID | None = None,
    **body: Any,
) -> httpx.Response:
    """Ask for a refund; of all that remains when no `amount_yen` is named."""
    content = {"payment_id": str(payment_id), "reason": "returned goods", **body}
    path = f"/v1/refunds/{refund_id or new_id()}"
    return await client.put(path, headers=headers, json=content)


async def put_void(
    client: httpx.AsyncClient,
    headers: dict[str, str],
    payment_id: UUID,
    void_id: UUID | None = None,
    **body: Any,
) -> httpx.Response:
    """Ask for a void."""
    content = {"payment_id": str(payment_id), "reason": "typed the wrong amount", **body}
    return await client.put(f"/v1/voids/{void_id or new_id()}", headers=headers, json=content)


def slug_of(answer: httpx.Response) -> str:
    """The slug of a refusal."""
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["type"]).removeprefix("/problems/")
