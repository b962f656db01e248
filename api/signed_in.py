"""A resident is signed in with a device: what each way of signing in answers."""

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from access.devices import Device, note_use
from access.login_devices import device_id_of, new_device_token
from access.sessions import Method, Whose, open_session
from api.answers import in_zone
from api.session_tokens import SessionTokens, home_of, session_tokens
from api.state import State
from ledger.regions import Region


class SignedIn(SessionTokens):
    """A session of a resident that begins, and the device that goes on with it."""

    person_id: UUID
    device_id: UUID
    is_usable: bool = Field(examples=[True])
    """False while the device waits: until then its tokens have the scope `device:read` alone."""
    usable_from: datetime
    device_token: str = Field(examples=["b" * 43])
    """To be kept in the app, beside all accounts, and shown at each sign-in there."""


async def signed_in(
    state: State,
    db: AsyncSession,
    region: Region,
    device: Device,
    method: Method,
    client: str,
    device_token: str | None,
) -> SignedIn:
    """Open a session for a resident's device, which the transaction has locked.

    An app without a `device_token` gets one.
    """
    token = device_token or new_device_token()
    await note_use(db, region.region_id, device.device_id)
    home = home_of(region)
    whose = Whose("resident", device.subject_id, None, device.device_id)
    installation_id = device_id_of(state.vault, token)
    opened = await open_session(db, home, whose, method, client, installation_id)
    tokens = await session_tokens(state, db, home, opened)
    return SignedIn(
        **tokens.model_dump(),
        person_id=device.subject_id,
        device_id=device.device_id,
        is_usable=device.is_usable,
        usable_from=in_zone(device.usable_from, region),
        device_token=token,
    )
