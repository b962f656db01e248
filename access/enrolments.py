"""Enrolments: a new authenticator counts once a code of it was shown.

Until then what belongs to it waits in a challenge, sealed: a new login does not exist yet.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.challenges import Kind, answer, ask, facts_of
from access.second_factors import matching_step, new_secret, now_s
from access.vault import Vault

ENROLMENT: Final = Kind("staff enrolment", timedelta(minutes=30), 10)
REPLACEMENT: Final = Kind("staff authenticator", timedelta(minutes=30), 10)
"""Of somebody who is signed in: what it needs, an enrolment before that does not."""

_SEAL: Final = "enrolment"


@dataclass(frozen=True, slots=True)
class Begun:
    """An enrolment that waits for a code: its id, and the secret for the authenticator."""

    enrolment_id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The secret of which a code was shown, the code's step, and what was kept beside it."""

    secret: str
    step: int
    kept: dict[str, Any]
    since: datetime
    """When whoever enrols was about to show what was asked for before that."""


async def begin_enrolment(
    db: AsyncSession,
    region_id: int,
    vault: Vault,
    since: datetime,
    kind: Kind = ENROLMENT,
    **kept: str,
) -> Begun:
    """A new secret, and what it is for; `since` when its owner began to show who it is."""
    secret = new_secret()
    said = {"secret": secret, "kept": kept, "since": since.isoformat()}
    sealed = vault.seal(_SEAL, json.dumps(said).encode())
    facts = {"sealed": base64.b64encode(sealed).decode()}
    return Begun(await ask(db, region_id, vault, kind, "right", facts=facts), secret)


async def confirm_enrolment(
    db: AsyncSession,
    region_id: int,
    vault: Vault,
    enrolment_id: UUID,
    code: str,
    kind: Kind = ENROLMENT,
) -> Confirmed | None:
    """What was begun, if the code is one of its secret; None also when it was confirmed before.

    Either counts once the caller's transaction commits.
    """
    asked = await facts_of(db, region_id, kind, enrolment_id)
    if asked is None:
        return None
    opened = json.loads(vault.open(_SEAL, base64.b64decode(asked.facts["sealed"])))
    step = matching_step(opened["secret"], code, await now_s(db))
    told = "wrong" if step is None else "right"
    answered = await answer(db, region_id, vault, kind, enrolment_id, told)
    if answered is None or step is None:
        return None
    since = datetime.fromisoformat(opened["since"])
    return Confirmed(opened["secret"], step, opened["kept"], since)
