"""Passkeys (パスキー): shown by a signature, to sign in and to confirm; one way for everybody.

Residents and logins use them alike (`access.add_passkey` makes them). A passkey is a device
(`access.device`): it is listed, named, revoked and made to wait as others are. What comes in is
checked in `access.ceremonies`; a challenge is answered once, wherever the answer comes from.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn import generate_authentication_options
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import UserVerificationRequirement

from access.ceremonies import (
    NOBODYS_KEY,
    CeremonyBrokenError,
    Credential,
    RelyingParty,
    challenge_in,
    checked_assertion,
)
from access.challenges import Asked, Kind, answer, ask
from access.devices import Owner
from access.tables import device
from access.vault import Vault

TO_SIGN_IN: Final = Kind("passkey to sign in", timedelta(minutes=5), 1)

CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a browser is asked to do, as `navigator.credentials` wants it, and under which id."""

    challenge_id: UUID
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey that has just signed: whose it is."""

    device_id: UUID
    subject_id: UUID
    name: str
    is_usable: bool
    """False while it waits: then it is worth no more than a look."""


@dataclass(frozen=True, slots=True)
class NotShown:
    """Nobody was shown to be there; `copied` names a passkey whose counter went back."""

    copied: Shown | None = None


async def ask_to_sign_in(
    db: AsyncSession, region_id: int, vault: Vault, party: RelyingParty
) -> Ceremony:
    """Ask a browser for any passkey that it has of us; it names nobody."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    options = generate_authentication_options(
        rp_id=party.rp_id,
        challenge=challenge,
        timeout=milliseconds(TO_SIGN_IN),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    asked = await ask(db, region_id, vault, TO_SIGN_IN, bytes_to_base64url(challenge))
    return Ceremony(asked, options_to_json_dict(options))


async def show_passkey(
    db: AsyncSession,
    region_id: int,
    vault: Vault,
    party: RelyingParty,
    owner: Owner,
    challenge_id: UUID,
    credential: Credential,
) -> Shown | NotShown:
    """Whose passkey signed the challenge of `ask_to_sign_in`: an owner's, or nobody's.

    A counter that does not go on means that somebody else has the key too: then it signs nobody in
    (authenticators without a counter always say 0). Challenge and counter are kept when the
    caller's transaction commits: whoever refuses commits first.
    """
    asked = await answered(db, region_id, vault, TO_SIGN_IN, challenge_id, credential)
    found = await _live(
        db,
        region_id,
        device.c.credential_id == _credential_id(credential),
        device.c.face == owner,
    )
    key = NOBODYS_KEY if found is None else found.public_key
    try:
        challenge = base64url_to_bytes(challenge_in(credential))
        count = checked_assertion(party, credential, challenge, key)
    except CeremonyBrokenError:
        return NotShown()
    if asked is None or found is None or _handle(credential) != found.subject_id.bytes:
        return NotShown()
    shown = Shown(found.device_id, found.subject_id, found.name, found.is_usable)
    if (count or found.sign_count) and count <= found.sign_count:
        return NotShown(copied=shown)
    await _keep(db, region_id, found.device_id, count)
    return shown


async def passkey_confirms(
    db: AsyncSession,
    region_id: int,
    party: RelyingParty,
    *,
    subject_id: UUID,
    device_id: UUID,
    text: bytes,
    credential: Credential,
) -> bool:
    """Whether this passkey of the subject signed `text` (`access.signatures.text_to_sign`).

    The challenge is the SHA-256 of the text, so the signature covers each word of it. It is not
    asked for by us and may come again: whoever calls makes sure that what the text says happens
    once. That is also why a counter that stands still is let pass here; it is kept, so that a copy
    is found out when it signs in.
    """
    found = await _live(db, region_id, device.c.device_id == device_id)
    if found is None or not found.is_usable or found.subject_id != subject_id:
        return False
    if _credential_id(credential) != found.credential_id:  # also of a device that is no passkey
        return False
    try:
        count = checked_assertion(party, credential, sha256(text).digest(), found.public_key)
    except CeremonyBrokenError:
        return False
    await _keep(db, region_id, device_id, max(count, found.sign_count))
    return True


async def answered(
    db: AsyncSession,
    region_id: int,
    vault: Vault,
    kind: Kind,
    challenge_id: UUID,
    credential: Credential,
) -> Asked | None:
    """What was asked, if the credential says that it is for it; the challenge ends either way."""
    try:
        secret = challenge_in(credential)
    except CeremonyBrokenError:
        secret = ""
    return await answer(db, region_id, vault, kind, challenge_id, secret)


async def _live(db: AsyncSession, region_id: int, *which: ColumnElement[bool]) -> Row[Any] | None:
    """The passkey that is meant, locked, unless it was revoked."""
    rows = await db.execute(
        select(device, (device.c.usable_from <= func.clock_timestamp()).label("is_usable"))
        .where(
            device.c.region_id == region_id,
            device.c.revoked_at.is_(None),
            *which,
        )
        .with_for_update()
    )
    return rows.one_or_none()


async def _keep(db: AsyncSession, region_id: int, device_id: UUID, count: int) -> None:
    await db.execute(
        update(device)
        .where(device.c.region_id == region_id, device.c.device_id == device_id)
        .values(sign_count=count, used_at=func.clock_timestamp())
    )


def _credential_id(credential: Credential) -> bytes:
    return _bytes(credential.get("rawId"))


def _handle(credential: Credential) -> bytes:
    """The subject that the passkey itself remembers; a discoverable one always does."""
    return _bytes(credential["response"].get("userHandle"))


def _bytes(text: object) -> bytes:
    try:
        return base64url_to_bytes(text) if isinstance(text, str) else b""
    except ValueError:
        return b""


def milliseconds(kind: Kind) -> int:
    """How long a browser may take."""
    return int(kind.lasts / timedelta(milliseconds=1))
