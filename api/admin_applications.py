"""Applications as finance enters, sees and reviews them; another person approves them."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.admin_merchants import Finance, InList, InNames
from api.admin_requests import RequestAnswer, request_answer
from api.application_answers import (
    ApplicationAnswer,
    DocumentAnswer,
    application_answer,
    document_answer,
    is_real,
)
from api.attachments import BYTES, attachment, binary
from api.closed_route import v1_router
from api.doers import doer_of
from api.envelope import add_header
from api.fields import Body, Reason, Uuid, new_id
from api.pages import Listing, Page, Paged
from api.session_tokens import home_of
from api.state import state_of
from api.uploads import DocumentBody, UploadRoute
from campaigns.form import MerchantClass
from ledger.regions import Region
from merchants.application import Application, ApplicationState
from merchants.application_documents import documents_of, put_document, read_document
from merchants.application_messages import write_outcome
from merchants.apply import (
    Applied,
    amend,
    apply,
    find_application,
    withdraw_application,
)
from merchants.list_applications import WhichApplications, list_applications
from merchants.review_application import recommend, review

APPLICATIONS: Final = Listing("applications", (UUID,))

router = v1_router("administrators: merchants")
bringing = v1_router("administrators: merchants", UploadRoute)

_PATH: Final = "/admin/applications/{application_id}"
_DOCUMENT: Final = _PATH + "/documents/{document_id}"


class ReviewBody(Body):
    """What comes of an application; the reason is sent to whoever applied."""

    outcome: Literal["more_asked", "refused"]
    reason: Reason = Field(examples=["営業許可証の写しをお送りください"])


class RecommendationBody(Body):
    """Why the merchant should be let in."""

    reason: Reason = Field(examples=["書類を確認、区域内の飲食店"])


class EmptyBody(Body):
    """Nothing has to be said."""


@router.put(
    _PATH, operation_id="enterApplication", summary="Enter an application for somebody",
    status_code=201,
)  # fmt: skip
async def put_application(
    request: Request,
    admin: Finance,
    application_id: Annotated[UUID, new_id("application_id")],
    body: Application,
) -> ApplicationAnswer:
    """As it was handed in on paper, without a reference. Whoever entered it never approves it."""
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        made = await apply(
            db, region_id, application_id, body, doer_of(admin), is_real=is_real(state_of(request))
        )
    if made.is_replay:
        add_header(request, "Idempotent-Replay", "true")
    return application_answer(admin.region, made.applied, [])


@router.get(
    "/admin/applications", operation_id="listApplications", summary="Applications, newest first"
)
async def list_all(
    request: Request,
    admin: Finance,
    paging: Paged,
    state: Annotated[ApplicationState | None, Query(description="Only those in it.")] = None,
    merchant_class: Annotated[
        MerchantClass | None, Query(description="The class that is wished.")
    ] = None,
    category: InList = None,
    area: InList = None,
    text: InNames = None,
) -> Page[ApplicationAnswer]:
    """Those that are over too; documents are listed with each one by itself."""
    region = admin.region
    start = APPLICATIONS.start(paging)
    which = WhichApplications(state, merchant_class, category, area, text)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_applications(
            db, region.region_id, which, start[0] if start else None, paging.limit + 1
        )
    return APPLICATIONS.page(
        rows, paging, lambda row: (row.application_id,),
        lambda row: application_answer(region, row, []),
    )  # fmt: skip


@router.get(_PATH, operation_id="getApplication", summary="One application")
async def get_application(
    request: Request, admin: Finance, application_id: Uuid
) -> ApplicationAnswer:
    """As it stands, with its documents."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        found = await find_application(db, admin.region.region_id, application_id)
        return await _answer(db, admin.region, found)


@router.post(
    _PATH + "/amendments", operation_id="amendApplicationFor", summary="Amend an application"
)
async def post_amendment(
    request: Request, admin: Finance, application_id: Uuid, body: Application
) -> ApplicationAnswer:
    """Whoever amends it never approves it. While nobody has recommended or refused it."""
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        found = await find_application(db, region_id, application_id, is_to_change=True)
        amended = await amend(
            db, region_id, found, body, doer_of(admin), is_real=is_real(state_of(request))
        )
        return await _answer(db, admin.region, amended)


