"""What each funder of a campaign bears of what was spent: settled, looked up, listed, as CSV."""

import csv
import io
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Response
from pydantic import Field
from starlette.requests import Request

from api.admin_campaigns import Funder
from api.answers import Answer, accepted, in_zone
from api.attachments import shown
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.look_up import TELLS_REFUSALS, look_up
from api.pages import Listing, Page, Paged
from api.state import state_of
from campaigns.campaign import CAMPAIGN_UNKNOWN
from campaigns.read_settlements import list_settlements
from campaigns.reads import find_campaign
from campaigns.settle_funders import SettleFunders
from core.errors import Problem
from core.spreadsheet import inert
from ledger.books import Entry
from ledger.regions import Region

SETTLEMENTS: Final = Listing("funder-settlements", (int,))
MOST_IN_CSV: Final = 1_000
"""Settlements of one file, the newest: of twenty years, one a week."""

router = v1_router("administrators: campaigns")

Reader = Annotated[AdminIdentity, administrator("finance", "auditor")]

_CSV_HEAD: Final = (
    *("精算番号", "精算日時", "出資者", "負担割合(bp)", "拠出額", "返還額"),
    *("負担額(累計)", "負担額(今回)", "残額", "不足額", "精算ID"),
)
_EXAMPLE: Final = (
    "\ufeff" + ",".join(_CSV_HEAD) + "\r\n"
    "4711,2026-11-30 18:00:00,city,7000,35000000,0,864150,864150,34135850,0,"
    "0192f0c1-2222-7000-8000-000000000001\r\n"
)


class SettlementBody(Body):
    """All that was spent until now is settled; the reason is kept."""

    reason: Reason = Field(examples=["end of November"])


class FunderShareAnswer(Answer):
    """What one funder bears, in yen."""

    funder: str = Field(examples=["city"])
    share_bp: int | None = Field(examples=[7000])
    """By the form, in basis points; null where the form names no funders, or not this one."""
    put_in_yen: int = Field(examples=[35_000_000])
    returned_yen: int = Field(examples=[0])
    spent_yen: int = Field(examples=[864_150])
    """Of all that was spent until this settlement."""
    since_yen: int = Field(examples=[864_150])
    """More than by the settlement before; less than zero where refunds brought more back."""
    left_yen: int = Field(examples=[34_135_850])
    """What it put in, got not back and does not bear."""
    owed_yen: int = Field(examples=[0])
    """What it bears beyond what it put in: it owes that to the others."""


class FunderSettlement(Answer):
    """A settlement, as it was made. It moves no money."""

    settlement_id: UUID
    campaign_id: UUID
    spent_yen: int = Field(examples=[1_234_500])
    """All rebates and cashback that the campaign granted before this entry, less what refunds took
    back: it is the sum of what funders bear."""
    since_yen: int = Field(examples=[1_234_500])
    borne_by: list[FunderShareAnswer]
    reason: str = Field(examples=["end of November"])
    settled_at: datetime
    seq: int = Field(examples=[4711])
    """It covers every entry with a lower number."""


@router.put(
    "/admin/campaigns/{campaign_id}/funder-settlements/{settlement_id}",
    operation_id="settleFunders",
    summary="Settle what was spent among the funders",
    status_code=201,
)
async def settle_funders(
    request: Request,
    admin: Funder,
    campaign_id: Uuid,
    settlement_id: Annotated[UUID, new_id("settlement_id")],
    body: SettlementBody,
) -> FunderSettlement:
    """By the form's shares, or by what each put in; to the yen, and without drift over many."""
    command = SettleFunders(
        entry_id=settlement_id, actor=admin.actor, campaign_id=campaign_id, reason=body.reason
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _answer(admin.region, accepted(request, receipt))


@router.get(
    "/admin/campaigns/{campaign_id}/funder-settlements/{settlement_id}",
    operation_id="getFunderSettlement",
    responses=TELLS_REFUSALS,
    summary="One settlement among the funders",
)
async def get_funder_settlement(
    request: Request, admin: Reader, campaign_id: Uuid, settlement_id: Uuid
) -> FunderSettlement:
    """What became of it."""
    entry = await look_up(request, admin.region, settlement_id, SettleFunders, campaign_id)
    return _answer(admin.region, entry)


@router.get(
    "/admin/campaigns/{campaign_id}/funder-settlements",
    operation_id="listFunderSettlements",
    summary="A campaign's settlements, newest first",
)
async def list_funder_settlements(
    request: Request, admin: Reader, campaign_id: Uuid, paging: Paged
) -> Page[FunderSettlement]:
    """Each with what every funder bears."""
    start = SETTLEMENTS.start(paging)
    rows = await _read(
        request, admin.region, campaign_id, start[0] if start else None, paging.limit + 1
    )
    return SETTLEMENTS.page(
        rows, paging, lambda row: (row.seq,), lambda row: _answer(admin.region, row)
    )


@router.get(
    "/admin/campaigns/{campaign_id}/funder-settlements.csv",
    operation_id="downloadFunderSettlements",
    summary="A campaign's settlements as CSV",
    response_class=Response,
    responses=shown("text/csv", _EXAMPLE),
)
async def download_funder_settlements(
    request: Request, admin: Reader, campaign_id: Uuid
) -> Response:
    """A line for each funder of each settlement, newest first, at most 1,000 settlements; UTF-8
    with a byte order mark, so that a spreadsheet opens it as it is.
    """
    rows = await _read(request, admin.region, campaign_id, None, MOST_IN_CSV)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(_CSV_HEAD)
    for row in rows:
        lines.writerows(_csv_lines(_answer(admin.region, row)))
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="funder-settlements-{campaign_id}.csv"'
        },
    )


async def _read(
    request: Request, region: Region, campaign_id: UUID, before_seq: int | None, limit: int
) -> list[Entry]:
    async with state_of(request).database.snapshot(region.region_id) as session:
        if await find_campaign(session, region.region_id, campaign_id) is None:
            raise Problem(CAMPAIGN_UNKNOWN)
        return await list_settlements(session, region.region_id, campaign_id, before_seq, limit)


def _csv_lines(settled: FunderSettlement) -> list[list[str | int | None]]:
    return [
        [
            settled.seq,
            settled.settled_at.strftime("%Y-%m-%d %H:%M:%S"),
            inert(part.funder),
            part.share_bp,
            part.put_in_yen,
            part.returned_yen,
            part.spent_yen,
            part.since_yen,
            part.left_yen,
            part.owed_yen,
            str(settled.settlement_id),
        ]
        for part in settled.borne_by
    ]


def _answer(region: Region, entry: Entry) -> FunderSettlement:
    assert entry.holder_id is not None, "a settlement has a campaign"
    return FunderSettlement(
        settlement_id=entry.entry_id,
        campaign_id=entry.holder_id,
        spent_yen=entry.amount,
        since_yen=entry.facts["since_yen"],
        borne_by=[_part(part) for part in entry.facts["borne_by"]],
        reason=entry.facts["reason"],
        settled_at=in_zone(entry.at, region),
        seq=entry.seq,
    )


def _part(part: dict[str, Any]) -> FunderShareAnswer:
    left_yen = part["put_in_yen"] - part["returned_yen"] - part["spent_yen"]
    return FunderShareAnswer(
        funder=part["funder"],
        share_bp=part.get("share_bp"),
        put_in_yen=part["put_in_yen"],
        returned_yen=part["returned_yen"],
        spent_yen=part["spent_yen"],
        since_yen=part["since_yen"],
        left_yen=max(0, left_yen),
        owed_yen=max(0, -left_yen),
    )
