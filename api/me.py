"""The person's own view: what is known about me, and who looked at it."""

import unicodedata
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from access.acts import enter_act
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Body, Name
from api.identity import ResidentIdentity
from api.me_devices import MeReader, MeWriter
from api.pages import Listing, Page, Paged
from api.state import State, state_of
from core.errors import Problem
from ledger.regions import Region
from residents.looks import Look, looks_at
from residents.person import PERSON_UNKNOWN, AgeBand, Tier
from residents.profile import Profile, find_person, set_name

LOOKS: Final = Listing("my-looks", (UUID,))

router = v1_router("residents: me")


def _compatible(name: str) -> str:
    """NFKC, so that one name has one spelling; it must not grow past what is kept."""
    plain = unicodedata.normalize("NFKC", name).strip()
    if not 1 <= len(plain) <= 80:
        raise PydanticCustomError("string_too_long", "a name has 1 to 80 characters")
    return plain


class CorrectionBody(Body):
    """What is wrong about me, as it is right."""

    name: Annotated[Name, AfterValidator(_compatible)] | None = Field(
        examples=["世田谷 花子"], description="Null: no name is kept."
    )


class MeAnswer(Answer):
    """What is known about me. My devices, sessions and wallets have lists of their own."""

    person_id: UUID
    phone: str | None = Field(examples=["+819012345678"])
    name: str | None = Field(examples=["世田谷 花子"])
    known_since: datetime
    tier: Tier
    tier_until: date | None
    """The last day of what was verified."""
    area: str | None = Field(examples=["kitazawa"])
    is_area_verified: bool
    """Whether somebody has seen it; else it is what I declared."""
    age_band: AgeBand | None = Field(examples=["30-44"])
    is_age_band_verified: bool


class LookAnswer(Answer):
    """Somebody who works here saw my data."""

    look_id: UUID
    at: datetime
    actor: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000007"])
    """Who it was, by id: the counter knows whose it is."""
    role: str | None = Field(examples=["desk"])
    act: str = Field(examples=["person.looked_at"])
    """A look, or a step of a recovery at the counter."""
    wallet_id: UUID | None
    """The wallet that was looked at; null where it was what stands here."""
    reason: str | None = Field(examples=["asks at the counter for the lost phone"])


@router.get("/me", operation_id="getMe", summary="What is known about me")
async def get_me(request: Request, me: MeReader) -> MeAnswer:
    """All of it but lists: `/me/devices`, `/me/verifications`, `/me/consents`, `/me/looks`,
    `/me/number-changes`, `/sessions`. `/me/exports` has all of it.
    """
    return me_answer(me.region, await own_profile(state_of(request), me))


@router.patch("/me", operation_id="correctMe", summary="Correct my name")
async def correct_me(request: Request, me: MeWriter, body: CorrectionBody) -> MeAnswer:
    """A verified tier stays: it is about the document, not about how I am called here."""
    state, region_id = state_of(request), me.region.region_id
    async with state.database.transaction(region_id) as db:
        if not await set_name(db, region_id, me.person_id, body.name):
            raise Problem(PERSON_UNKNOWN)
        await enter_act(
            db, region_id, actor=me.actor, act="person.corrected", person_id=me.person_id
        )
    return me_answer(me.region, await own_profile(state, me))


@router.get("/me/looks", operation_id="listLooks", summary="Who looked at my data, and why")
async def list_looks(request: Request, me: MeReader, paging: Paged) -> Page[LookAnswer]:
    """Newest first: at who I am, and at my wallets."""
    region = me.region
    start = LOOKS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await looks_at(
            db, region.region_id, me.person_id, start[0] if start else None, paging.limit + 1
        )
    return LOOKS.page(rows, paging, lambda row: (row.look_id,), lambda row: look(region, row))


async def own_profile(state: State, me: ResidentIdentity) -> Profile:
    """The person of the token. Refuses person-unknown where the account was closed."""
    today = me.region.day_of(state.clock.now())
    async with state.database.snapshot(me.region.region_id) as db:
        found = await find_person(db, me.region.region_id, today, person_id=me.person_id)
    if found is None:
        raise Problem(PERSON_UNKNOWN)
    return found


def me_answer(region: Region, profile: Profile) -> MeAnswer:
    """A profile as its person is told it."""
    return MeAnswer(
        person_id=profile.person_id,
        phone=profile.phone,
        name=profile.name,
        known_since=in_zone(profile.made_at, region),
        tier=profile.tier,
        tier_until=profile.tier_until,
        area=profile.area,
        is_area_verified=profile.is_area_verified,
        age_band=profile.age_band,
        is_age_band_verified=profile.is_age_band_verified,
    )


def look(region: Region, seen: Look) -> LookAnswer:
    """A look as its person is told it."""
    return LookAnswer(
        look_id=seen.look_id,
        at=in_zone(seen.at, region),
        actor=seen.actor,
        role=seen.role,
        act=seen.act,
        wallet_id=seen.wallet_id,
        reason=seen.reason,
    )
