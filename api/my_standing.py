"""How a resident stands here: tier, limits, attributes, and from where on to confirm."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.signatures import text_to_sign
from api.admin_verifications import Area
from api.answers import Answer, accepted
from api.closed_route import v1_router
from api.confirmation import Confirmation, way_of
from api.fields import MAX_YEN, Body, new_id
from api.identity import ResidentIdentity
from api.me_devices import MeReader, MeWriter
from api.state import State, state_of
from core.ids import uuid7
from payments.reads import read_settings
from payments.settings import RegionSettings, TierLimits
from residents.describe_person import DescribePerson
from residents.limit_unconfirmed import LimitUnconfirmed
from residents.my_number import refuse_my_number
from residents.person import AgeBand, Tier, is_verified, lower_of, tier_on
from residents.read_person import person_facts

Limit = Annotated[int, Field(strict=True, ge=0, le=MAX_YEN)]

router = v1_router("residents: security")


class Standing(Answer):
    """What holds for me today; amounts in yen."""

    tier: Tier = Field(examples=["verified_resident"])
    tier_until: date | None
    """Its last day; null while I am unverified."""
    limits: TierLimits
    confirm_above_yen: int = Field(examples=[10_000])
    """A payment above it must be confirmed: the region's limit, or mine if it is lower."""
    unconfirmed_per_day_yen: int | None = Field(examples=[30_000])
    """What I may pay in a day without a confirmation; null where that has no limit."""
    area: str | None = Field(examples=["kitazawa"])
    is_area_verified: bool
    """Whether somebody has seen it; else it is what I declared."""
    age_band: AgeBand | None = Field(examples=["30-44"])
    is_age_band_verified: bool


class AttributesBody(Body):
    """What I declare; null takes it back, and what is left out stays as it is."""

    area: Area | None = Field(default=None, examples=["kitazawa"])
    age_band: AgeBand | None = Field(default=None, examples=["30-44"])


class LimitBody(Body):
    """My own limits, under the region's; to raise one or to take it away must be confirmed."""

    limit_yen: Limit | None = Field(
        examples=[3_000], description="Of one payment. Null leaves it to the region."
    )
    per_day_yen: Limit | None = Field(
        examples=[10_000],
        description="Of all payments of a day that I do not confirm. Null leaves it to the region.",
    )
    confirmation: Confirmation | None = Field(
        default=None,
        description="By the PIN, or by a signature over `meguri confirmation limit`, `region`,"
        " `person_id`, `change_id`, `limit_yen` and `per_day_yen` (`none` where one is taken away),"
        " a line each.",
    )


class LimitAnswer(Answer):
    """A change of my own limits."""

    change_id: UUID
    limit_yen: int | None = Field(examples=[3_000])
    per_day_yen: int | None = Field(examples=[10_000])
    seq: int = Field(examples=[4711])
    """Its number in the journal of the region."""


@router.get("/me/standing", operation_id="getMyStanding", summary="My tier, limits and attributes")
async def get_my_standing(request: Request, resident: MeReader) -> Standing:
    """As they hold today, in the region's zone."""
    return await own_standing(state_of(request), resident)


@router.patch("/me/attributes", operation_id="declareAttributes", summary="Declare my attributes")
async def declare_attributes(
    request: Request, resident: MeWriter, body: AttributesBody
) -> Standing:
    """What was verified stays: attribute-verified. Nothing sent changes nothing."""
    state, declared = state_of(request), body.model_dump(exclude_unset=True)
    if body.area is not None:
        refuse_my_number(body.area)
    if declared:
        command = DescribePerson(
            entry_id=uuid7(state.clock.now()),
            actor=resident.actor,
            person_id=resident.person_id,
            declared=_pairs(declared),
        )
        (await state.engines.of(resident.region.region_id).submit(command)).accepted()
    return await own_standing(state, resident)


@router.put(
    "/me/confirmation-limits/{change_id}",
    operation_id="limitUnconfirmed",
    summary="Set above what I confirm each payment",
    status_code=201,
)
async def limit_unconfirmed(
    request: Request,
    resident: MeWriter,
    change_id: Annotated[UUID, new_id("change_id")],
    body: LimitBody,
) -> LimitAnswer:
    """It holds from the next payment on."""
    state, region = state_of(request), resident.region
    way = None
    if body.confirmation is not None:
        text = text_to_sign(
            "confirmation limit",
            region=region.code,
            person_id=str(resident.person_id),
            change_id=str(change_id),
            limit_yen=_said(body.limit_yen),
            per_day_yen=_said(body.per_day_yen),
        )
        way = await way_of(state, resident, body.confirmation, text)
    command = LimitUnconfirmed(
        entry_id=change_id,
        actor=resident.actor,
        person_id=resident.person_id,
        limit_yen=body.limit_yen,
        per_day_yen=body.per_day_yen,
        confirmed_by=way,
    )
    receipt = await state.engines.of(region.region_id).submit(command)
    entry = accepted(request, receipt)
    person = entry.facts["person"]
    return LimitAnswer(
        change_id=change_id,
        limit_yen=person["confirm_above_yen"],
        per_day_yen=person["unconfirmed_per_day_yen"],
        seq=entry.seq,
    )


def _said(limit_yen: int | None) -> str | int:
    return "none" if limit_yen is None else limit_yen


def _pairs(declared: dict[str, Any]) -> Any:
    return tuple(sorted(declared.items()))


async def own_standing(state: State, resident: ResidentIdentity) -> Standing:
    """What holds today for the person of the token."""
    region = resident.region
    async with state.database.snapshot(region.region_id) as db:
        facts = await person_facts(db, region.region_id, resident.person_id)
        settings = await read_settings(db, region.region_id) or RegionSettings()
    today = region.day_of(state.clock.now())
    tier = tier_on(facts, today)
    limit_yen = lower_of(facts, "confirm_above_yen", settings.confirm_above_yen)
    assert limit_yen is not None, "a region has this limit"
    return Standing(
        tier=tier,
        tier_until=None if tier == "unverified" else facts["tier_until"],
        limits=getattr(settings.limits, tier),
        confirm_above_yen=limit_yen,
        unconfirmed_per_day_yen=lower_of(
            facts, "unconfirmed_per_day_yen", settings.unconfirmed_per_day_yen
        ),
        area=facts["area"],
        is_area_verified=is_verified(facts, "area", today),
        age_band=facts["age_band"],
        is_age_band_verified=is_verified(facts, "age_band", today),
    )
