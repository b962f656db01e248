"""Add a passkey to the devices of a resident or a login."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn import generate_registration_options
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from access.ceremonies import (
    ALGORITHMS,
    CeremonyBrokenError,
    Credential,
    RelyingParty,
    challenge_in,
    checked_registration,
)
from access.challenges import Kind, ask
from access.devices import DEVICES_ENOUGH, MOST_DEVICES, Owner, devices_of
from access.passkeys import CHALLENGE_BYTES, Ceremony, answered, milliseconds
from access.tables import device
from access.vault import Vault
from core.errors import Problem
from core.ids import uuid7

TO_ADD: Final = Kind("passkey to add", timedelta(minutes=5), 1)
TO_ENROL: Final = Kind("passkey to enrol", timedelta(minutes=5), 1)
"""Of somebody who is no login yet; `facts` name the invitation."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose passkey it shall be, what it is called, and how long it waits before it is usable."""

    owner: Owner
    subject_id: UUID
    name: str
    wait: timedelta = timedelta(0)
    asked_with: tuple[UUID, ...] = ()
    """The sessions and devices with which it was asked for: while it waits, it falls with each."""


async def ask_to_add(
    db: AsyncSession,
    region_id: int,
    vault: Vault,
    party: RelyingParty,
    *,
    subject_id: UUID,
    account: str,
    kind: Kind = TO_ADD,
    facts: dict[str, Any] | None = None,
) -> Ceremony:
    """Ask a browser for a new passkey of a subject; `account` is what people will see of it.

    It names the subject's passkeys, so that no device makes a second one.
    """
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name=party.name,
        user_id=subject_id.bytes,
        user_name=account,
        user_display_name=account,
        challenge=challenge,
        timeout=milliseconds(kind),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=await _own(db, region_id, subject_id),
        supported_pub_key_algs=ALGORITHMS,
    )
    secret = bytes_to_base64url(challenge)
    asked = await ask(db, region_id, vault, kind, secret, subject_id=subject_id, facts=facts)
    return Ceremony(asked, options_to_json_dict(options))


async def register_passkey(
    db: AsyncSession,
    region_id: int,
    vault: Vault,
    party: RelyingParty,
    wanted: Wanted,
    challenge_id: UUID,
    credential: Credential,
    kind: Kind = TO_ADD,
) -> UUID | None:
    """Add the passkey that was made for `ask_to_add`; its device's id.

    None where it shows nothing, where the challenge was another subject's or over, and where the
    region knows the passkey already. The challenge ends when the caller's transaction commits:
    whoever refuses commits first. The caller has locked the subject. Raises devices-enough.
    """
    asked = await answered(db, region_id, vault, kind, challenge_id, credential)
    if asked is None or asked.subject_id != wanted.subject_id:
        return None
    try:
        challenge = base64url_to_bytes(challenge_in(credential))
        made = checked_registration(party, credential, challenge)
    except CeremonyBrokenError:
        return None
    if len(await devices_of(db, region_id, wanted.subject_id, None, MOST_DEVICES)) >= MOST_DEVICES:
        raise Problem(DEVICES_ENOUGH, most=MOST_DEVICES)
    added = await db.scalars(
        insert(device)
        .values(
            region_id=region_id,
            device_id=uuid7(datetime.now(UTC)),
            subject_id=wanted.subject_id,
            face=wanted.owner,
            kind="passkey",
            public_key=made.public_key,
            credential_id=made.credential_id,
            sign_count=made.sign_count,
            name=wanted.name,
            usable_from=func.clock_timestamp() + wanted.wait,
            asked_with=list(wanted.asked_with),
        )
        .on_conflict_do_nothing()
        .returning(device.c.device_id)
    )
    return added.one_or_none()


async def _own(
    db: AsyncSession, region_id: int, subject_id: UUID
) -> list[PublicKeyCredentialDescriptor]:
    rows = await db.scalars(
        select(device.c.credential_id)
        .where(
            device.c.region_id == region_id,
            device.c.subject_id == subject_id,
            device.c.kind == "passkey",
            device.c.revoked_at.is_(None),
        )
        .order_by(device.c.device_id)
    )
    return [PublicKeyCredentialDescriptor(id=credential_id) for credential_id in rows]
