"""A resident's app at the API: what it holds, and what it sends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from merchants.qr import StoreQr, encode
from tests.town_builder import Store, Wallet, new_id

Token = Callable[..., str]


@dataclass(frozen=True)
class Phone:
    """The app of whoever holds `wallet`; its token lasts as long as a test."""

    client: httpx.AsyncClient
    wallet: Wallet
    headers: dict[str, str]

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask; a trailing underscore of a parameter's name is left away (`from_`)."""
        params = {name.rstrip("_"): value for name, value in query.items()}
        return await self.client.get(f"/v1/{path}", params=params, headers=self.headers)

    async def put(self, path: str, body: Any) -> httpx.Response:
        """Do."""
        return await self.client.put(f"/v1/{path}", json=body, headers=self.headers)

    async def pay(
        self, store: Store, amount_yen: Any, payment_id: UUID | str | None = None, **more: Any
    ) -> httpx.Response:
        """Pay by the store's code."""
        body = self.payment(store, amount_yen, **more)
        return await self.put(f"payments/{payment_id or new_id()}", body)

    async def quote(self, store: Store, amount_yen: Any, **more: Any) -> httpx.Response:
        """Ask what the same payment would do."""
        body = self.payment(store, amount_yen, **more)
        return await self.client.post("/v1/quotes", json=body, headers=self.headers)

    def payment(self, store: Store, amount_yen: Any, **more: Any) -> dict[str, Any]:
        """The body of a payment; `more` are members of it."""
        wallet_id = str(self.wallet.wallet_id)
        return {"wallet_id": wallet_id, "qr": qr_of(store), "amount_yen": amount_yen} | more


def phone_of(client: httpx.AsyncClient, token: Token, wallet: Wallet, **claims: Any) -> Phone:
    """The app of the wallet's person."""
    bearer = token("resident", sub=wallet.person_id, ttl_s=900, **claims)
    return Phone(client, wallet, {"Authorization": f"Bearer {bearer}"})


def qr_of(store: Store) -> str:
    """The code that hangs in the store."""
    return encode(StoreQr(store.store_id, "Hinode-ya", "SETAGAYA"))


def payment_lines(
    phone: Phone, store: Store, yen: int, payment_id: UUID, other: dict[str, Any] | None = None
) -> str:
    """What a device signs to confirm a payment; `other` stands in place of what is true."""
    said: dict[str, Any] = {
        "region": "setagaya",
        "payment_id": payment_id,
        "wallet_id": phone.wallet.wallet_id,
        "store_id": store.store_id,
        "amount_yen": yen,
        "coin_only": "false",
    }
    return "\n".join(
        ["meguri payment", *(f"{name}={told}" for name, told in (said | (other or {})).items())]
    )
