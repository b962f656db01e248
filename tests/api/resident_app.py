"""A resident's app before and after it signs in: its key, its tokens, and the phone that rings."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from access.devices import device_text
from access.renew_session import refresh_text
from access.signatures import text_to_sign
from api.sign_in_devices import sign_in_text
from core.database import Database
from tests.access.device_key import DeviceKey
from tests.town_builder import new_id

CODE = re.compile(r"[0-9]{6}")


async def messages_to(database: Database, phone: str, region_id: int = 1) -> list[str]:
    """The texts in the outbox for a number in E.164, oldest first."""
    async with database.transaction(region_id) as db:
        rows = await db.execute(
            text("SELECT body FROM access.message WHERE address = :to ORDER BY message_id"),
            {"to": phone},
        )
        return list(rows.scalars())


async def let_time_pass(database: Database, interval: str, region_id: int = 1) -> None:
    """Move what is counted and asked for into the past, as if so much time had gone by.

    By way of a far past: a window's beginning is part of its key, and where windows are as
    long as the move, a row that moves straight could meet its neighbour that has not yet.
    """
    ways = ("- interval '1000 years'", f"+ interval '1000 years' - interval '{interval}'")
    async with database.transaction(region_id) as db:
        for table, columns in _TIMES.items():
            for way in ways:
                moved = ", ".join(f"{name} = {name} {way}" for name in columns)
                await db.execute(text(f"UPDATE {table} SET {moved}"))


_TIMES = {
    "access.allowance": ("begins_at", "ends_at"),
    "access.challenge": ("made_at", "expires_at"),
    "access.device": ("made_at", "usable_from"),
    "residents.number_change": ("asked_at", "holds_from"),
}


@dataclass
class ResidentApp:
    """One app on one device; `region` is where it signs in."""

    client: httpx.AsyncClient
    database: Database
    region: str = "setagaya"
    region_id: int = 1
    key: DeviceKey = field(default_factory=DeviceKey)
    tokens: dict[str, Any] = field(default_factory=dict)

    async def ask(self, phone: str, **more: Any) -> httpx.Response:
        """Ask for a code."""
        path = f"/v1/regions/{self.region}/sign-in/codes"
        return await self.client.post(path, json={"phone": phone} | more)

    async def read_code(self, phone: str) -> str:
        """The newest code among the messages to a number; another may have come after it."""
        told = await messages_to(self.database, phone, self.region_id)
        [*_, found] = filter(None, map(CODE.search, told))
        return found[0]

    async def answer(
        self, challenge_id: str, code: str, signed: bytes | None = None, **device: Any
    ) -> httpx.Response:
        """Answer with a code, and the key's own signature unless another text was signed."""
        path = f"/v1/regions/{self.region}/sign-in/codes/{challenge_id}/answers"
        to_sign = signed or device_text(self.region, UUID(challenge_id))
        body = {
            "code": code,
            "device": {"public_key": self.key.jwk, "name": "電話"} | device,
            "signature": self.key.signature(to_sign),
            **self._known_by,
        }
        return await self.client.post(path, json=body)

    @property
    def _known_by(self) -> dict[str, str]:
        """What an earlier sign-in in this app gave."""
        return {k: v for k, v in self.tokens.items() if k == "device_token"}

    async def sign_in(self, phone: str) -> dict[str, Any]:
        """Sign in by a code to a number in E.164; what was answered."""
        asked = await self.ask(phone)
        assert asked.status_code == 200, asked.text
        code = await self.read_code(phone)
        return self.keep(await self.answer(asked.json()["challenge_id"], code))

    async def sign_in_by_device(self) -> httpx.Response:
        """Sign in by the key alone."""
        base = f"/v1/regions/{self.region}/sign-in/devices"
        asked = (await self.client.post(f"{base}/challenges", json={})).json()
        challenge_id, nonce = asked["challenge_id"], asked["nonce"]
        device_id = self.tokens["device_id"]
        signed = sign_in_text(self.region, UUID(challenge_id), nonce, UUID(device_id))
        body = {
            "device_id": device_id,
            "challenge_id": challenge_id,
            "nonce": nonce,
            "signature": self.key.signature(signed),
            **self._known_by,
        }
        return await self.client.post(base, json=body)

    async def renew(self) -> dict[str, Any]:
        """Take the session further."""
        token = self.tokens["refresh_token"]
        signature = self.key.signature(refresh_text(self.region, token))
        body = {"refresh_token": token, "signature": signature}
        return self.keep(await self.client.post("/v1/sessions/renewals", json=body))

    async def change(
        self, path: str, purpose: str, said: dict[str, Any], **body: Any
    ) -> httpx.Response:
        """Change something about one's security, with this device's signature over what is said."""
        change_id = str(new_id())
        lines = {
            "region": self.region,
            "person_id": self.tokens["person_id"],
            "change_id": change_id,
        } | said
        confirmation = {
            "device_id": self.tokens["device_id"],
            "signature": self.key.signature(text_to_sign(purpose, **lines)),
        }
        body |= {"change_id": change_id, "confirmation": confirmation}
        return await self.call("POST", path, **body)

    async def approve(self, device_id: str) -> httpx.Response:
        """Let another device wait no longer."""
        path = f"me/devices/{device_id}/approvals"
        return await self.change(path, "device approval", {"device": device_id})

    async def revoke(self, device_id: str) -> httpx.Response:
        """Let a device count no more."""
        path = f"me/devices/{device_id}/revocations"
        return await self.change(path, "device revocation", {"device": device_id})

    async def ask_for_number(self, phone: str) -> httpx.Response:
        """Ask for another number."""
        said = {"phone": phone}
        return await self.change("me/number-changes", "number change", said, phone=phone)

    async def begin_change(self, phone: str) -> httpx.Response:
        """Ask for another number, and answer with its code."""
        asked = await self.ask_for_number(phone)
        assert asked.status_code == 200, asked.text
        path = f"me/number-changes/{asked.json()['challenge_id']}/answers"
        return await self.call("POST", path, code=await self.read_code(phone))

    def keep(self, answered: httpx.Response) -> dict[str, Any]:
        """Go on with these tokens."""
        assert answered.status_code == 200, answered.text
        self.tokens |= answered.json()
        return self.tokens

    async def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Ask with the access token."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        sent = body if method != "GET" else None
        return await self.client.request(method, f"/v1/{path}", headers=headers, json=sent)
