"""How far a benefit was used, and the lines that nobody used, for a letter or a card."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.requests import Request

from access.acts import enter_act
from access.vault import Vault
from api.admin_benefits import known_benefit
from api.answers import Answer
from api.attachments import shown
from api.benefit_lists import Desk
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid
from api.identity import AdminIdentity, administrator
from api.state import State, state_of
from campaigns.benefit import state_wrong
from campaigns.benefit_lists import person_mac, phone_mac
from campaigns.benefit_reads import Benefit, Unclaimed, figures_of, lines_about, unclaimed_lines
from core.spreadsheet import inert
from ledger.regions import Region
from residents.my_number import refuse_my_number
from residents.profile import numbers_after

PIECE: Final = 1_000
"""Lines or people that are read at once: so much is in memory, however long a list is."""

_HEAD: Final = ("行", "参照番号", "区分", "ポイント")
_EXAMPLE: Final = "\ufeff行,参照番号,区分,ポイント\r\n17,A-000123,,10000\r\n"

router = v1_router("administrators: benefits")

Looker = Annotated[AdminIdentity, administrator("desk", "approver", "finance", "auditor")]


class FiguresAnswer(Answer):
    """How far a benefit was used: lines of its list, and yen."""

    benefit_id: UUID
    offered: int = Field(examples=[12_500])
    """All lines."""
    matched: int | None = Field(examples=[9_800])
    """Lines about somebody who has an account at this moment; null once it is closed, when nobody
    is found by them any more."""
    used: int = Field(examples=[8_900])
    declined: int = Field(examples=[120])
    """And not used since."""
    unclaimed: int = Field(examples=[3_480])
    """Neither used nor declined."""
    used_yen: int = Field(examples=[89_000_000])
    budget_left_yen: int = Field(examples=[36_000_000])
    returned_yen: int = Field(examples=[0])


class UnclaimedBody(Body):
    """What the lines are wanted for."""

    reason: Reason = Field(examples=["letters to those who have no phone"])


@router.get(
    "/admin/benefits/{benefit_id}/figures",
    operation_id="getBenefitFigures",
    summary="How far a benefit was used",
)
async def get_benefit_figures(request: Request, admin: Looker, benefit_id: Uuid) -> FiguresAnswer:
    """Exact, so not for the roles that see no person: of a list of few they would tell who."""
    state, region_id = state_of(request), admin.region.region_id
    benefit = await known_benefit(state, admin, benefit_id)
    async with state.database.snapshot(region_id) as db:
        figures = await figures_of(db, region_id, benefit)
    returned_yen = benefit.returned_yen
    assert returned_yen is not None, "these roles see it"
    matched = await _matched(state, admin.region, benefit)
    return FiguresAnswer(
        benefit_id=benefit_id,
        offered=figures.lines,
        matched=matched,
        used=figures.used,
        declined=figures.declined,
        unclaimed=figures.lines - figures.used - figures.declined,
        used_yen=benefit.funded_yen - returned_yen - figures.budget_left_yen,
        budget_left_yen=figures.budget_left_yen,
        returned_yen=returned_yen,
    )


@router.post(
    "/admin/benefits/{benefit_id}/unclaimed-lines",
    operation_id="downloadUnclaimedLines",
    summary="Download the lines that nobody used, as CSV",
    response_class=StreamingResponse,
    responses=shown("text/csv", _EXAMPLE),
)
async def download_unclaimed_lines(
    request: Request, desk: Desk, benefit_id: Uuid, body: UnclaimedBody
) -> StreamingResponse:
    """Neither used nor declined so far: by the city's own references, UTF-8 with a byte order mark.

    That it was asked for stands in the log of acts with its reason, before anything is shown.
    """
    refuse_my_number(body.reason)
    state, region_id = state_of(request), desk.region.region_id
    benefit = await known_benefit(state, desk, benefit_id)
    if benefit.list_id is None or benefit.state not in {"offered", "stopped", "closed"}:
        raise state_wrong(benefit.state)
    async with state.database.transaction(region_id) as db:
        await enter_act(
            db, region_id, actor=desk.actor, role=desk.role, act="benefit.unclaimed_listed",
            object_id=benefit_id, reason=body.reason,
        )  # fmt: skip
    first = await _read(state, region_id, benefit, 0)
    return StreamingResponse(
        _csv(state, region_id, benefit, first),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="unclaimed-{benefit_id}.csv"'},
    )


async def _csv(
    state: State, region_id: int, benefit: Benefit, first: list[Unclaimed]
) -> AsyncIterator[str]:
    """Each piece is read in a session of its own, so a slow download holds no connection."""
    yield "\ufeff" + ",".join(_HEAD) + "\r\n"
    rows, terms = first, benefit.terms
    while rows:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(
            (each.line, each.reference, inert(each.group or ""), terms.points_of(each.group))
            for each in rows
        )
        yield text.getvalue()
        if len(rows) < PIECE:
            return
        rows = await _read(state, region_id, benefit, rows[-1].line)


async def _read(state: State, region_id: int, benefit: Benefit, after: int) -> list[Unclaimed]:
    async with state.database.snapshot(region_id) as db:
        return await unclaimed_lines(db, region_id, benefit, after, PIECE)


async def _matched(state: State, region: Region, benefit: Benefit) -> int | None:
    """Whoever has an account is hashed anew, for this list: no hash of them is kept anywhere."""
    if benefit.list_id is None or benefit.state == "closed":
        return None
    found: set[UUID] = set()
    after: UUID | None = None
    while True:
        async with state.database.snapshot(region.region_id) as db:
            people = await numbers_after(db, region.region_id, after, PIECE)
            macs = await asyncio.to_thread(_macs, state.vault, benefit.list_id, people)
            found |= await lines_about(db, region.region_id, benefit.list_id, macs)
        if len(people) < PIECE:
            return len(found)
        after = people[-1][0]


def _macs(vault: Vault, list_id: UUID, people: list[tuple[UUID, str | None]]) -> list[bytes]:
    by_id = [person_mac(vault, list_id, person_id) for person_id, _ in people]
    return by_id + [phone_mac(vault, list_id, phone) for _, phone in people if phone is not None]
