"""A packet log: all that a victim's app sends and is answered on a day worth listening to."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from access.signatures import text_to_sign
from tests.api.phone import qr_of
from tests.api.resident_app import ResidentApp
from tests.town_builder import Store, Town, Wallet, new_id


@dataclass
class Wire:
    """The packet log: requests with their answers, as they went over the line."""

    packets: list[tuple[httpx.Request, bytes]] = field(default_factory=list)

    async def note(self, response: httpx.Response) -> None:
        """Keep one."""
        await response.aread()
        self.packets.append((response.request, response.content))

    def tokens(self, name: str) -> list[str]:
        """Every access token or refresh token that was answered."""
        told = [json.loads(content) for _, content in self.packets if content[:1] == b"{"]
        return [answer[name] for answer in told if name in answer]

    async def send_again(
        self, client: httpx.AsyncClient
    ) -> AsyncIterator[tuple[httpx.Request, httpx.Response]]:
        """Every request once more, byte for byte, with what was answered to it this time."""
        for request, _ in list(self.packets):
            headers = {name: value for name, value in request.headers.items() if name != "host"}
            answer = await client.request(
                request.method, request.url.path, content=request.content, headers=headers
            )
            yield request, answer


@asynccontextmanager
async def listened_to(
    town: Town, app: FastAPI, phone: str, wire: Wire
) -> AsyncIterator[ResidentApp]:
    """Somebody who signs in, and whose line is listened to."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://meguri.test", event_hooks={"response": [wire.note]}
    ) as client:
        signed_in = ResidentApp(client, town.database)
        await signed_in.sign_in(phone)
        yield signed_in


async def rich_wallet(town: Town, victim: ResidentApp) -> Wallet:
    """The victim's wallet with ¥50,000."""
    wallet_id = new_id()
    opened = await victim.call("PUT", f"wallets/{wallet_id}")
    assert opened.status_code == 201, opened.text
    made = Wallet(wallet_id, UUID(victim.tokens["person_id"]))
    await town.top_up(made, 50_000)
    return made


async def pay(
    who: ResidentApp, wallet: Wallet, store: Store, yen: int, payment_id: UUID | None = None,
    **more: Any,
) -> httpx.Response:  # fmt: skip
    body = {"wallet_id": str(wallet.wallet_id), "qr": qr_of(store), "amount_yen": yen, **more}
    return await who.call("PUT", f"payments/{payment_id or new_id()}", **body)


def confirmation(
    who: ResidentApp, wallet: Wallet, store: Store, yen: int, payment_id: UUID, **other: Any
) -> dict[str, str]:
    said: dict[str, Any] = {
        "region": "setagaya",
        "payment_id": str(payment_id),
        "wallet_id": str(wallet.wallet_id),
        "store_id": str(store.store_id),
        "amount_yen": yen,
        "coin_only": "false",
    } | other
    signature = who.key.signature(text_to_sign("payment", **said))
    return {"device_id": who.tokens["device_id"], "signature": signature}


async def a_day(
    victim: ResidentApp, wallet: Wallet, store: Store, new_phone: str = "+819055556666"
) -> None:
    """What the victim does while somebody listens."""
    assert (await pay(victim, wallet, store, 800)).status_code == 201
    payment_id = new_id()
    signed = confirmation(victim, wallet, store, 4_000, payment_id)
    paid = await pay(victim, wallet, store, 4_000, payment_id, confirmation=signed)
    assert paid.status_code == 201, paid.text
    await victim.renew()
    assert (await victim.call("GET", "me/devices")).status_code == 200
    assert (await victim.sign_in_by_device()).status_code == 200
    assert (await victim.begin_change(new_phone)).status_code == 200
    assert len((await victim.call("GET", "me/number-changes")).json()["items"]) == 1


async def state_of_it_all(town: Town) -> list[Any]:
    """Everything that an attacker would want to change."""
    queries = (
        "SELECT holder_id, kind, balance FROM ledger.account ORDER BY account_no",
        "SELECT entry_id, refusal FROM ledger.entry ORDER BY seq",
        "SELECT person_id, phone, pin_hash FROM residents.person ORDER BY 1",
        "SELECT device_id, subject_id, usable_from, revoked_at FROM access.device ORDER BY 1",
        "SELECT person_id, new_phone, state FROM residents.number_change ORDER BY 2",
    )
    return [await town.rows(query) for query in queries]
