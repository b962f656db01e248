"""Merchants fetch the papers of their settlements: statements and qualified invoices."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from api.attachments import binary, json_file
from api.closed_route import v1_router
from api.fields import Uuid
from api.identity import MerchantIdentity, merchant
from api.pages import Page, Paged
from api.paper_answers import (
    PaperAnswer,
    PaperFilters,
    as_file,
    page_of_papers,
    paper_answer,
    paper_of,
)
from merchants.paper import Paper

router = v1_router("merchants")

Bookkeeper = Annotated[MerchantIdentity, merchant("sales:read", roles=("owner", "accountant"))]
"""Who keeps a merchant's books."""


@router.get(
    "/merchant/papers",
    operation_id="listOwnPapers",
    summary="My merchant's statements and invoices, the latest first",
)
async def list_own(
    request: Request,
    staff: Bookkeeper,
    paging: Paged,
    chosen: Annotated[PaperFilters, Depends()],
) -> Page[PaperAnswer]:
    """They are issued soon after a run is approved. Also those that were corrected since."""
    return await page_of_papers(request, staff.region, staff.merchant_id, chosen, paging)


@router.get("/merchant/papers/{paper_id}", operation_id="getOwnPaper", summary="One of my papers")
async def get_own(request: Request, staff: Bookkeeper, paper_id: Uuid) -> PaperAnswer:
    """As it was issued."""
    return paper_answer(staff.region, await _own(request, staff, paper_id))


@router.get(
    "/merchant/papers/{paper_id}/paper.json",
    operation_id="downloadOwnPaper",
    summary="One of my papers as JSON, byte for byte",
    response_class=Response,
    responses=json_file("invoice"),
)
async def get_own_json(request: Request, staff: Bookkeeper, paper_id: Uuid) -> Response:
    """As it was issued: `sha256` of the paper is of these bytes."""
    return await as_file(await _own(request, staff, paper_id), "json")


@router.get(
    "/merchant/papers/{paper_id}/paper.pdf",
    operation_id="printOwnPaper",
    summary="One of my papers as a page to print",
    response_class=Response,
    responses=binary("application/pdf", "%PDF-1.7…"),
)
async def get_own_pdf(request: Request, staff: Bookkeeper, paper_id: Uuid) -> Response:
    """One page of A4 in Japanese; its font is part of the file."""
    return await as_file(await _own(request, staff, paper_id), "pdf")


async def _own(request: Request, staff: MerchantIdentity, paper_id: UUID) -> Paper:
    return await paper_of(request, staff.region, paper_id, staff.merchant_id)
