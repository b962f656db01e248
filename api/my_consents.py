"""My consents: what I agreed to, given and withdrawn at any time."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi.responses import StreamingResponse
from starlette.requests import Request

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Body, Flag
from api.me_devices import MeReader, MeWriter
from api.pages import Listing, Page, Paged
from api.sheets import Sheet, answer_sheet, described
from api.state import state_of
from api.words_in_sheets import PURPOSES as IN_WORDS
from ledger.regions import Region
from residents.consent import (
    PURPOSES,
    ConsentChange,
    Purpose,
    consent_changes,
    set_consent,
    standing_consents,
)

CONSENTS: Final = Listing("my-consents", (str,))
CHANGES: Final = Listing("my-consent-changes", (UUID,))
HEAD: Final = ("日時", "目的", "内容")
_PIECE: Final = 200
_EXAMPLE: Final = (
    "\ufeff" + ",".join(HEAD) + "\r\n2026-11-28T10:00:00+09:00,市からのお知らせ,同意\r\n"
)

router = v1_router("residents: me")


class ConsentBody(Body):
    """Given or withdrawn."""

    is_given: Flag


class ConsentAnswer(Answer):
    """What I agree to, or not; nothing is agreed to until I say so."""

    purpose: Purpose
    is_given: bool
    since: datetime | None
    """When I last said so; null where I never did."""


class ConsentChangeAnswer(Answer):
    """A consent that was given or withdrawn."""

    consent_id: UUID
    purpose: Purpose
    is_given: bool
    at: datetime


@router.get("/me/consents", operation_id="listConsents", summary="What I agree to")
async def list_consents(request: Request, me: MeReader, paging: Paged) -> Page[ConsentAnswer]:
    """Each purpose that there is. None of them is needed to pay."""
    region = me.region
    start = CONSENTS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        standing = await standing_consents(db, region.region_id, me.person_id)
    names = [name for name in sorted(PURPOSES) if start is None or name > start[0]]
    rows = [(name, standing.get(name)) for name in names[: paging.limit + 1]]
    return CONSENTS.page(rows, paging, lambda row: (row[0],), lambda row: _answer(region, *row))


@router.put(
    "/me/consents/{purpose}",
    operation_id="setConsent",
    summary="Agree, or agree no longer",
    status_code=201,
)
async def put_consent(
    request: Request, me: MeWriter, purpose: Purpose, body: ConsentBody
) -> ConsentAnswer:
    """It holds from now on. Said twice, it is one line of the history."""
    region_id = me.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        change = await set_consent(db, region_id, me.person_id, purpose, is_given=body.is_given)
    return _answer(me.region, purpose, change)


@router.get(
    "/me/consent-changes", operation_id="listConsentChanges", summary="My consents over time"
)
async def list_changes(request: Request, me: MeReader, paging: Paged) -> Page[ConsentChangeAnswer]:
    """Each giving and each withdrawal, newest first."""
    region = me.region
    start = CHANGES.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await consent_changes(
            db, region.region_id, me.person_id, start[0] if start else None, paging.limit + 1
        )
    return CHANGES.page(
        rows, paging, lambda row: (row.consent_id,), lambda row: consent_change(region, row)
    )


@router.get(
    "/me/consent-changes.csv",
    operation_id="downloadConsentChanges",
    summary="My consents over time, as a table for spreadsheets",
    response_class=StreamingResponse,
    responses=described("csv", _EXAMPLE),
)
async def download_changes(request: Request, me: MeReader) -> StreamingResponse:
    """Each giving and each withdrawal, newest first. UTF-8 with a byte order mark."""
    region, state = me.region, state_of(request)

    async def pages() -> AsyncIterator[list[tuple[str, str, str]]]:
        before: UUID | None = None
        while True:
            async with state.database.snapshot(region.region_id) as db:
                found = await consent_changes(db, region.region_id, me.person_id, before, _PIECE)
            yield [
                (
                    in_zone(each.at, region).isoformat(timespec="seconds"),
                    IN_WORDS[each.purpose],
                    "同意" if each.is_given else "撤回",
                )
                for each in found
            ]
            if len(found) < _PIECE:
                return
            before = found[-1].consent_id

    return await answer_sheet(Sheet("consents", "同意", HEAD, pages()), "csv")


def consent_change(region: Region, change: ConsentChange) -> ConsentChangeAnswer:
    """A change as its person is told it."""
    return ConsentChangeAnswer(
        consent_id=change.consent_id,
        purpose=change.purpose,
        is_given=change.is_given,
        at=in_zone(change.at, region),
    )


def _answer(region: Region, purpose: Purpose, change: ConsentChange | None) -> ConsentAnswer:
    return ConsentAnswer(
        purpose=purpose,
        is_given=change is not None and change.is_given,
        since=None if change is None else in_zone(change.at, region),
    )
