"""All that is known about me, as one JSON document, which is made while it is sent."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final, get_args
from uuid import UUID

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from access.acts import enter_act
from api.answers import in_zone
from api.attachments import shown
from api.closed_route import v1_router
from api.confirmation import Confirmation, confirmed
from api.fields import Body, Uuid
from api.identity import ResidentIdentity
from api.me import look, me_answer, own_profile
from api.me_devices import MeWriter
from api.my_standing import own_standing
from api.state import State, state_of
from api.usable_where import shops_of_wallets
from api.wallets import HistoryKind, history_item, wallet_answer
from campaigns.offers import declines_of
from ledger.statement import NO_CHANGE, Filters, changes_of, list_entries
from notifications.known import SECTIONS as OF_NOTICES
from notifications.known import known_notices
from residents.known import SECTIONS, known_rows
from residents.looks import looks_at
from residents.reads import wallets_of

PIECE: Final = 100
"""Rows that are read at once: so much of an export is in memory, however long it is."""

router = v1_router("residents: me")

_EXAMPLE: Final[dict[str, Any]] = {
    "me": {},
    "standing": {},
    "devices": [],
    "declined_offers": [],
    "looks": [],
    "wallets": [{"wallet": {}, "entries": []}],
}


class ExportBody(Body):
    """What confirms that it is me who wants all of it."""

    change_id: Uuid = Field(description="A UUIDv7 made for this export.")
    confirmation: Confirmation = Field(
        description="By the PIN, or by a device's signature over `meguri export`, `region`,"
        " `person_id` and `change_id`, a line each."
    )


@router.post(
    "/me/exports",
    operation_id="exportMe",
    summary="Download all that is known about me",
    response_class=StreamingResponse,
    responses=shown("application/json", _EXAMPLE),
)
async def export_me(request: Request, me: MeWriter, body: ExportBody) -> StreamingResponse:
    """Me, how I stand with my limits, devices, sessions, consents, verifications, acts, declined
    offers, looks, what I was told and how, and wallets with all entries.

    A token alone is not enough for it.
    """
    state = state_of(request)
    first = {"me": me_answer(me.region, await own_profile(state, me)).model_dump(mode="json")}
    first["standing"] = (await own_standing(state, me)).model_dump(mode="json")
    await confirmed(state, me, body.confirmation, "export", body.change_id)
    async with state.database.transaction(me.region.region_id) as db:
        await enter_act(
            db, me.region.region_id, actor=me.actor, act="person.exported", person_id=me.person_id
        )
    return StreamingResponse(
        _document(state, me, first),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="meguri-export.json"'},
    )


async def _document(
    state: State, me: ResidentIdentity, first: dict[str, Any]
) -> AsyncIterator[bytes]:
    """Each piece is read in a session of its own, so a slow download holds no connection."""
    yield orjson.dumps(first)[:-1]
    for section in (*SECTIONS, *OF_NOTICES):
        yield b',"%b":[' % section.encode()
        async for part in _listed(_rows(state, me, section)):
            yield part
        yield b"]"
    yield b',"declined_offers":['
    async for part in _listed(_declines(state, me)):
        yield part
    yield b'],"looks":['
    async for part in _listed(_looks(state, me)):
        yield part
    yield b'],"wallets":['
    is_first = True
    async for wallet_id, wallet in _wallets(state, me):
        head = b"" if is_first else b","
        yield head + b'{"wallet":' + orjson.dumps(wallet) + b',"entries":['
        is_first = False
        async for part in _listed(_entries(state, me, wallet_id)):
            yield part
        yield b"]}"
    yield b"]}"


async def _listed(rows: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    is_first = True
    async for row in rows:
        yield (b"" if is_first else b",") + orjson.dumps(row, default=str)
        is_first = False


async def _rows(state: State, me: ResidentIdentity, section: str) -> AsyncIterator[Any]:
    region_id, after = me.region.region_id, None
    while True:
        async with state.database.snapshot(region_id) as db:
            known = known_notices if section in OF_NOTICES else known_rows
            rows = await known(db, region_id, me.person_id, section, after, PIECE)
        for row in rows:
            yield {name: _told(value, me) for name, value in row.items()}
        if len(rows) < PIECE:
            return
        after = next(iter(rows[-1].values()))


def _told(value: Any, me: ResidentIdentity) -> Any:
    return in_zone(value, me.region) if isinstance(value, datetime) else value


async def _looks(state: State, me: ResidentIdentity) -> AsyncIterator[Any]:
    region_id: int = me.region.region_id
    before: UUID | None = None
    while True:
        async with state.database.snapshot(region_id) as db:
            rows = await looks_at(db, region_id, me.person_id, before, PIECE)
        for row in rows:
            yield look(me.region, row).model_dump(mode="json")
        if len(rows) < PIECE:
            return
        before = rows[-1].look_id


async def _declines(state: State, me: ResidentIdentity) -> AsyncIterator[Any]:
    region_id: int = me.region.region_id
    after: UUID | None = None
    while True:
        async with state.database.snapshot(region_id) as db:
            rows = await declines_of(db, region_id, me.person_id, after, PIECE)
        for row in rows:
            yield {name: _told(value, me) for name, value in row.items()}
        if len(rows) < PIECE:
            return
        after = rows[-1]["offer_id"]


async def _wallets(state: State, me: ResidentIdentity) -> AsyncIterator[tuple[UUID, Any]]:
    region_id: int = me.region.region_id
    after: UUID | None = None
    while True:
        async with state.database.snapshot(region_id) as db:
            rows = await wallets_of(db, region_id, me.person_id, after, 50)
        shops = await shops_of_wallets(state, region_id, rows)
        for row in rows:
            yield row.wallet_id, wallet_answer(row, shops).model_dump(mode="json")
        if len(rows) < 50:
            return
        after = rows[-1].wallet_id


async def _entries(state: State, me: ResidentIdentity, wallet_id: UUID) -> AsyncIterator[Any]:
    region, beyond = me.region, 0
    wanted = Filters(holder_id=wallet_id, kinds=get_args(HistoryKind))
    while True:
        async with state.database.snapshot(region.region_id) as db:
            rows = await list_entries(
                db, region.region_id, wanted, beyond, PIECE, is_oldest_first=True
            )
            changes = await changes_of(db, region.region_id, wallet_id, rows)
        for row in rows:
            change = changes.get(row.entry_id, NO_CHANGE)
            yield history_item(region, row, change).model_dump(mode="json")
        if len(rows) < PIECE:
            return
        beyond = rows[-1].seq
