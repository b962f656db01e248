"""A resident with an account, who asks for things of the own."""

from typing import Any

import httpx

from tests.town_builder import Wallet


class Me:
    """Asks with the token of a wallet's person."""

    def __init__(self, client: httpx.AsyncClient, token: Any, wallet: Wallet) -> None:
        self.client, self.person_id = client, wallet.person_id
        self.headers = {"Authorization": f"Bearer {token('resident', wallet.person_id)}"}

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(f"/v1/me/{path}", params=query, headers=self.headers)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.client.put(f"/v1/me/{path}", json=body, headers=self.headers)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(f"/v1/me/{path}", json=body or {}, headers=self.headers)
