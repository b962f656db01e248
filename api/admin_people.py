"""One person at a time, for the desk: found by the exact number or id, with a reason."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import enter_act
from access.allowances import Allowance, spend
from access.devices import MOST_DEVICES, devices_of
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid
from api.identity import AdminIdentity, administrator
from api.me_devices import DeviceAnswer, device_answer
from api.phone_codes import PhoneText
from api.state import State, state_of
from core.errors import Problem, problem
from residents.looks import LOOKED
from residents.my_number import refuse_my_number
from residents.person import PERSON_UNKNOWN, Tier
from residents.phone import e164, shown
from residents.profile import Profile, find_by_phone, find_person
from residents.reads import wallets_of
from residents.wallet import WalletState

TOO_MANY_LOOKS: Final = problem(
    "too-many-looks", 429, "You looked for too many people within the hour."
)
LOOKS: Final = Allowance("looks: administrator", 60, timedelta(hours=1))
"""Found or not: whoever tries numbers one by one is stopped as well."""
_MOST_WALLETS: Final = 100

router = v1_router("administrators: people")

Desk = Annotated[AdminIdentity, administrator("desk")]


class WhyBody(Body):
    """Why somebody looks. In a body, since proxies log what stands in an address."""

    reason: Reason = Field(examples=["caller asks about a missing rebate"])


class LookBody(Body):
    """Who is looked for, and why. The person sees the reason."""

    phone: PhoneText | None = Field(default=None, examples=[None, "090-1234-5678"])
    person_id: Uuid | None = None
    reason: Reason = Field(examples=["asks at the counter for the lost phone"])

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.phone is None) == (self.person_id is None):
            raise PydanticCustomError("one_of_two", "a phone number or a person_id is needed")
        return self


class WalletOfPerson(Answer):
    """A wallet, without what is in it: to see that is a look of its own."""

    wallet_id: UUID
    state: WalletState


class LookedAtPerson(Answer):
    """A person as the desk sees them."""

    person_id: UUID
    look_id: UUID
    """The line in the log of acts about this look; the person is shown it."""
    number: str | None = Field(examples=["…5678"])
    """The end of the phone number."""
    name: str | None = Field(examples=["世田谷 花子"])
    tier: Tier
    tier_until: date | None
    known_since: datetime
    wallets: list[WalletOfPerson]
    devices: list[DeviceAnswer]


@router.post("/admin/people/looks", operation_id="lookAtPerson", summary="Look at one person")
async def look_at_person(request: Request, desk: Desk, body: LookBody) -> LookedAtPerson:
    """By the exact number, or the id; nothing is found by a part of a name.

    The look stands in the log of acts with its reason before anything is shown, and so does one
    that found nobody. Sixty an hour.
    """
    refuse_my_number(body.reason)
    state, region_id = state_of(request), desk.region.region_id
    found: LookedAtPerson | None = None
    async with state.database.transaction(region_id) as db:
        # Looks count also where they find nobody, so this commits before it refuses.
        wait_s = await count_look(state, db, desk)
        if not wait_s:
            found = await _look(state, db, desk, body)
    if wait_s:
        raise Problem(TOO_MANY_LOOKS, retry_after=wait_s)
    if found is None:
        raise Problem(PERSON_UNKNOWN)
    return found


async def count_look(state: State, db: AsyncSession, desk: AdminIdentity) -> int:
    """Count one look of this administrator; seconds to wait where there were too many."""
    key = state.vault.mac("looks", desk.admin_id.bytes)
    return await spend(db, desk.region.region_id, LOOKS, key)


async def _look(
    state: State, db: AsyncSession, desk: AdminIdentity, body: LookBody
) -> LookedAtPerson | None:
    region_id = desk.region.region_id
    profile = await _profile(state, db, desk, body)
    look_id = await enter_act(
        db,
        region_id,
        actor=desk.actor,
        role=desk.role,
        act="person.sought" if profile is None else LOOKED,
        person_id=None if profile is None else profile.person_id,
        reason=body.reason,
    )
    return None if profile is None else await _seen(db, desk, profile, look_id)


async def _profile(
    state: State, db: AsyncSession, desk: AdminIdentity, body: LookBody
) -> Profile | None:
    region_id = desk.region.region_id
    today = desk.region.day_of(state.clock.now())
    if body.person_id is not None:
        return await find_person(db, region_id, today, person_id=body.person_id)
    assert body.phone is not None
    phone = e164(body.phone, state.settings.sms_countries.split(","))
    return await find_by_phone(db, region_id, today, phone or "")


async def _seen(
    db: AsyncSession, desk: AdminIdentity, profile: Profile, look_id: UUID
) -> LookedAtPerson:
    region = desk.region
    wallets = await wallets_of(db, region.region_id, profile.person_id, None, _MOST_WALLETS)
    devices = await devices_of(db, region.region_id, profile.person_id, None, MOST_DEVICES)
    said: dict[str, Any] = {
        "person_id": profile.person_id,
        "look_id": look_id,
        "number": None if profile.phone is None else shown(profile.phone),
        "name": profile.name,
        "tier": profile.tier,
        "tier_until": profile.tier_until,
        "known_since": in_zone(profile.made_at, region),
        "wallets": [{"wallet_id": one.wallet_id, "state": one.state} for one in wallets],
        "devices": [device_answer(region, one) for one in devices],
    }
    return LookedAtPerson.model_validate(said)
