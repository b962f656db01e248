"""Statements of the region's own bank accounts: imported by a profile, kept as they came."""

import asyncio
import base64
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from starlette.requests import Request

from api.admin_settlements import Finance, Reader
from api.answers import Answer, in_zone
from api.attachments import BYTES, attachment, binary
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Uuid, new_id
from api.pages import Listing, Page, Paged
from api.state import state_of
from api.uploads import Base64, UploadRoute
from core.errors import Problem
from ledger.regions import Region
from merchants.application import Text40
from merchants.import_statement import (
    STATEMENT_UNKNOWN,
    BankStatement,
    Wished,
    find_statement,
    import_statement,
    list_statements,
    read_statement,
    statement_content,
)
from merchants.own_profile import profile_called
from merchants.read_statement import MOST_BYTES, MOST_ROWS

router = v1_router("administrators: bank")
bringing = v1_router("administrators: bank", UploadRoute)

STATEMENTS: Final = Listing("bank-statements", (UUID,))
_ONE: Final = "/admin/bank-statements/{statement_id}"
_EXAMPLE: Final = (
    "date,amount,balance,text,reference,currency\n"
    "2026-01-05,-2951,97049,総合振込,000123,JPY\n"
    "2026-01-06,984,98033,組戻 ミホンシヨクドウ,000124,JPY\n"
)


class StatementBody(Body):
    """A file as the bank gave it, and how that bank writes."""

    own_account_id: Uuid
    profile: Text40 = Field(examples=["generic"])
    """The newest version of a profile by this name."""
    content: Base64 = Field(
        examples=[base64.b64encode(_EXAMPLE.encode()).decode()],
        description=f"In base64; at most {MOST_BYTES} bytes and {MOST_ROWS} rows of content.",
    )


class StatementAnswer(Answer):
    """An imported file, without its bytes. Amounts in yen."""

    statement_id: UUID
    own_account_id: UUID
    profile: str = Field(examples=["generic"])
    profile_version: int = Field(examples=[1])
    sha256: str = Field(examples=["9f86d081884c7d65" * 4])
    first_day: date
    last_day: date
    lines: int = Field(examples=[42])
    known_lines: int = Field(examples=[3])
    """Of these, how many an earlier file had already: each is counted once."""
    opening_yen: int | None = Field(examples=[100_000])
    """What the account held before the first line; null where the bank does not say. The lines
    lead from it to `closing_yen`, or the file is refused."""
    closing_yen: int | None = Field(examples=[98_033])
    imported_by: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000001"])
    imported_at: datetime


@bringing.put(
    _ONE,
    operation_id="importBankStatement",
    summary="Import a statement of a bank account",
    status_code=201,
)
async def put_statement(
    request: Request,
    admin: Finance,
    statement_id: Annotated[UUID, new_id("statement_id")],
    body: StatementBody,
) -> StatementAnswer:
    """All of it, or nothing: what is wrong is told with its row. Files may overlap: a line that
    came before is not counted again. Let each file have whole days, unless the bank writes balances
    or numbers of its own.
    """
    state, region = state_of(request), admin.region
    content = base64.b64decode(body.content)
    async with state.database.snapshot(region.region_id) as db:
        profile = await profile_called(db, region.region_id, body.profile)
    today = region.day_of(state.clock.now())
    said = await asyncio.to_thread(read_statement, profile, content, today)
    wished = Wished(statement_id, body.own_account_id, profile, content)
    async with state.database.transaction(region.region_id) as db:
        kept = await import_statement(db, region.region_id, wished, said, doer_of(admin))
    return _answer(region, kept)


@router.get(
    "/admin/bank-statements",
    operation_id="listBankStatements",
    summary="Imported statements, the newest first",
)
async def list_all(
    request: Request,
    admin: Reader,
    paging: Paged,
    own_account_id: Annotated[Uuid | None, Query(description="Only those of this account.")] = None,
) -> Page[StatementAnswer]:
    """Of all of the region's bank accounts."""
    region, start = admin.region, STATEMENTS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_statements(
            db, region.region_id, own_account_id, start[0] if start else None, paging.limit + 1
        )
    return STATEMENTS.page(
        rows, paging, lambda row: (row.statement_id,), lambda row: _answer(region, row)
    )


@router.get(_ONE, operation_id="getBankStatement", summary="One imported statement")
async def get_statement(request: Request, admin: Reader, statement_id: Uuid) -> StatementAnswer:
    """As it was imported."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        found = await find_statement(db, admin.region.region_id, statement_id)
    if found is None:
        raise Problem(STATEMENT_UNKNOWN)
    return _answer(admin.region, found)


@router.get(
    _ONE + "/content",
    operation_id="downloadBankStatement",
    summary="The bytes of an imported statement",
    response_class=Response,
    responses=binary(BYTES, _EXAMPLE),
)
async def download(request: Request, admin: Reader, statement_id: Uuid) -> Response:
    """As they came: `sha256` is of these."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        content = await statement_content(db, admin.region.region_id, statement_id)
    if content is None:
        raise Problem(STATEMENT_UNKNOWN)
    return attachment(content, BYTES, f"{statement_id}.txt")


def _answer(region: Region, kept: BankStatement) -> StatementAnswer:
    return StatementAnswer(
        statement_id=kept.statement_id,
        own_account_id=kept.account_id,
        profile=kept.profile,
        profile_version=kept.profile_version,
        sha256=kept.sha256.hex(),
        first_day=kept.first_day,
        last_day=kept.last_day,
        lines=kept.lines,
        known_lines=kept.known_lines,
        opening_yen=kept.opening_yen,
        closing_yen=kept.closing_yen,
        imported_by=kept.imported_by,
        imported_at=in_zone(kept.imported_at, region),
    )
