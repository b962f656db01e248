"""Verify a person at the desk: a document was seen, and a tier holds until a day."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from access.acts import enter_act
from api.admin_people import TOO_MANY_LOOKS, WhyBody, count_look
from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Label, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem, problem
from ledger.books import Entry
from ledger.regions import Region
from residents.looks import LOOKED
from residents.my_number import refuse_my_number
from residents.person import AgeBand, Tier
from residents.verifications import Verification, record_verification, verifications_of
from residents.verify_person import VerifyPerson

LASTS_WRONGLY: Final = problem(
    "verification-lasts-wrongly", 422, "A verification lasts from today to ten years at most."
)
LONGEST: Final = timedelta(days=3653)
VERIFICATIONS: Final = Listing("verifications", (UUID,))

router = v1_router("administrators: people")

Desk = Annotated[AdminIdentity, administrator("desk")]
Area = Annotated[Label, Field(max_length=40)]
Evidence = Literal[
    "my_number_card",
    "drivers_license",
    "passport",
    "residence_card",
    "disability_certificate",
    "health_insurance",
    "two_documents",
]
"""The kind of document that was seen; its number is never taken."""


class VerificationBody(Body):
    """What was seen, or that it was seen wrongly: `unverified` takes the tier back."""

    tier: Tier = Field(examples=["verified_resident"])
    evidence: Evidence | None = Field(
        examples=["drivers_license"], description="Null where it is taken back."
    )
    expires_on: date | None = Field(
        examples=["2029-03-31"],
        description="The last day of the tier; null where it is taken back.",
    )
    area: Area | None = Field(
        default=None, examples=["kitazawa"], description="Of the town, as merchants have it."
    )
    age_band: AgeBand | None = Field(default=None, examples=["30-44"])
    reason: Reason = Field(examples=["came to the counter with the licence"])

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        is_given = self.tier != "unverified"
        said = (self.evidence, self.expires_on)
        is_taken_back = not any((*said, self.area, self.age_band))
        if (None in said) if is_given else not is_taken_back:
            raise PydanticCustomError(
                "verification_in_part", "a tier has evidence and a last day; unverified has nothing"
            )
        return self


class VerificationAnswer(Answer):
    """A verification as it was made; it holds until the next one, or its last day."""

    verification_id: UUID
    person_id: UUID
    tier: Tier = Field(examples=["verified_resident"])
    expires_on: date | None
    verified_at: datetime
    seq: int = Field(examples=[4711])
    """Its number in the journal of the region."""


class KeptVerification(Answer):
    """A verification in a person's list."""

    verification_id: UUID
    tier: Tier = Field(examples=["verified_resident"])
    method: str = Field(examples=["document"])
    """`document`, or the provider that was asked."""
    evidence: str = Field(examples=["drivers_license"])
    verified_by: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000003"])
    recorded_at: datetime
    expires_on: date | None
    area: str | None = Field(examples=["kitazawa"])
    age_band: AgeBand | None = Field(examples=["30-44"])


@router.put(
    "/admin/people/{person_id}/verifications/{verification_id}",
    operation_id="verifyPerson",
    summary="Verify a person by a document, or take that back",
    status_code=201,
)
async def verify_person(
    request: Request,
    admin: Desk,
    person_id: Uuid,
    verification_id: Annotated[UUID, new_id("verification_id")],
    body: VerificationBody,
) -> VerificationAnswer:
    """The limits of the tier hold from the next payment on. To renew it, verify anew."""
    refuse_my_number(body.reason)
    state, region = state_of(request), admin.region
    check_lasting(body.expires_on, region.day_of(state.clock.now()))
    made = Verification(
        verification_id=verification_id,
        person_id=person_id,
        tier=body.tier,
        method="document",
        evidence=body.evidence or "taken_back",
        verified_by=admin.actor,
        expires_on=body.expires_on,
        area=body.area,
        age_band=body.age_band,
    )
    # The record first: without the command behind it, it has no effect, and the same request
    # completes it. A tier of which no record told would be worse.
    async with state.database.transaction(region.region_id) as db:
        if await record_verification(db, region.region_id, made):
            await enter_act(
                db,
                region.region_id,
                actor=admin.actor,
                role=admin.role,
                act="person.verified",
                object_id=verification_id,
                person_id=person_id,
                reason=body.reason,
                tier=body.tier,
            )
    receipt = await state.engines.of(region.region_id).submit(command_of(made, body.reason))
    return told_verification(region, accepted(request, receipt))


@router.post(
    "/admin/people/{person_id}/verifications/looks",
    operation_id="lookAtVerifications",
    summary="Look at a person's verifications, with a reason",
)
async def look_at_verifications(
    request: Request,
    admin: Desk,
    person_id: Uuid,
    body: WhyBody,
    paging: Paged,
) -> Page[KeptVerification]:
    """Oldest first. Each look stands in the log of acts, with its reason; sixty an hour."""
    refuse_my_number(body.reason)
    state, region = state_of(request), admin.region
    start = VERIFICATIONS.start(paging)
    async with state.database.transaction(region.region_id) as db:
        if wait_s := await count_look(state, db, admin):
            raise Problem(TOO_MANY_LOOKS, retry_after=wait_s)
        await enter_act(
            db,
            region.region_id,
            actor=admin.actor,
            role=admin.role,
            act=LOOKED,
            person_id=person_id,
            reason=body.reason,
        )
        after = start[0] if start else None
        rows = await verifications_of(db, region.region_id, person_id, after, paging.limit + 1)
    return VERIFICATIONS.page(
        rows, paging, lambda row: (row[0].verification_id,), lambda row: kept(region, *row)
    )


def command_of(made: Verification, reason: str | None) -> VerifyPerson:
    """The command that lets a record count, under the record's id."""
    return VerifyPerson(
        entry_id=made.verification_id,
        actor=made.verified_by,
        person_id=made.person_id,
        tier=made.tier,
        tier_until=made.expires_on,
        method=made.method,
        evidence=made.evidence,
        area=made.area,
        age_band=made.age_band,
        reason=reason,
    )


def told_verification(region: Region, entry: Entry) -> VerificationAnswer:
    """A verification from its entry."""
    assert entry.holder_id is not None, "it is a person's"
    return VerificationAnswer(
        verification_id=entry.entry_id,
        person_id=entry.holder_id,
        tier=entry.facts["person"]["tier"],
        expires_on=entry.facts["person"]["tier_until"],
        verified_at=in_zone(entry.at, region),
        seq=entry.seq,
    )


def check_lasting(expires_on: date | None, today: date) -> None:
    """Raises verification-lasts-wrongly."""
    if expires_on is not None and not today <= expires_on <= today + LONGEST:
        raise Problem(LASTS_WRONGLY)


def kept(region: Region, made: Verification, at: datetime) -> KeptVerification:
    """A verification as it stands in a list."""
    return KeptVerification(
        verification_id=made.verification_id,
        tier=made.tier,
        method=made.method,
        evidence=made.evidence,
        verified_by=made.verified_by,
        recorded_at=in_zone(at, region),
        expires_on=made.expires_on,
        area=made.area,
        age_band=made.age_band,
    )
