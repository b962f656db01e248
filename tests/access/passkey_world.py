"""Passkeys of a test: what they are made for, and both ceremonies from end to end."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from access.add_passkey import Wanted, ask_to_add, register_passkey
from access.ceremonies import RelyingParty
from access.devices import Owner
from access.passkeys import Ceremony, NotShown, Shown, ask_to_sign_in, show_passkey
from access.vault import Vault
from core.database import Database
from tests.access.authenticator import UP, UV, Authenticator

PARTY = RelyingParty("example.jp", "Meguri", ("https://pay.example.jp", "https://example.jp"))


async def asked_to_add(database: Database, vault: Vault, subject: UUID) -> Ceremony:
    """A browser of the subject is asked for a passkey."""
    async with database.transaction(1) as db:
        return await ask_to_add(db, 1, vault, PARTY, subject_id=subject, account="花子")


async def added(
    database: Database,
    vault: Vault,
    ceremony: Ceremony,
    subject: UUID,
    credential: dict[str, Any],
    wait: timedelta = timedelta(0),
) -> UUID | None:
    """The id of the passkey that was made for it, if it was added."""
    async with database.transaction(1) as db:
        wanted = Wanted("staff", subject, "鍵", wait)
        return await register_passkey(
            db, 1, vault, PARTY, wanted, ceremony.challenge_id, credential
        )


async def with_passkey(
    database: Database, vault: Vault, authenticator: Authenticator, subject: UUID
) -> UUID:
    """Let an authenticator make a passkey for a subject; its id."""
    ceremony = await asked_to_add(database, vault, subject)
    made = authenticator.make(ceremony.options)
    device_id = await added(database, vault, ceremony, subject, made)
    assert device_id is not None
    return device_id


async def asked_to_sign_in(database: Database, vault: Vault, region_id: int = 1) -> Ceremony:
    """Any browser is asked for a passkey."""
    async with database.transaction(region_id) as db:
        return await ask_to_sign_in(db, region_id, vault, PARTY)


async def shown(
    database: Database,
    vault: Vault,
    ceremony: Ceremony,
    credential: dict[str, Any],
    region_id: int = 1,
    owner: Owner = "staff",
) -> Shown | NotShown:
    """What the answer shows."""
    async with database.transaction(region_id) as db:
        return await show_passkey(
            db, region_id, vault, PARTY, owner, ceremony.challenge_id, credential
        )


WRONG: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://pay.example.jp.evil.example"},
    "plain http": {"origin": "http://pay.example.jp"},
    "another domain": {"rp_id": "example.com"},
    "nobody was there": {"flags": UV},
    "nobody was verified": {"flags": UP},
    "in a frame": {"client": {"crossOrigin": True}},
    "under another page": {"client": {"topOrigin": "https://evil.example"}},
    "a strange frame": {"client": {"crossOrigin": "false"}},
    "another ceremony": {"client": {"type": "payment.get"}},
}
"""Habits of an authenticator, in either ceremony, each of which makes it worthless."""
