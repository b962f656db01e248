"""Terminals of a store (端末): tills or tables with a code of their own, each known by its label.

A label is what a code says and a sale keeps, so it never changes; its name is for people. A closed
terminal gets no new code. Payments do not ask: a code that hangs there goes on to pay its store.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, Select, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from ledger.command import ID_IN_USE
from merchants.qr import is_label
from merchants.store_tables import terminal

TERMINAL_UNKNOWN: Final = problem("terminal-unknown", 404, "The store has no such terminal.")
TERMINAL_CLOSED: Final = problem(
    "terminal-closed", 409, "The terminal is closed: it gets no new code."
)
TERMINAL_LABEL_TAKEN: Final = problem(
    "terminal-label-taken", 409, "Another terminal of the store has this label."
)
TERMINALS_ENOUGH: Final = problem(
    "terminals-enough", 409, "The store has as many terminals as are allowed."
)

MOST_TERMINALS: Final = 200
"""Of a store, closed ones too: their sales keep their names."""

State = Literal["open", "closed"]

_ROW = terminal.c


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal as it stands."""

    terminal_id: UUID
    store_id: UUID
    label: str
    name: str
    state: State
    made_at: datetime


async def add_terminal(
    db: AsyncSession, region_id: int, made: tuple[UUID, UUID, str, str], doer: Doer
) -> tuple[Terminal, bool]:
    """The terminal with this id, store, label and name, and whether it is new.

    The caller knows the store. Raises id-in-use for another content under the id,
    terminal-label-taken and terminals-enough.
    """
    terminal_id, store_id, label, name = made
    assert is_label(label), "labels are checked where they come in"
    await one_at_a_time(db, region_id, f"terminals {store_id}")
    known = await _found(db, region_id, terminal_id)
    if known is not None:
        if (known.store_id, known.label, known.name) != (store_id, label, name):
            raise Problem(ID_IN_USE)
        return known, False
    of_store = (_ROW.region_id == region_id, _ROW.store_id == store_id)
    if await db.scalar(select(func.count()).where(*of_store, _ROW.label == label)):
        raise Problem(TERMINAL_LABEL_TAKEN)
    if (await db.scalar(select(func.count()).where(*of_store)) or 0) >= MOST_TERMINALS:
        raise Problem(TERMINALS_ENOUGH, most=MOST_TERMINALS)
    row = insert(terminal).values(
        region_id=region_id, terminal_id=terminal_id, store_id=store_id, label=label, name=name,
        made_by=doer.actor, changed_by=doer.actor,
    )  # fmt: skip
    same_id = row.on_conflict_do_nothing(constraint=terminal.primary_key)
    if (await db.scalar(same_id.returning(_ROW.terminal_id))) is None:
        raise Problem(ID_IN_USE)  # another store's, at the same moment
    await _enter(db, region_id, doer, "terminal.made", terminal_id, store_id)
    return await find_terminal(db, region_id, store_id, terminal_id), True


async def find_terminal(
    db: AsyncSession, region_id: int, store_id: UUID, terminal_id: UUID
) -> Terminal:
    """The terminal, if it is this store's. Raises terminal-unknown."""
    found = await _found(db, region_id, terminal_id)
    if found is None or found.store_id != store_id:
        raise Problem(TERMINAL_UNKNOWN)
    return found


async def list_terminals(
    db: AsyncSession, region_id: int, store_id: UUID, state: State | None, after: str, most: int
) -> list[Terminal]:
    """A store's terminals by their labels, of those after `after`; None is any state."""
    query = _terminals(region_id).where(_ROW.store_id == store_id, _ROW.label > after)
    if state is not None:
        query = query.where(_ROW.state == state)
    return [_terminal(row) for row in await db.execute(query.order_by(_ROW.label).limit(most))]


async def check_label(db: AsyncSession, region_id: int, store_id: UUID, label: str) -> None:
    """Whether a new code may name it. Raises terminal-unknown and terminal-closed."""
    query = select(_ROW.state).where(
        _ROW.region_id == region_id, _ROW.store_id == store_id, _ROW.label == label
    )
    state = await db.scalar(query)
    if state is None:
        raise Problem(TERMINAL_UNKNOWN)
    if state == "closed":
        raise Problem(TERMINAL_CLOSED)


async def names_of_terminals(
    db: AsyncSession, region_id: int, wanted: Collection[tuple[UUID, str]]
) -> dict[tuple[UUID, str], str]:
    """What terminals are called now, by store and label; those that are none are left out."""
    query = select(_ROW.store_id, _ROW.label, _ROW.name).where(
        _ROW.region_id == region_id, tuple_(_ROW.store_id, _ROW.label).in_(wanted)
    )
    return {(UUID(int=row.store_id.int), row.label): row.name for row in await db.execute(query)}


async def change_terminal(
    db: AsyncSession, region_id: int, found: Terminal, name: str, state: State, doer: Doer
) -> Terminal:
    """Call it so from now on, in figures of past days too; close it, or open it again.

    Twice is once.
    """
    for done, column, value in (
        ("terminal.renamed", _ROW.name, name),
        ("terminal.closed" if state == "closed" else "terminal.reopened", _ROW.state, state),
    ):
        is_it = (_ROW.region_id == region_id, _ROW.terminal_id == found.terminal_id)
        changed = await db.scalar(
            update(terminal)
            .where(*is_it, column != value)
            .values(
                {
                    column: value,
                    _ROW.changed_by: doer.actor,
                    _ROW.changed_at: func.clock_timestamp(),
                }
            )
            .returning(_ROW.terminal_id)
        )
        if changed is not None:
            await _enter(db, region_id, doer, done, found.terminal_id, found.store_id)
    return await find_terminal(db, region_id, found.store_id, found.terminal_id)


async def _enter(
    db: AsyncSession, region_id: int, doer: Doer, done: str, terminal_id: UUID, store_id: UUID
) -> None:
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=done, object_id=terminal_id,
        store_id=str(store_id),
    )  # fmt: skip


def _terminals(region_id: int) -> Select[Any]:
    return select(*(_ROW[name] for name in Terminal.__slots__)).where(_ROW.region_id == region_id)


async def _found(db: AsyncSession, region_id: int, terminal_id: UUID) -> Terminal | None:
    rows = await db.execute(_terminals(region_id).where(_ROW.terminal_id == terminal_id))
    row = rows.one_or_none()
    return None if row is None else _terminal(row)


def _terminal(row: Row[Any]) -> Terminal:
    return Terminal(
        UUID(int=row.terminal_id.int), UUID(int=row.store_id.int), row.label, row.name, row.state,
        row.made_at,
    )  # fmt: skip
