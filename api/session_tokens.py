"""The two tokens of a session: what every way of signing in answers."""

import time
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.sessions import Home, Opened
from access.tables import device, post
from api.answers import Answer
from api.claims import WAITING_SCOPE, scopes_of
from api.state import State
from api.tokens import DEFAULT_TTL_S, issue
from ledger.regions import Region

OPERATORS: Final = Home(0, "*")


class SessionTokens(Answer):
    """A session that begins or goes on: an access token for minutes, a refresh token for once."""

    session_id: UUID
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (RFC 6750)
    expires_in: int = Field(examples=[DEFAULT_TTL_S])
    """Seconds that the access token lives."""
    scope: str = Field(examples=["wallet:read wallet:open pay"])
    refresh_token: str
    """For one use: keep the one that comes with the answer."""


def home_of(region: Region) -> Home:
    """The region of a session."""
    return Home(region.region_id, region.code)


async def session_tokens(
    state: State, db: AsyncSession, home: Home, opened: Opened, scope: str = ""
) -> SessionTokens:
    """The answer for a session that was opened or renewed in the transaction of `db`.

    It may be sent once that is committed. `scope` narrows the access token.
    """
    claims = await _claims(db, home, opened)
    if await _waits(db, home, opened):
        scope = WAITING_SCOPE
    scope = scope or " ".join(scopes_of(opened.whose.face, claims.get("role")))
    token = issue(
        state.keys, opened.whose.face, opened.whose.subject_id, home.code, scope,
        DEFAULT_TTL_S, int(time.time()), fam=opened.session_id, **claims,
    )  # fmt: skip
    return SessionTokens(
        session_id=opened.session_id,
        access_token=token,
        expires_in=DEFAULT_TTL_S,
        scope=scope,
        refresh_token=opened.refresh_token,
    )


async def _waits(db: AsyncSession, home: Home, opened: Opened) -> bool:
    """Whether the session's device must wait still; asked at each renewal, so it ends by itself."""
    device_id = opened.whose.device_id
    if opened.device_waits is not None or device_id is None:
        return bool(opened.device_waits)
    waits = select(device.c.usable_from > func.clock_timestamp()).where(
        device.c.region_id == home.region_id, device.c.device_id == device_id
    )
    return bool((await db.execute(waits)).scalar_one())


async def _claims(db: AsyncSession, home: Home, opened: Opened) -> dict[str, Any]:
    """What the post of staff or an administrator adds: role, merchant, stores."""
    if opened.whose.post_id is None:
        return {}
    rows = await db.execute(
        select(post.c.role, post.c.merchant_id, post.c.stores).where(
            post.c.region_id == home.region_id, post.c.post_id == opened.whose.post_id
        )
    )
    found = rows.one()
    said = {"role": found.role, "merchant": found.merchant_id, "stores": found.stores}
    return {name: value for name, value in said.items() if value is not None}
