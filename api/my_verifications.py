"""My verifications: seen, and made from afar, by a provider that looks at a proof."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.acts import enter_act
from api.admin_verifications import (
    KeptVerification,
    VerificationAnswer,
    check_lasting,
    command_of,
    kept,
    told_verification,
)
from api.answers import accepted
from api.closed_route import v1_router
from api.fields import Body, new_id
from api.identity import ResidentIdentity
from api.me_devices import MeReader, MeWriter
from api.pages import Listing, Page, Paged
from api.state import State, state_of
from core.errors import Problem
from residents.verifications import (
    Verification,
    find_verification,
    record_verification,
    verifications_of,
)
from residents.verifiers import PROOF_REFUSED, VERIFIER_AWAY, VERIFIER_UNKNOWN

RETRY_AFTER_S = 30
MINE: Final = Listing("my-verifications", (UUID,))

router = v1_router("residents: security")


class ProofBody(Body):
    """A proof for one of the providers."""

    method: str = Field(
        strict=True, max_length=40, pattern=r"^[a-z][a-z0-9_-]*$", examples=["jpki"]
    )
    proof: str = Field(
        strict=True,
        min_length=1,
        max_length=32_768,
        pattern=r"^[!-~]+$",
        examples=["MIIGyjCCBbKgAwIBAgIE"],
    )


@router.get(
    "/me/verifications",
    operation_id="listMyVerifications",
    summary="Who verified me, by what, and until when",
)
async def list_mine(request: Request, me: MeReader, paging: Paged) -> Page[KeptVerification]:
    """Oldest first, also those that are over or were taken back."""
    region, start = me.region, MINE.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await verifications_of(
            db, region.region_id, me.person_id, start[0] if start else None, paging.limit + 1
        )
    return MINE.page(
        rows, paging, lambda row: (row[0].verification_id,), lambda row: kept(region, *row)
    )


@router.put(
    "/me/verifications/{verification_id}",
    operation_id="verifyMyself",
    summary="Be verified by a provider",
    status_code=201,
)
async def verify_myself(
    request: Request,
    resident: MeWriter,
    verification_id: Annotated[UUID, new_id("verification_id")],
    body: ProofBody,
) -> VerificationAnswer:
    """The provider is asked once; a retry completes what it said. The proof is not kept."""
    state, region = state_of(request), resident.region
    async with state.database.snapshot(region.region_id) as db:
        made = await find_verification(db, region.region_id, verification_id)
    if made is None or (made.person_id, made.method) != (resident.person_id, body.method):
        made = await _seen(state, resident, verification_id, body)
    async with state.database.transaction(region.region_id) as db:
        if await record_verification(db, region.region_id, made):
            await enter_act(
                db,
                region.region_id,
                actor=made.verified_by,
                act="person.verified",
                object_id=verification_id,
                person_id=resident.person_id,
                tier=made.tier,
            )
    receipt = await state.engines.of(region.region_id).submit(command_of(made, None))
    return told_verification(region, accepted(request, receipt))


async def _seen(
    state: State, resident: ResidentIdentity, verification_id: UUID, body: ProofBody
) -> Verification:
    verifier = state.verifiers.get(body.method)
    if verifier is None:
        raise Problem(VERIFIER_UNKNOWN)
    region, person_id = resident.region, resident.person_id
    try:
        seen = await verifier.verify(region.code, person_id, verification_id, body.proof)
    except (OSError, TimeoutError) as error:
        raise Problem(VERIFIER_AWAY, retry_after=RETRY_AFTER_S) from error
    if seen is None:
        raise Problem(PROOF_REFUSED)
    check_lasting(seen.expires_on, region.day_of(state.clock.now()))
    return Verification(
        verification_id=verification_id,
        person_id=person_id,
        tier=seen.tier,
        method=body.method,
        evidence=seen.evidence,
        verified_by=f"verifier:{body.method}",
        expires_on=seen.expires_on,
        area=seen.area,
        age_band=seen.age_band,
    )
