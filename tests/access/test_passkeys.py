"""Passkeys sign in and confirm; what is forged, replayed, copied or another's shows nothing."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from access.devices import revoke_device
from access.passkeys import (
    NotShown,
    Shown,
    passkey_confirms,
)
from access.signatures import text_to_sign
from access.vault import Vault
from core.database import Database
from tests.access.authenticator import UP, Authenticator, b64, unb64
from tests.access.passkey_world import (
    PARTY,
    WRONG,
    added,
    asked_to_add,
    asked_to_sign_in,
    shown,
    with_passkey,
)


@pytest.mark.parametrize("alg", [-7, -8, -257])
async def test_a_passkey_is_made_and_signs_in(database: Database, vault: Vault, alg: int):
    authenticator, subject = Authenticator(alg=alg), uuid4()
    device_id = await with_passkey(database, vault, authenticator, subject)
    for _ in range(2):
        ceremony = await asked_to_sign_in(database, vault)
        told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
        assert told == Shown(device_id, subject, "鍵", is_usable=True)


async def test_what_a_browser_is_asked_for(database: Database, vault: Vault):
    authenticator, subject = Authenticator(), uuid4()
    await with_passkey(database, vault, authenticator, subject)
    options = (await asked_to_add(database, vault, subject)).options
    assert options["rp"] == {"id": "example.jp", "name": "Meguri"}
    assert unb64(options["user"]["id"]) == subject.bytes
    assert [key["alg"] for key in options["pubKeyCredParams"]] == [-7, -8, -257]
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert options["attestation"] == "none"
    assert [known["id"] for known in options["excludeCredentials"]] == [
        b64(authenticator.credential_id)
    ]
    options = (await asked_to_sign_in(database, vault)).options
    assert options["userVerification"] == "required"
    assert options["allowCredentials"] == []


async def test_an_authenticator_without_a_counter_signs_in_again_and_again(
    database: Database, vault: Vault
):
    authenticator = Authenticator(step=0)
    await with_passkey(database, vault, authenticator, uuid4())
    for _ in range(3):
        ceremony = await asked_to_sign_in(database, vault)
        told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
        assert isinstance(told, Shown)


async def test_a_challenge_is_answered_once(database: Database, vault: Vault):
    authenticator = Authenticator(step=0)
    await with_passkey(database, vault, authenticator, uuid4())
    ceremony = await asked_to_sign_in(database, vault)
    answers = [authenticator.sign(ceremony.options) for _ in range(10)]
    told = await asyncio.gather(*(shown(database, vault, ceremony, each) for each in answers))
    assert sum(isinstance(one, Shown) for one in told) == 1


async def test_the_answer_to_another_challenge_shows_nothing_and_ends_this_one(
    database: Database, vault: Vault
):
    authenticator = Authenticator()
    await with_passkey(database, vault, authenticator, uuid4())
    mine, other = [await asked_to_sign_in(database, vault) for _ in range(2)]
    assert await shown(database, vault, mine, authenticator.sign(other.options)) == NotShown()
    assert await shown(database, vault, mine, authenticator.sign(mine.options)) == NotShown()


@pytest.mark.parametrize("what", WRONG)
async def test_what_signs_wrongly_shows_nothing(database: Database, vault: Vault, what: str):
    authenticator, subject = Authenticator(), uuid4()
    await with_passkey(database, vault, authenticator, subject)
    for name, value in WRONG[what].items():
        setattr(authenticator, name, value)
    ceremony = await asked_to_sign_in(database, vault)
    told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
    assert told == NotShown()


async def test_another_key_than_the_passkeys_shows_nothing(database: Database, vault: Vault):
    authenticator = Authenticator()
    await with_passkey(database, vault, authenticator, uuid4())
    authenticator.key = ec.generate_private_key(ec.SECP256R1())
    ceremony = await asked_to_sign_in(database, vault)
    told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
    assert told == NotShown()


async def test_a_passkey_that_remembers_somebody_else_shows_nothing(
    database: Database, vault: Vault
):
    authenticator = Authenticator()
    await with_passkey(database, vault, authenticator, uuid4())
    for handle in (uuid4().bytes, b""):
        authenticator.handle = handle
        ceremony = await asked_to_sign_in(database, vault)
        told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
        assert told == NotShown()


async def test_an_unknown_passkey_shows_nothing(database: Database, vault: Vault):
    stranger = Authenticator()
    stranger.make((await asked_to_add(database, vault, uuid4())).options)
    ceremony = await asked_to_sign_in(database, vault)
    told = await shown(database, vault, ceremony, stranger.sign(ceremony.options))
    assert told == NotShown()


async def test_a_passkey_of_staff_is_no_residents(database: Database, vault: Vault):
    authenticator = Authenticator()
    await with_passkey(database, vault, authenticator, uuid4())
    ceremony = await asked_to_sign_in(database, vault)
    answer = authenticator.sign(ceremony.options)
    assert await shown(database, vault, ceremony, answer, owner="resident") == NotShown()


async def test_a_passkey_of_another_region_shows_nothing(database: Database, vault: Vault):
    authenticator = Authenticator()
    await with_passkey(database, vault, authenticator, uuid4())
    ceremony = await asked_to_sign_in(database, vault, region_id=2)
    answer = authenticator.sign(ceremony.options)
    assert await shown(database, vault, ceremony, answer, region_id=1) == NotShown()
    assert await shown(database, vault, ceremony, answer, region_id=2) == NotShown()


async def test_a_passkey_that_was_revoked_shows_nothing(database: Database, vault: Vault):
    authenticator, subject = Authenticator(), uuid4()
    device_id = await with_passkey(database, vault, authenticator, subject)
    async with database.transaction(1) as db:
        await revoke_device(db, 1, subject, device_id)
    ceremony = await asked_to_sign_in(database, vault)
    told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
    assert told == NotShown()


@pytest.mark.parametrize("back", [0, -1])
async def test_a_counter_that_stands_still_or_goes_back_names_the_passkey(
    database: Database, vault: Vault, back: int
):
    authenticator, subject = Authenticator(counter=40), uuid4()
    device_id = await with_passkey(database, vault, authenticator, subject)
    authenticator.counter += back - 1
    ceremony = await asked_to_sign_in(database, vault)
    told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
    assert told == NotShown(Shown(device_id, subject, "鍵", is_usable=True))


async def test_a_forged_counter_names_nobody(database: Database, vault: Vault):
    authenticator = Authenticator(counter=40)
    await with_passkey(database, vault, authenticator, uuid4())
    authenticator.counter = 0
    authenticator.key = ec.generate_private_key(ec.SECP256R1())
    ceremony = await asked_to_sign_in(database, vault)
    told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
    assert told == NotShown(), "or anybody could alarm its owner"


async def test_a_passkey_that_waits_says_so_and_confirms_nothing(database: Database, vault: Vault):
    authenticator, subject = Authenticator(), uuid4()
    ceremony = await asked_to_add(database, vault, subject)
    made = authenticator.make(ceremony.options)
    device_id = await added(database, vault, ceremony, subject, made, timedelta(hours=1))
    assert device_id is not None
    ceremony = await asked_to_sign_in(database, vault)
    told = await shown(database, vault, ceremony, authenticator.sign(ceremony.options))
    assert told == Shown(device_id, subject, "鍵", is_usable=False)
    signed = authenticator.sign_challenge(b64(sha256(text_to_sign("payment", **PAYMENT)).digest()))
    assert not await confirms(database, subject, device_id, PAYMENT, signed)


PAYMENT: dict[str, str | int] = {
    "region": "setagaya", "payment_id": str(uuid4()), "store_id": str(uuid4()), "amount_yen": 9_000
}  # fmt: skip


async def confirms(database: Database, subject: UUID, device_id: UUID, said, credential) -> bool:
    async with database.transaction(1) as db:
        return await passkey_confirms(
            db, 1, PARTY, subject_id=subject, device_id=device_id,
            text=text_to_sign("payment", **said), credential=credential,
        )  # fmt: skip


async def test_a_passkey_confirms_the_amount_the_shop_and_the_id(database: Database, vault: Vault):
    authenticator, subject = Authenticator(), uuid4()
    device_id = await with_passkey(database, vault, authenticator, subject)
    challenge = b64(sha256(text_to_sign("payment", **PAYMENT)).digest())
    signed = authenticator.sign_challenge(challenge)
    assert await confirms(database, subject, device_id, PAYMENT, signed)
    assert await confirms(database, subject, device_id, PAYMENT, signed), "a retry is the same"
    for name, other in (
        ("amount_yen", 9_001),
        ("store_id", str(uuid4())),
        ("payment_id", str(uuid4())),
        ("region", "tsubame"),
    ):
        assert not await confirms(database, subject, device_id, PAYMENT | {name: other}, signed)
    assert not await confirms(database, uuid4(), device_id, PAYMENT, signed)
    assert not await confirms(database, subject, uuid4(), PAYMENT, signed)
    authenticator.flags = UP
    unverified = authenticator.sign_challenge(challenge)
    assert not await confirms(database, subject, device_id, PAYMENT, unverified)


async def test_a_sign_in_confirms_no_payment_and_a_confirmation_signs_nobody_in(
    database: Database, vault: Vault
):
    authenticator, subject = Authenticator(), uuid4()
    device_id = await with_passkey(database, vault, authenticator, subject)
    ceremony = await asked_to_sign_in(database, vault)
    signed = authenticator.sign(ceremony.options)
    assert not await confirms(database, subject, device_id, PAYMENT, signed)
    paid = authenticator.sign_challenge(b64(sha256(text_to_sign("payment", **PAYMENT)).digest()))
    assert await shown(database, vault, ceremony, paid) == NotShown()
