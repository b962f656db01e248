"""A resident is signed in with a device: what each way of signing in answers."""

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from access.devices import Device, note_use
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


async def signed_in(
    state: State, db: AsyncSession, region: Region, device: Device, method: Method, client: str
) -> SignedIn:
    """Open a session for a resident's device, which the transaction has locked."""
    await note_use(db, region.region_id, device.device_id)
    home = home_of(region)
    whose = Whose("resident", device.subject_id, None, device.device_id)
    tokens = await session_tokens(
        state, db, home, await open_session(db, home, whose, method, client)
    )
    return SignedIn(
        **tokens.model_dump(),
        person_id=device.subject_id,
        device_id=device.device_id,
        is_usable=device.is_usable,
        usable_from=in_zone(device.usable_from, region),
    )
