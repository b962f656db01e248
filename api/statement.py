"""A wallet's statement as CSV, for a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import StreamingResponse
from starlette.requests import Request

from api.answers import in_zone
from api.attachments import shown
from api.closed_route import v1_router
from api.days import Day
from api.fields import Uuid
from api.identity import Resident
from api.lots import tied_points_granted
from api.state import State, state_of
from api.wallets import own_wallet
from core.errors import Problem, problem
from core.spreadsheet import inert
from ledger.books import Entry
from ledger.regions import Region
from ledger.statement import NO_CHANGE, Change, Filters, changes_of, list_entries

STATEMENT_TOO_LONG = problem(
    "statement-too-long", 422, "A statement covers from one to 400 days, the first one first."
)
MOST_STATEMENT_DAYS = 400
STATEMENT_PAGE = 500

router = v1_router("residents: wallets")

_Row = tuple[Entry, Change]
_CSV_HEAD: Final = (
    "日時",
    "種別",
    "店舗",
    "金額",
    "コイン増減",
    "ポイント増減",
    "付与予定ポイント増減",
    "取引ID",
    "うち利用店舗限定ポイント付与",
)
_IN_JAPANESE: Final = {
    "top_up": "チャージ",
    "top_up.reversed": "チャージ取消",
    "payment": "支払い",
    "refund": "返金",
    "void": "取消",
    "expiry": "失効",
    "benefit.used": "給付",
    "suspense.placed": "チャージ（保留分）",
    "vesting": "ポイント付与",
    "hold.rejected": "ポイント付与取消",
    "wallet.opened": "ウォレット開設",
    "wallet.changed": "ウォレット状態変更",
}
_OF_SHOPS: Final = {
    "conversion": "コインへの転換",
    "conversion.returned": "転換の戻し",
    "shop_wallet.opened": "ウォレット開設",
}
"""Kinds that stand in the wallet of a shop alone."""
_WORDS: Final = _IN_JAPANESE | _OF_SHOPS
_EXAMPLE: Final = (
    "\ufeff日時,種別,店舗,金額,コイン増減,ポイント増減,付与予定ポイント増減,取引ID,うち利用店舗限定ポイント付与\r\n"
    "2026-11-22 12:34:56,支払い,見本食堂,1200,-1200,360,0,"
    "0192f0c1-2222-7000-8000-000000000001,0\r\n"
)
STATEMENT_RESPONSES: Final = shown("text/csv", _EXAMPLE)
"""How a route that answers with a statement is described."""


@router.get(
    "/wallets/{wallet_id}/statement.csv",
    operation_id="downloadStatement",
    summary="A wallet's statement as CSV",
    response_class=StreamingResponse,
    responses=STATEMENT_RESPONSES,
)
async def download_statement(
    request: Request,
    resident: Resident,
    wallet_id: Uuid,
    from_day: Annotated[Day, Query(alias="from", description="First business date.")],
    to_day: Annotated[Day, Query(alias="to", description="Last business date.")],
) -> StreamingResponse:
    """Oldest first, UTF-8 with a byte order mark, so that a spreadsheet opens it as it is.

    At most 400 days at once (422 statement-too-long).
    """
    state = state_of(request)
    check_days(from_day, to_day)
    await own_wallet(state, resident, wallet_id)
    return await statement_of(state, resident.region, wallet_id, from_day, to_day)


def check_days(from_day: date, to_day: date) -> None:
    """Raises statement-too-long, also where the days stand in the wrong order."""
    if not 0 <= (to_day - from_day).days <= MOST_STATEMENT_DAYS:
        raise Problem(STATEMENT_TOO_LONG, most_days=MOST_STATEMENT_DAYS)


async def statement_of(
    state: State, region: Region, wallet_id: UUID, from_day: date, to_day: date
) -> StreamingResponse:
    """The statement of a wallet, a resident's or a shop's, that the caller may see."""
    wanted = Filters(holder_id=wallet_id, kinds=tuple(_WORDS), from_day=from_day, to_day=to_day)
    # Before the answer begins, so that a database that is away is answered as such.
    first = await _read_page(state, region, wanted, after_seq=0)
    name = f"statement-{from_day}-{to_day}.csv"
    return StreamingResponse(
        _csv(state, region, wanted, first),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def _csv(
    state: State, region: Region, wanted: Filters, first: list[_Row]
) -> AsyncIterator[str]:
    """Each page is read in a session of its own, so a slow download holds no connection."""
    yield "\ufeff" + ",".join(_CSV_HEAD) + "\r\n"
    rows = first
    while rows:
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerows(_csv_line(region, entry, change) for entry, change in rows)
        yield text.getvalue()
        if len(rows) < STATEMENT_PAGE:
            return
        rows = await _read_page(state, region, wanted, after_seq=rows[-1][0].seq)


async def _read_page(state: State, region: Region, wanted: Filters, after_seq: int) -> list[_Row]:
    assert wanted.holder_id is not None, "a statement has a wallet"
    async with state.database.snapshot(region.region_id) as session:
        entries = await list_entries(
            session, region.region_id, wanted, after_seq, STATEMENT_PAGE, is_oldest_first=True
        )
        changes = await changes_of(session, region.region_id, wanted.holder_id, entries)
    return [(entry, changes.get(entry.entry_id, NO_CHANGE)) for entry in entries]


def _csv_line(region: Region, entry: Entry, change: Change) -> list[str | int]:
    return [
        in_zone(entry.at, region).strftime("%Y-%m-%d %H:%M:%S"),
        _WORDS[entry.kind],
        inert(entry.facts.get("store_name", "")),
        entry.amount,
        change.coin_yen,
        change.points,
        change.pending_points,
        str(entry.entry_id),
        tied_points_granted(entry.facts),
    ]
