"""Renewals over HTTP: a session goes on for whoever has its token and its device."""

import asyncio
import base64
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from access.devices import add_key, revoke_device
from access.renew_session import refresh_text
from access.sessions import Home, Opened, Whose, open_session
from api.state import State
from tests.api.conftest import REGION
from tests.api.probe import is_problem

PATH = "/v1/sessions/renewals"


@dataclass(frozen=True)
class Phone:
    """A device with a key of its own, and a session that began on it."""

    key: EllipticCurvePrivateKey
    device_id: UUID
    person_id: UUID
    opened: Opened

    def signed(self, text: bytes) -> str:
        """The signature as JOSE writes it."""
        r, s = decode_dss_signature(self.key.sign(text, ECDSA(SHA256())))
        raw = r.to_bytes(32) + s.to_bytes(32)
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def renewal(self, token: str | None = None) -> dict[str, str]:
        """What the phone sends."""
        token = token or self.opened.refresh_token
        return {"refresh_token": token, "signature": self.signed(refresh_text(REGION, token))}


@pytest.fixture
def home(state: State) -> Home:
    """The region of the shared app."""
    region_id = state.regions.id_of(REGION)
    assert region_id is not None
    return Home(region_id, REGION)


@pytest.fixture
async def phone(state: State, home: Home) -> Phone:
    """Somebody's phone, signed in."""
    return await signed_in(state, home)


async def signed_in(state: State, home: Home) -> Phone:
    key, person_id = generate_private_key(SECP256R1()), uuid4()
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    async with state.database.transaction(home.region_id) as db:
        device = await add_key(
            db, home.region_id, owner="resident", subject_id=person_id, public_key=public,
            name="電話",
        )  # fmt: skip
        whose = Whose("resident", person_id, device_id=device.device_id)
        opened = await open_session(db, home, whose, "sms")
    return Phone(key, device.device_id, person_id, opened)


async def post(client: httpx.AsyncClient, body: object) -> httpx.Response:
    return await client.post(PATH, json=body)


async def knock(client: httpx.AsyncClient, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return (await client.get("/v1/wallets", headers=headers)).status_code


async def test_a_phone_goes_on_with_its_signature(client, phone: Phone):
    answer = await post(client, phone.renewal())
    assert answer.status_code == 200
    told = answer.json()
    assert told["session_id"] == str(phone.opened.session_id)
    assert told["expires_in"] <= 900
    assert await knock(client, told["access_token"]) == 200
    again = await post(client, phone.renewal(told["refresh_token"]))
    assert again.json()["refresh_token"] != told["refresh_token"]


async def test_a_stolen_token_is_worth_nothing_without_the_phone(client, phone: Phone):
    thief = Phone(generate_private_key(SECP256R1()), uuid4(), uuid4(), phone.opened)
    for body in (
        {"refresh_token": phone.opened.refresh_token},
        thief.renewal(),
        phone.renewal() | {"signature": phone.signed(b"meguri refresh")},
        phone.renewal()
        | {"signature": phone.signed(refresh_text("other", phone.opened.refresh_token))},
    ):
        is_problem(await post(client, body), 401, "signature-needed")
    assert (await post(client, phone.renewal())).status_code == 200, "its owner has lost nothing"


async def test_a_copied_renewal_ends_the_session_and_its_access_tokens(client, phone: Phone):
    stolen = phone.renewal()
    mine = (await post(client, phone.renewal())).json()
    is_problem(await post(client, stolen), 401, "session-over")
    is_problem(await post(client, phone.renewal(mine["refresh_token"])), 401, "session-over")
    async with asyncio.timeout(5):
        while await knock(client, mine["access_token"]) != 401:
            await asyncio.sleep(0.05)


async def test_of_many_at_once_one_goes_on(client, phone: Phone):
    answers = await asyncio.gather(*(post(client, phone.renewal()) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 11


async def test_a_revoked_device_goes_on_no_more(client, state: State, home: Home, phone: Phone):
    async with state.database.transaction(home.region_id) as db:
        await revoke_device(db, home.region_id, phone.person_id, phone.device_id)
    is_problem(await post(client, phone.renewal()), 401, "session-over")


async def test_a_renewal_and_a_revocation_at_once_leave_nothing_that_goes_on(
    client, state: State, home: Home, phone: Phone
):
    """Each of the two comes first for some of the devices; all sessions are over all the same."""

    async def revoke(each: Phone) -> None:
        async with state.database.transaction(home.region_id) as db:
            await revoke_device(db, home.region_id, each.person_id, each.device_id)

    phones = [phone, *[await signed_in(state, home) for _ in range(11)]]
    renewals, _ = await asyncio.gather(
        asyncio.gather(*(post(client, each.renewal()) for each in phones)),
        asyncio.gather(*(revoke(each) for each in phones)),
    )
    for each, renewed in zip(phones, renewals, strict=True):
        token = renewed.json().get("refresh_token", each.opened.refresh_token)
        is_problem(await post(client, each.renewal(token)), 401, "session-over")
    # A renewal that comes while the device is being revoked waits, and finds it revoked.
    late = await signed_in(state, home)
    async with state.database.transaction(home.region_id) as db:
        await revoke_device(db, home.region_id, late.person_id, late.device_id)
        renewal = asyncio.create_task(post(client, late.renewal()))
        done, _ = await asyncio.wait({renewal}, timeout=0.2)
        assert not done
    is_problem(await renewal, 401, "session-over")


async def test_nobody_learns_which_of_the_unknown_it_is(client, phone: Phone):
    told = set()
    for token in (f"{REGION}.{'A' * 43}", f"nowhere.{'A' * 43}", f"*.{'A' * 43}"):
        answer = await post(client, phone.renewal(token))
        is_problem(answer, 401, "session-over")
        told.add((answer.status_code, answer.json()["title"], answer.json().get("detail")))
    assert len(told) == 1


@pytest.mark.parametrize(
    "token",
    ["", "x", "." + "A" * 43, REGION + "." + "A" * 42, REGION + "." + "A" * 10_000,
     REGION + "." + "Ａ" * 43, 7, None, ["a"], REGION + ".\u0000" + "A" * 42],
)  # fmt: skip
async def test_a_malformed_token_is_told_so(client, token: object):
    is_problem(await post(client, {"refresh_token": token}), 422, "malformed-request")


@pytest.mark.parametrize("signature", ["", "A" * 85, "A" * 87, "A" * 10_000, "!" * 86, 5])
async def test_a_malformed_signature_is_told_so(client, phone: Phone, signature: object):
    body = phone.renewal() | {"signature": signature}
    is_problem(await post(client, body), 422, "malformed-request")
    assert (await post(client, phone.renewal())).status_code == 200
