"""Evidence (EBPM) on a campaign that is over: what it did, and what cannot be concluded."""

import asyncio
from typing import Final
from uuid import UUID

from fastapi.responses import HTMLResponse
from starlette.requests import Request
from starlette.responses import Response

from api.attachments import shown
from api.closed_route import v1_router
from api.evidence_page import POLICY, evidence_page
from api.fields import Uuid
from api.identity import AdminIdentity
from api.look_up import TELLS_REFUSALS
from api.state import state_of
from api.statistics_plans import Reader
from core.database import CITY_ROLE
from insights.evidence import Document, evidence_of, write_evidence
from insights.read_evidence import read_evidence

router = v1_router("administrators: campaigns")

_EXAMPLE: Final = {
    "format": 1,
    "region": "setagaya",
    "is_concluded": False,
    "reasons": [{"code": "interval-includes-zero", "ja": "…", "en": "…"}],
}
_EXAMPLE_PAGE: Final = '<!doctype html><html lang="ja">…</html>'
_JSON: Final = shown(
    "application/json", _EXAMPLE, "The report; docs/EVIDENCE.md tells its members."
)
_HTML: Final = shown("text/html", _EXAMPLE_PAGE)


@router.get(
    "/admin/campaigns/{campaign_id}/evidence",
    operation_id="getEvidence",
    summary="What a finished campaign did, from released tables",
    response_class=Response,
    responses=TELLS_REFUSALS | _JSON,
)
async def get_evidence(request: Request, admin: Reader, campaign_id: Uuid) -> Response:
    """Before and after, and difference-in-differences by area and shop class, with intervals that
    include the noise; the cost of additional spending; and what cannot be concluded, and why. Each
    number names its releases, cells and formula. For every role the same bytes, and it costs
    nothing of the privacy budget. 409 campaign-not-over, statistics-plan-missing,
    statistics-not-released.
    """
    document = await _document(request, admin, campaign_id)
    return Response(write_evidence(document), media_type="application/json")


@router.get(
    "/admin/campaigns/{campaign_id}/evidence.html",
    operation_id="printEvidence",
    summary="The same as a page to read and print",
    response_class=HTMLResponse,
    responses=TELLS_REFUSALS | _HTML,
)
async def print_evidence(request: Request, admin: Reader, campaign_id: Uuid) -> HTMLResponse:
    """In Japanese, without scripts and whole in itself. A link cannot send a token: a client
    fetches it like any other answer, then shows, prints or keeps it as a file.
    """
    document = await _document(request, admin, campaign_id)
    return HTMLResponse(
        evidence_page(admin.region.name, document),
        headers={
            "content-disposition": f'inline; filename="evidence-{campaign_id}.html"',
            "content-security-policy": POLICY + "; frame-ancestors 'none'",
            "referrer-policy": "no-referrer",
        },
    )


async def _document(request: Request, admin: AdminIdentity, campaign_id: UUID) -> Document:
    """Read by whoever asks as the role that sees no person: so it is one report for all."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        known = await read_evidence(db, region, campaign_id)
    return await asyncio.to_thread(evidence_of, known)
