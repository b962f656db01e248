"""Passkeys are added once, for who asked, with keys that are worth something."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import NameOID

from access.vault import Vault
from core.database import Database
from tests.access.authenticator import Authenticator
from tests.access.passkey_world import WRONG, added, asked_to_add, with_passkey


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_made_wrongly_is_not_added(database: Database, vault: Vault, what: str):
    subject, authenticator = uuid4(), Authenticator(**WRONG[what])
    ceremony = await asked_to_add(database, vault, subject)
    made = authenticator.make(ceremony.options)
    assert await added(database, vault, ceremony, subject, made) is None


async def test_a_challenge_to_add_is_for_its_subject_and_for_once(database: Database, vault: Vault):
    subject, authenticator = uuid4(), Authenticator()
    ceremony = await asked_to_add(database, vault, subject)
    made = authenticator.make(ceremony.options)
    assert await added(database, vault, ceremony, uuid4(), made) is None
    assert await added(database, vault, ceremony, subject, made) is None


async def test_a_passkey_is_added_once(database: Database, vault: Vault):
    authenticator = Authenticator()
    await with_passkey(database, vault, authenticator, uuid4())
    for subject in (uuid4(), uuid4()):
        ceremony = await asked_to_add(database, vault, subject)
        made = authenticator.make(ceremony.options)
        assert await added(database, vault, ceremony, subject, made) is None


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        (-7, ec.generate_private_key(ec.SECP384R1())),
        (-36, ec.generate_private_key(ec.SECP256R1())),
        (-257, rsa.generate_private_key(65537, 1024)),  # noqa: S505  (it must be refused)
        (-257, rsa.generate_private_key(3, 2048)),
        (-65535, rsa.generate_private_key(65537, 2048)),
    ],
    ids=["P-384", "ES512", "RSA-1024", "RSA with exponent 3", "RSA with SHA-1"],
)
async def test_weak_or_odd_keys_are_not_added(database: Database, vault: Vault, alg: int, key: Any):
    subject, authenticator = uuid4(), Authenticator(alg=alg, key=key)
    ceremony = await asked_to_add(database, vault, subject)
    made = authenticator.make(ceremony.options)
    assert await added(database, vault, ceremony, subject, made) is None


def certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    """What a maker of authenticators would have signed, were the key his."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "maker")])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, begins, begins.replace(year=9999)
    )
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)


async def test_an_attestation_by_a_maker_is_not_read(database: Database, vault: Vault):
    subject, authenticator = uuid4(), Authenticator(key=ec.generate_private_key(ec.SECP256R1()))
    makers = (certificate(authenticator.key),)
    for fmt, certificates in (("packed", makers), ("android-safetynet", ()), ("fido-u2f", makers)):
        ceremony = await asked_to_add(database, vault, subject)
        made = authenticator.make(ceremony.options, fmt, *certificates)
        assert await added(database, vault, ceremony, subject, made) is None
    ceremony = await asked_to_add(database, vault, subject)
    made = authenticator.make(ceremony.options, "packed")
    assert await added(database, vault, ceremony, subject, made), "it may attest itself"
