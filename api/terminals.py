"""Terminals of a store: the tills and tables that a code of their own names."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api import fields
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.doers import doer_of
from api.envelope import add_header
from api.fields import Body, Uuid, new_id
from api.identity import MerchantIdentity
from api.merchants import Staff, check_store
from api.offices import Chief
from api.pages import Listing, Page, Paged
from api.state import state_of
from api.store_codes import Label
from merchants.terminals import (
    Terminal,
    add_terminal,
    change_terminal,
    find_terminal,
    list_terminals,
)

TERMINALS: Final = Listing("terminals", (str,))

Name = Annotated[fields.Label, Field(max_length=40)]
State = Literal["open", "closed"]

router = v1_router("merchants")


class TerminalBody(Body):
    """A till or table. Its label stands in its code and in each sale, and never changes."""

    label: Label = Field(examples=["TILL-1"])
    name: Name = Field(examples=["レジ1"], description="For people.")


class TerminalChangeBody(Body):
    """How it is from now on; what is left out stays."""

    name: Name | None = Field(default=None, examples=["入口のレジ"])
    state: State | None = Field(default=None, examples=["closed"])


class TerminalAnswer(Answer):
    """A till or table of a store."""

    terminal_id: UUID
    store_id: UUID
    label: str = Field(examples=["TILL-1"])
    """What its code says, and each sale by it (62-07)."""
    name: str = Field(examples=["レジ1"])
    state: State
    """A closed one gets no new code and no bill. A code that hangs there still pays the store."""
    made_at: datetime


@router.put(
    "/stores/{store_id}/terminals/{terminal_id}",
    operation_id="makeTerminal",
    summary="Add a terminal to my store",
    status_code=201,
)
async def make(
    request: Request,
    staff: Chief,
    store_id: Uuid,
    terminal_id: Annotated[UUID, new_id("terminal_id")],
    body: TerminalBody,
) -> TerminalAnswer:
    """By an owner or a manager. Up to 200 in a store, each with a label of its own."""
    region_id = staff.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        await check_store(db, staff, store_id)
        wanted = (terminal_id, store_id, body.label, body.name)
        made, is_new = await add_terminal(db, region_id, wanted, doer_of(staff))
    if not is_new:
        add_header(request, "Idempotent-Replay", "true")
    return _answer(staff, made)


@router.get(
    "/stores/{store_id}/terminals", operation_id="listTerminals", summary="Terminals of my store"
)
async def list_all(
    request: Request,
    staff: Staff,
    store_id: Uuid,
    paging: Paged,
    state: Annotated[State | None, Query(description="Only those in it.")] = None,
) -> Page[TerminalAnswer]:
    """By their labels; for everybody who works there."""
    region_id = staff.region.region_id
    start = TERMINALS.start(paging)
    async with state_of(request).database.snapshot(region_id) as db:
        await check_store(db, staff, store_id)
        after = start[0] if start else ""
        rows = await list_terminals(db, region_id, store_id, state, after, paging.limit + 1)
    return TERMINALS.page(rows, paging, lambda row: (row.label,), lambda row: _answer(staff, row))


@router.get(
    "/stores/{store_id}/terminals/{terminal_id}",
    operation_id="getTerminal",
    summary="One terminal of my store",
)
async def get(request: Request, staff: Staff, store_id: Uuid, terminal_id: Uuid) -> TerminalAnswer:
    """As it stands."""
    region_id = staff.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        await check_store(db, staff, store_id)
        return _answer(staff, await find_terminal(db, region_id, store_id, terminal_id))


@router.patch(
    "/stores/{store_id}/terminals/{terminal_id}",
    operation_id="changeTerminal",
    summary="Rename, close or reopen a terminal",
)
async def change(
    request: Request, staff: Chief, store_id: Uuid, terminal_id: Uuid, body: TerminalChangeBody
) -> TerminalAnswer:
    """By an owner or a manager. Figures of past days have the new name too. Twice is once."""
    region_id = staff.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        await check_store(db, staff, store_id)
        found = await find_terminal(db, region_id, store_id, terminal_id)
        name, state = body.name or found.name, body.state or found.state
        changed = await change_terminal(db, region_id, found, name, state, doer_of(staff))
    return _answer(staff, changed)


def _answer(staff: MerchantIdentity, found: Terminal) -> TerminalAnswer:
    return TerminalAnswer(
        terminal_id=found.terminal_id,
        store_id=found.store_id,
        label=found.label,
        name=found.name,
        state=found.state,
        made_at=in_zone(found.made_at, staff.region),
    )
