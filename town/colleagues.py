"""Staff and administrators of the town: each is invited, enrols, and signs in as people do.

An invitation is read where an e-mail would have arrived: in the outbox of a deployment that has no
mail server. The authenticator is one as phones have it.
"""

import base64
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from uuid import UUID

import pyotp
from sqlalchemy import text

from access.acts import Doer
from core.database import Database
from town.client import Client
from town.phones import KEPT_SECONDS, NotSignedInError
from town.wire import Answer, Call

OPERATORS: Final = "*"

_SECRET: Final = re.compile(r"^[a-z0-9*-]+\.[0-9a-f-]{36}\.[A-Za-z0-9_-]{43}$", re.MULTILINE)
_NEWEST: Final = text("""
    SELECT body FROM access.message
     WHERE region_id = :region_id AND address = :email AND purpose = 'invitation'
     ORDER BY message_id DESC LIMIT 1
""")


@dataclass(slots=True)
class Colleague:
    """Somebody with a login, and the session that it has at present."""

    email: str
    login_id: UUID
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    renewed_at: float


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Everybody who works in one town, by what they are called: `finance 0`, `owner 17`."""

    by_name: dict[str, Colleague] = field(default_factory=dict)
    by_login: dict[UUID, Colleague] = field(default_factory=dict)

    def doer(self, role: str) -> Doer:
        """The first administrator of a role, as whoever acts is written down."""
        login_id = self.by_name[f"{role} 0"].login_id
        return Doer(login_id, f"admin:{login_id}", role)

    async def enrol(self, client: Client, name: str, email: str, invitation: str) -> Colleague:
        """Accept an invitation with a password and an authenticator. Raises NotSignedInError."""
        region, invitation_id, secret = invitation.split(".")
        path = "operators" if region == OPERATORS else f"regions/{region}"
        accepted = await _ask(
            client,
            f"{path}/sign-in/invitations/{invitation_id}/acceptances",
            {"secret": secret, "name": name, "password": secrets.token_urlsafe(18)},
        )
        code = pyotp.TOTP(accepted.body["totp_secret"]).now()
        enrolment = accepted.body["enrolment_id"]
        confirmed = await _ask(
            client, f"{path}/sign-in/enrolments/{enrolment}/confirmations", {"totp": code}
        )
        tokens = confirmed.body["signed_in"]["tokens"]
        made = Colleague(
            email, _subject(tokens["access_token"]), tokens["access_token"],
            tokens["refresh_token"], monotonic(),
        )  # fmt: skip
        self.by_name[name] = self.by_login[made.login_id] = made
        return made

    async def renew(self, client: Client) -> None:
        """Take every session further whose access token is getting old."""
        for one in self._old():
            body = {"refresh_token": one.refresh_token}
            answer = await _ask(client, "sessions/renewals", body)
            one.access_token = answer.body["access_token"]
            one.refresh_token = answer.body["refresh_token"]
            one.renewed_at = monotonic()

    def _old(self) -> Iterable[Colleague]:
        now = monotonic()
        return [one for one in self.by_name.values() if now - one.renewed_at > KEPT_SECONDS]


async def read_invitation(database: Database, region_id: int, email: str) -> str:
    """The word that was written to this address."""
    async with database.snapshot(region_id) as session:
        said = {"region_id": region_id, "email": email}
        body = (await session.execute(_NEWEST, said)).scalar_one()
    found = _SECRET.search(body)
    assert found is not None, "an invitation has its secret on a line of its own"
    return found[0]


async def _ask(client: Client, path: str, body: dict[str, Any]) -> Answer:
    answer = await client.send(Call("POST", f"/v1/{path}", json.dumps(body).encode()))
    if answer.status != 200:
        raise NotSignedInError(f"{path}: {answer.status} {answer.slug}")
    return answer


def _subject(token: str) -> UUID:
    """Whom a token is about; its signature is the server's affair."""
    payload = token.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return UUID(said["sub"])