@router.post(
    _PATH + "/withdrawals", operation_id="withdrawApplicationFor",
    summary="Withdraw an application for somebody",
)  # fmt: skip
async def post_withdrawal(
    request: Request,
    admin: Finance,
    application_id: Uuid,
    body: EmptyBody,  # noqa: ARG001  an unknown member is refused
) -> ApplicationAnswer:
    """As whoever applied has asked for. Twice is once."""
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        found = await find_application(db, region_id, application_id, is_to_change=True)
        done = await withdraw_application(db, region_id, found, doer_of(admin))
        return await _answer(db, admin.region, done)


@router.post(
    _PATH + "/reviews", operation_id="reviewApplication",
    summary="Ask for more, or refuse an application",
)  # fmt: skip
async def post_review(
    request: Request, admin: Finance, application_id: Uuid, body: ReviewBody
) -> ApplicationAnswer:
    """A letter with the reason goes to whoever applied. The same again is no change."""
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        before = await find_application(db, region_id, application_id, is_to_change=True)
        done = await review(
            db, region_id, application_id, body.outcome, body.reason, doer_of(admin)
        )
        if done != before and done.form is not None:
            await write_outcome(
                db, home_of(admin.region), done.form.email, body.outcome, body.reason
            )
        return await _answer(db, admin.region, done)


@router.put(
    _PATH + "/approvals/{request_id}", operation_id="askForMerchantOpening",
    summary="Recommend an application for approval", status_code=201,
)  # fmt: skip
async def put_recommendation(
    request: Request,
    admin: Finance,
    application_id: Uuid,
    request_id: Annotated[UUID, new_id("request_id")],
    body: RecommendationBody,
) -> RequestAnswer:
    """Another person decides on it: `POST /v1/admin/requests/{request_id}/decisions`. Then the
    merchant opens, and its owner is invited; its stores are opened by finance.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        asked = await recommend(
            db, region.region_id, request_id, application_id, body.reason, doer_of(admin)
        )
    return request_answer(region, asked)


@bringing.put(
    _DOCUMENT, operation_id="putDocumentFor", summary="Add a document to an application",
    status_code=201,
)  # fmt: skip
async def put_document_for(
    request: Request,
    admin: Finance,
    application_id: Uuid,
    document_id: Annotated[UUID, new_id("document_id")],
    body: DocumentBody,
) -> DocumentAnswer:
    """PDF, JPEG or PNG, by its content; at most six of 2 MiB."""
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        found = await find_application(db, region_id, application_id, is_to_change=True)
        kept = await put_document(
            db, region_id, found, document_id, body.kind, body.media_type, body.bytes_of_it,
            doer_of(admin),
        )  # fmt: skip
    return document_answer(admin.region, kept, is_finance=True)


@router.get(
    _DOCUMENT, operation_id="getApplicationDocument", summary="The content of a document",
    response_class=Response,
    responses=binary(BYTES, "%PDF-1.7…", "The document, to be saved and not to be shown."),
)  # fmt: skip
async def get_document(
    request: Request, admin: Finance, application_id: Uuid, document_id: Uuid
) -> Response:
    """Each look stands in the log of acts. Browsers save it, and never take it for a page.

    An identity document is forgotten some time after the approval (404 document-forgotten).
    """
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        found, content = await read_document(
            db, region_id, application_id, document_id, doer_of(admin)
        )
    ending = found.media_type.rpartition("/")[2]
    file = attachment(content, BYTES, f"{document_id}.{ending}")
    file.headers["content-security-policy"] = "sandbox"
    return file


async def _answer(db: AsyncSession, region: Region, found: Applied) -> ApplicationAnswer:
    documents = await documents_of(db, region.region_id, found.application_id)
    return application_answer(region, found, documents, is_finance=True)
