"""The phones of residents: each signs in as an app does, and goes on by its own key.

A code is asked for and read where a text message would have arrived: in the outbox of a deployment
that has no provider of text messages. The key is made on the phone and never leaves it.
"""

import asyncio
import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import text

from core.database import Database
from core.ids import NIL
from town.client import Client
from town.people import Resident
from town.wire import Answer, Call

AT_ONCE: Final = 16
KEPT_SECONDS: Final = 150
"""Of the 300 that an access token lives."""

_CODE: Final = re.compile(r"\b\d{6}\b")
_NEWEST: Final = text("""
    SELECT body FROM access.message
     WHERE region_id = :region_id AND address = :phone ORDER BY message_id DESC LIMIT 1
""")


class NotSignedInError(Exception):
    """The API did not let somebody in who does everything right; the call and its answer."""


@dataclass(slots=True)
class Phone:
    """One resident's phone; `number` is the resident's in the plan."""

    number: int
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    person_id: UUID = NIL
    device_id: UUID = NIL
    access_token: str = ""
    refresh_token: str = ""
    renewed_at: float = 0.0

    @property
    def line(self) -> str:
        """Its number, as a person would type it."""
        digits = f"{10_000_000 + self.number}"
        return f"090-{digits[:4]}-{digits[4:]}"

    def jwk(self) -> dict[str, str]:
        """Its public key."""
        numbers = self.key.public_key().public_numbers()
        x, y = (_base64(part.to_bytes(32)) for part in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def signed(self, purpose: str, **said: str) -> str:
        """Its signature over `meguri <purpose>` and a line for each thing that is said."""
        lines = [f"meguri {purpose}", *(f"{name}={value}" for name, value in said.items())]
        r, s = decode_dss_signature(self.key.sign("\n".join(lines).encode(), ECDSA(SHA256())))
        return _base64(r.to_bytes(32) + s.to_bytes(32))

    def take(self, answer: Answer) -> None:
        """Keep the tokens of a session that began or went on."""
        if answer.status != 200:
            raise NotSignedInError(f"{answer.status} {answer.slug}")
        self.access_token = answer.body["access_token"]
        self.refresh_token = answer.body["refresh_token"]
        self.renewed_at = monotonic()


@dataclass(frozen=True, slots=True)
class Phones:
    """The phones of the residents who sign in by themselves, of one region."""

    region: str
    by_person: dict[UUID, Phone] = field(default_factory=dict)

    async def sign_in(
        self,
        households: Sequence[Client],
        database: Database,
        region_id: int,
        people: Iterable[Resident],
        on_done: Callable[[int], None],
    ) -> dict[int, UUID]:
        """Sign each of them in by a code; the ids that they have from now on, by their number.

        Raises NotSignedInError.
        """
        several = asyncio.Semaphore(AT_ONCE)

        async def arrive(phone: Phone) -> None:
            client = households[phone.number % len(households)]
            async with several:
                await _arrive(self.region, client, database, region_id, phone)
            on_done(1)

        phones = [Phone(who.number) for who in people]
        await asyncio.gather(*(arrive(phone) for phone in phones))
        self.by_person.update({phone.person_id: phone for phone in phones})
        return {phone.number: phone.person_id for phone in phones}

    async def renew(self, client: Client) -> None:
        """Take every session further whose access token is getting old. NotSignedInError."""
        several = asyncio.Semaphore(AT_ONCE)

        async def go_on(phone: Phone) -> None:
            async with several:
                await _go_on(self.region, client, phone)

        old = [p for p in self.by_person.values() if monotonic() - p.renewed_at > KEPT_SECONDS]
        await asyncio.gather(*(go_on(phone) for phone in old))


async def _arrive(
    region: str, client: Client, database: Database, region_id: int, phone: Phone
) -> None:
    asked = await client.send(_post(f"regions/{region}/sign-in/codes", {"phone": phone.line}))
    if asked.status != 200:
        raise NotSignedInError(f"{asked.status} {asked.slug}")
    challenge = asked.body["challenge_id"]
    answer = {
        "code": await _read_code(database, region_id, phone),
        "device": {"public_key": phone.jwk(), "name": f"{phone.number}の電話"},
        "signature": phone.signed("device", region=region, challenge=challenge),
    }
    told = await client.send(_post(f"regions/{region}/sign-in/codes/{challenge}/answers", answer))
    phone.take(told)
    phone.person_id = UUID(told.body["person_id"])
    phone.device_id = UUID(told.body["device_id"])


async def _read_code(database: Database, region_id: int, phone: Phone) -> str:
    international = "+81" + phone.line.replace("-", "")[1:]
    async with database.snapshot(region_id) as session:
        said = {"region_id": region_id, "phone": international}
        body = (await session.execute(_NEWEST, said)).scalar_one()
    found = _CODE.search(body)
    assert found is not None, "a message with a code has six digits"
    return found[0]


async def _go_on(region: str, client: Client, phone: Phone) -> None:
    hashed = sha256(phone.refresh_token.encode()).hexdigest()
    signature = phone.signed("refresh", region=region, token=hashed)
    body = {"refresh_token": phone.refresh_token, "signature": signature}
    answer = await client.send(_post("sessions/renewals", body))
    if answer.slug == "session-over":  # its answer was lost, and asking again looks like a thief
        answer = await _come_back(region, client, phone)
    phone.take(answer)


async def _come_back(region: str, client: Client, phone: Phone) -> Answer:
    asked = await client.send(_post(f"regions/{region}/sign-in/devices/challenges", {}))
    said = {"challenge": asked.body["challenge_id"], "nonce": asked.body["nonce"]}
    signature = phone.signed("sign-in", region=region, **said, device=str(phone.device_id))
    body = {
        "device_id": str(phone.device_id),
        "challenge_id": said["challenge"],
        "nonce": said["nonce"],
        "signature": signature,
    }
    return await client.send(_post(f"regions/{region}/sign-in/devices", body))


def _post(path: str, body: dict[str, Any]) -> Call:
    return Call("POST", f"/v1/{path}", json.dumps(body).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
