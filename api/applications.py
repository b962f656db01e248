"""Apply to become a merchant: without an account, by a reference that the applicant alone has."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Path
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.allowances import Allowance, spend
from access.failures import TOO_MANY_TRIES
from api.admin_regions import REGION_UNKNOWN
from api.application_answers import (
    ApplicationAnswer,
    DocumentAnswer,
    application_answer,
    document_answer,
    is_real,
)
from api.closed_route import v1_router
from api.envelope import add_header
from api.fields import Body, Uuid, new_id
from api.rate_limit import Quota, address_of
from api.session_tokens import home_of
from api.sign_in_region import network_of
from api.staff_fields import Secret, secret_field
from api.state import state_of
from api.uploads import DocumentBody, UploadRoute
from core.errors import Problem
from ledger.regions import Region
from merchants.application import Application
from merchants.application_documents import documents_of, put_document
from merchants.application_messages import write_reference
from merchants.apply import (
    Applied,
    amend,
    apply,
    find_by_reference,
    withdraw_application,
)

ASKED: Final = Quota("applications", 60, 60)
"""Per address."""
A_DAYS: Final = Allowance("applications", 20, timedelta(days=1))
"""That come from one network: each is a letter to an address that somebody typed."""
TO_ONE: Final = Allowance("applications to one", 5, timedelta(days=1))
"""That name the same address."""

router: Final = v1_router("applications")
bringing: Final = v1_router("applications", UploadRoute)

_PATH: Final = "/regions/{region}/applications/{application_id}"


async def _region(
    request: Request, region: Annotated[str, Path(max_length=40, examples=["setagaya"])]
) -> Region:
    state = state_of(request)
    state.limiter.limit(request, ASKED, address_of(request))
    found = await state.regions.look_for(region)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    return found


ApplicationRegion = Annotated[Region, Depends(_region)]


class ReferenceBody(Body):
    """The reference, by which alone an application is reached."""

    reference: Secret = secret_field("As the first answer, and the letter, had it.")


class AmendmentBody(ReferenceBody):
    """The whole form as it should be."""

    form: Application


class OwnDocumentBody(DocumentBody, ReferenceBody):
    """A document of the own application."""


class MadeApplication(ApplicationAnswer):
    """An application as it was made."""

    reference: str | None = Field(examples=["s" * 43])
    """With it the application is seen and amended. Told once, and in a letter; later it is null."""


@router.put(
    _PATH, operation_id="applyAsMerchant", summary="Apply to become a merchant", status_code=201
)
async def put_application(
    request: Request,
    region: ApplicationRegion,
    application_id: Annotated[UUID, new_id("application_id")],
    body: Application,
) -> MadeApplication:
    """For anybody, without a token. Documents follow; then the issuer reviews it.

    The reference is told here and in a letter to the address of the form, and never again.
    """
    state, region_id = state_of(request), region.region_id
    async with state.database.transaction(region_id) as db:
        made = await apply(db, region_id, application_id, body, None, is_real=is_real(state))
        if made.reference is not None:
            for allowed, key in ((A_DAYS, network_of(request)), (TO_ONE, body.email.lower())):
                if wait_s := await spend(
                    db, region_id, allowed, state.vault.mac(allowed.name, key)
                ):
                    raise Problem(TOO_MANY_TRIES, retry_after=wait_s)
            await write_reference(db, home_of(region), body.email, application_id, made.reference)
    if made.is_replay:
        add_header(request, "Idempotent-Replay", "true")
    told = application_answer(region, made.applied, [])
    return MadeApplication(**dict(told), reference=made.reference)


@router.post(
    _PATH + "/looks", operation_id="lookAtApplication", summary="Look at the own application"
)
async def look(
    request: Request, region: ApplicationRegion, application_id: Uuid, body: ReferenceBody
) -> ApplicationAnswer:
    """As it stands, with what was said of it. The reference stands in no address."""
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await find_by_reference(db, region.region_id, application_id, body.reference)
        return await _answer(db, region, found)


@router.post(
    _PATH + "/amendments", operation_id="amendApplication", summary="Amend the own application"
)
async def post_amendment(
    request: Request, region: ApplicationRegion, application_id: Uuid, body: AmendmentBody
) -> ApplicationAnswer:
    """While nobody has recommended or refused it; it is reviewed anew. Twice is once."""
    state, region_id = state_of(request), region.region_id
    async with state.database.transaction(region_id) as db:
        found = await _own(db, region_id, application_id, body)
        return await _answer(
            db, region, await amend(db, region_id, found, body.form, None, is_real=is_real(state))
        )


@router.post(
    _PATH + "/withdrawals",
    operation_id="withdrawApplication",
    summary="Withdraw the own application",
)
async def post_withdrawal(
    request: Request, region: ApplicationRegion, application_id: Uuid, body: ReferenceBody
) -> ApplicationAnswer:
    """What is personal in it is forgotten some months later. Twice is once."""
    region_id = region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        found = await _own(db, region_id, application_id, body)
        return await _answer(db, region, await withdraw_application(db, region_id, found, None))


@bringing.put(
    _PATH + "/documents/{document_id}",
    operation_id="putApplicationDocument",
    summary="Add a document to the own application",
    status_code=201,
)
async def put_own_document(
    request: Request,
    region: ApplicationRegion,
    application_id: Uuid,
    document_id: Annotated[UUID, new_id("document_id")],
    body: OwnDocumentBody,
) -> DocumentAnswer:
    """PDF, JPEG or PNG, by its content; at most six of 2 MiB. Finance alone reads them."""
    region_id = region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        found = await _own(db, region_id, application_id, body)
        kept = await put_document(
            db, region_id, found, document_id, body.kind, body.media_type, body.bytes_of_it, None
        )
    return document_answer(region, kept)


async def _own(
    db: AsyncSession, region_id: int, application_id: UUID, body: ReferenceBody
) -> Applied:
    return await find_by_reference(db, region_id, application_id, body.reference, is_to_change=True)


async def _answer(db: AsyncSession, region: Region, found: Applied) -> ApplicationAnswer:
    documents = await documents_of(db, region.region_id, found.application_id)
    return application_answer(region, found, documents)
