"""A table as a file for a spreadsheet, CSV or XLSX, a page of rows at a time: little memory."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from api.attachments import shown
from core.errors import Problem, problem
from core.spreadsheet import inert

EXPORT_BUSY: Final = problem(
    "export-busy", 503, "Other spreadsheets are being made; nothing was done."
)
Cell = str | int | datetime | None
Rows = Sequence[Sequence[Cell]]
Form = Literal["csv", "xlsx"]

PIECE: Final = 1 << 16
PATIENCE_S: Final = 10.0
"""How long a request waits until it may make a spreadsheet."""
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_TWO_AT_A_TIME: Final = asyncio.Semaphore(2)
"""Rows of XLSX take a processor for longer than those of CSV: payments come first."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file is called, what its columns are, and its rows, page by page, as they are read."""

    name: str
    """Of the file without its ending: ASCII."""
    title: str
    """Of the one sheet in it."""
    head: Sequence[str]
    pages: AsyncIterator[Rows]


def described(form: Form, example: str) -> dict[int | str, dict[str, Any]]:
    """What the API's description says of such a file."""
    if form == "csv":
        return shown("text/csv", example)
    schema = {"type": "string", "format": "binary"}
    content = {XLSX_TYPE: {"schema": schema, "example": "PK…"}}
    return {200: {"description": "The spreadsheet.", "content": content}}


async def answer_sheet(
    sheet: Sheet, form: Form, *, within: Path | None = None, patience_s: float = PATIENCE_S
) -> StreamingResponse:
    """The file. What goes wrong before its first page, or in all of an XLSX, is still answered as
    such. An XLSX is built in a folder of its own, `within` the system's for temporary files. Raises
    export-busy where others are being made for longer than `patience_s`.
    """
    disposition = {"content-disposition": f'attachment; filename="{sheet.name}.{form}"'}
    if form == "csv":
        first = await _first(sheet.pages)
        return StreamingResponse(
            _csv(sheet, first), media_type="text/csv; charset=utf-8", headers=disposition
        )
    with ExitStack() as held:
        folder = held.enter_context(TemporaryDirectory(prefix="meguri-sheet-", dir=within))
        async with turn(patience_s):
            path = await _build(sheet, Path(folder))
        return _OfFolder(path, held.pop_all(), media_type=XLSX_TYPE, headers=disposition)


async def one_page(rows: Rows) -> AsyncIterator[Rows]:
    """Rows that are all there already, as the pages of a sheet."""
    yield rows


async def _first(pages: AsyncIterator[Rows]) -> Rows:
    async for rows in pages:
        return rows
    return ()


async def _csv(sheet: Sheet, first: Rows) -> AsyncIterator[str]:
    """UTF-8 with a byte order mark: a spreadsheet opens it as it is."""
    yield "\ufeff" + _lines([sheet.head])
    yield _lines(first)
    async for rows in sheet.pages:
        yield _lines(rows)


def _lines(rows: Rows) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([map(_written, row) for row in rows])
    return text.getvalue()


def _written(cell: Cell) -> str | int | None:
    if isinstance(cell, datetime):
        return cell.strftime(_TIME)
    return inert(cell) if isinstance(cell, str) else cell


@asynccontextmanager
async def turn(patience_s: float) -> AsyncIterator[None]:
    """One of two places in which spreadsheets are made. Raises export-busy."""
    try:
        async with asyncio.timeout(patience_s):
            await _TWO_AT_A_TIME.acquire()
    except TimeoutError as error:
        raise Problem(EXPORT_BUSY, retry_after=30) from error
    try:
        yield
    finally:
        _TWO_AT_A_TIME.release()


async def _build(sheet: Sheet, folder: Path) -> Path:
    """Rows go to the disk as they come; nothing of them is kept."""
    path = folder / "sheet.xlsx"
    options = {"constant_memory": True, "tmpdir": str(folder), "strings_to_urls": False}
    book = Workbook(str(path), options)
    try:
        page = book.add_worksheet(sheet.title)
        bold = book.add_format({"bold": True})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        page.freeze_panes(1, 0)
        page.set_column(0, len(sheet.head) - 1, 18)
        for column, title in enumerate(sheet.head):
            page.write_string(0, column, title, bold)
        line = 1
        async for rows in sheet.pages:
            await asyncio.to_thread(_write, page, line, rows, time)
            line += len(rows)
    finally:
        await asyncio.to_thread(book.close)
    return path


def _write(page: Worksheet, line: int, rows: Rows, time: Format) -> None:
    """Text is written as text: nothing in it is a formula or an address."""
    for offset, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write_datetime(line + offset, column, _local(cell), time)
            elif isinstance(cell, int):
                page.write_number(line + offset, column, cell)
            elif cell:
                page.write_string(line + offset, column, cell)


def _local(at: datetime) -> datetime:
    """A spreadsheet knows no zones."""
    return at.replace(tzinfo=None, microsecond=0)


class _OfFolder(StreamingResponse):
    """Sends a file, and then its folder is gone, also when nobody reads it to its end."""

    def __init__(self, path: Path, folder: ExitStack, **options: Any) -> None:
        super().__init__(_read(path), **options)
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._folder.close()


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
