"""Papers of settlements for finance: looked up, issued where they lack, corrected by new ones."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.admin_settlements import Finance, Reader
from api.answers import Answer
from api.attachments import binary, json_file
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Name, Reason, Uuid, new_id
from api.pages import Page, Paged
from api.paper_answers import (
    PaperAnswer,
    PaperFilters,
    as_file,
    page_of_papers,
    paper_answer,
    paper_of,
)
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from merchants.issue_papers import correct_paper, issue_papers
from merchants.paper import ISSUER_UNREGISTERED, PAPER_UNKNOWN, Correction, Paper, may_issue
from payments.reads import read_settings

router = v1_router("administrators: settlements")

_PAPER: Final = "/admin/papers/{paper_id}"


@dataclass(frozen=True, slots=True)
class AllPaperFilters(PaperFilters):
    """Which papers are wanted, of whichever merchant."""

    merchant_id: Annotated[Uuid | None, Query(description="Only those of this merchant.")] = None


class PaperCorrectionBody(Body):
    """What is to stand in the new paper; issuer and figures are those of settings and books."""

    recipient: Name | None = Field(default=None, examples=["株式会社見本食堂"])
    """The recipient's name; null: the business's legal name of today, or the merchant's."""
    reason: Reason = Field(examples=["宛名の誤り"])


class IssuedAnswer(Answer):
    """How many papers were issued; none where all were there."""

    run_id: UUID
    statements: int = Field(examples=[0])
    invoices: int = Field(examples=[2940])


@router.get(
    "/admin/papers",
    operation_id="listPapers",
    summary="Statements and invoices of settlements, the latest first",
)
async def list_all(
    request: Request,
    admin: Reader,
    paging: Paged,
    chosen: Annotated[AllPaperFilters, Depends()],
) -> Page[PaperAnswer]:
    """Also those that were corrected since: the correction names its number."""
    return await page_of_papers(request, admin.region, chosen.merchant_id, chosen, paging)


@router.get(_PAPER, operation_id="getPaper", summary="One paper")
async def get_paper(request: Request, admin: Reader, paper_id: Uuid) -> PaperAnswer:
    """As it was issued."""
    return paper_answer(admin.region, await _found(request, admin.region, paper_id))


@router.get(
    _PAPER + "/paper.json",
    operation_id="downloadPaper",
    summary="One paper as JSON, byte for byte",
    response_class=Response,
    responses=json_file("invoice"),
)
async def get_json(request: Request, admin: Reader, paper_id: Uuid) -> Response:
    """As it was issued: `sha256` of the paper is of these bytes."""
    return await as_file(await _found(request, admin.region, paper_id), "json")


@router.get(
    _PAPER + "/paper.pdf",
    operation_id="printPaper",
    summary="One paper as a page to print",
    response_class=Response,
    responses=binary("application/pdf", "%PDF-1.7…"),
)
async def get_pdf(request: Request, admin: Reader, paper_id: Uuid) -> Response:
    """One page of A4 in Japanese; its font is part of the file."""
    return await as_file(await _found(request, admin.region, paper_id), "pdf")


@router.post(
    "/admin/settlement-runs/{run_id}/papers",
    operation_id="issuePapers",
    summary="Issue the papers that a run lacks",
)
async def post_papers(request: Request, admin: Finance, run_id: Uuid) -> IssuedAnswer:
    """Papers are issued soon after a run is approved, but no invoice while the issuer is not
    registered: this is for afterwards. Who comes again finds nothing lacking.
    """
    region, state = admin.region, state_of(request)
    async with state.database.transaction(region.region_id) as db:
        settings = await read_settings(db, region.region_id)
        assert settings is not None, "the region is open"
        issuer = settings.settlement.issuer
        issued = await issue_papers(db, region, issuer, run_id, doer_of(admin), state.clock.now())
        if not may_issue("invoice", issuer):
            raise Problem(ISSUER_UNREGISTERED)
    return IssuedAnswer(run_id=run_id, statements=issued["statement"], invoices=issued["invoice"])


@router.put(
    _PAPER + "/corrections/{correction_id}",
    operation_id="correctPaper",
    summary="Correct a paper by a new one",
    status_code=201,
)
async def put_correction(
    request: Request,
    admin: Finance,
    paper_id: Uuid,
    correction_id: Annotated[UUID, new_id("correction_id")],
    body: PaperCorrectionBody,
) -> PaperAnswer:
    """With a number of its own, the number of the one it corrects, and the reason. The old paper
    stays as it was. Once for each paper; a correction is corrected in its turn.
    """
    region, state = admin.region, state_of(request)
    async with state.database.transaction(region.region_id) as db:
        settings = await read_settings(db, region.region_id)
        assert settings is not None, "the region is open"
        made = await correct_paper(
            db,
            region,
            settings.settlement.issuer,
            Correction(correction_id, paper_id, body.recipient, body.reason),
            doer_of(admin),
            state.clock.now(),
        )
    return paper_answer(region, made)


@router.get(
    _PAPER + "/corrections/{correction_id}",
    operation_id="getPaperCorrection",
    summary="One correction of a paper",
)
async def get_correction(
    request: Request, admin: Reader, paper_id: Uuid, correction_id: Uuid
) -> PaperAnswer:
    """The new paper, as it was issued."""
    wrong = await _found(request, admin.region, paper_id)
    made = await _found(request, admin.region, correction_id)
    if (made.kind, made.corrects) != (wrong.kind, wrong.number):
        raise Problem(PAPER_UNKNOWN)
    return paper_answer(admin.region, made)


async def _found(request: Request, region: Region, paper_id: UUID) -> Paper:
    return await paper_of(request, region, paper_id, None)
