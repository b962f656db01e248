"""People who work for a shop or the issuer, and sign in the real way."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pyotp
from sqlalchemy import text

from access.acts import Doer
from access.emails import read_email
from access.invitations import invite
from access.posts import Reach
from access.sessions import Home
from core.database import Database
from tests.town_builder import new_id

PASSWORD = "夕焼けの坂道を三輪車で下る"
SERVER = Doer(UUID(int=0), "command:invite", "operator")


@dataclass
class Person:
    """Somebody with an e-mail, a password and an authenticator."""

    office: "Office"
    email: str
    password: str = PASSWORD
    secret: str = ""
    recovery_codes: list[str] = field(default_factory=list)
    device_token: str | None = None
    signed_in: dict[str, Any] = field(default_factory=dict)

    def code(self, steps: int = 0) -> str:
        """What the authenticator shows, or showed or will show so many steps away."""
        return pyotp.TOTP(self.secret).at(int(time.time()) + 30 * steps)

    @property
    def access_token(self) -> str:
        return str(self.signed_in["tokens"]["access_token"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    async def first_step(self, **said: Any) -> httpx.Response:
        body = {"email": self.email, "password": self.password, **said}
        return await self.office.post("passwords", body)

    async def second_step(self, challenge_id: str, **said: Any) -> httpx.Response:
        said = said or {"totp": self.code()}
        return await self.office.post(f"passwords/{challenge_id}/answers", said)

    async def sign_in(self, **said: Any) -> httpx.Response:
        """Both steps; `said` goes into the second one, into the first a password or an e-mail."""
        first: dict[str, Any] = {
            name: said.pop(name) for name in ["email", "password"] if name in said
        }
        if self.device_token is not None:
            first["device_token"] = said["device_token"] = self.device_token
        asked = await self.first_step(**first)
        assert asked.status_code == 200, asked.text
        if "totp" not in said and "recovery_code" not in said:
            await self.office.forget_steps()
            said["totp"] = self.code()
        return await self.second_step(asked.json()["challenge_id"], **said)


@dataclass
class Office:
    """A region where people sign in, or the operators'."""

    client: httpx.AsyncClient
    database: Database
    home: Home

    async def post(self, path: str, body: Any) -> httpx.Response:
        place = "operators" if self.home.code == "*" else f"regions/{self.home.code}"
        return await self.client.post(f"/v1/{place}/sign-in/{path}", json=body)

    async def invited(
        self, reach: Reach, email: str | None = None, by: Doer = SERVER
    ) -> tuple[str, UUID, str]:
        """An invitation: the e-mail, its id and its secret."""
        address = read_email(email or f"{uuid4().hex}@example.jp")
        async with self.database.transaction(self.home.region_id) as db:
            made = await invite(db, self.home.region_id, new_id(), address, reach, by, None)
        assert made.secret is not None
        return address.address, made.invitation.invitation_id, made.secret

    async def hire(self, reach: Reach, email: str | None = None) -> Person:
        """Somebody who was invited, accepted, and is signed in."""
        address, name, secret = await self.invited(reach, email)
        person = Person(self, address)
        begun = await self.post(
            f"invitations/{name}/acceptances",
            {"secret": secret, "name": "世田谷 花子", "password": PASSWORD},
        )
        assert begun.status_code == 200, begun.text
        person.secret = begun.json()["totp_secret"]
        done = await self.post(
            f"enrolments/{begun.json()['enrolment_id']}/confirmations", {"totp": person.code()}
        )
        assert done.status_code == 200, done.text
        person.recovery_codes = done.json()["recovery_codes"]
        person.signed_in = done.json()["signed_in"]
        return person

    async def forget_steps(self) -> None:
        """Let the code of this moment count again: a test does not wait for the next one."""
        async with self.database.transaction(self.home.region_id) as db:
            await db.execute(text("UPDATE access.login SET totp_step = 0"))

    async def texts(self, purpose: str) -> list[str]:
        """The letters on their way, the last one first."""
        async with self.database.snapshot(self.home.region_id) as db:
            rows = await db.scalars(
                text(
                    "SELECT body FROM access.message WHERE purpose = :purpose AND state = 'waiting'"
                    " ORDER BY message_id DESC"
                ),
                {"purpose": purpose},
            )
            return list(rows)


def is_refused(answer: httpx.Response, slug: str) -> bool:
    """Whether this is the refusal with this slug."""
    return str(answer.json().get("type")) == f"/problems/{slug}"
