"""Search what administrators and staff did: the log of acts and the journal, one line of time.

What they do to value or to a state of the ledger stands in the journal, all the rest in the log of
acts. Both only grow, and nothing here leaves out anybody, the one who asks included.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from access.tables import act
from ledger import tables

_ENTRY: Final = tables.entry.c
_HOLDER: Final = tables.holder.c
_TEXT: Final = cast(null(), Text)
_ID: Final = cast(null(), Uuid)


@dataclass(frozen=True, slots=True)
class Acts:
    """Which acts are wanted; None where it does not matter. Moments are inclusive."""

    actor: str | None = None
    act: str | None = None
    """The name of an act, or the kind of an entry."""
    person_id: UUID | None = None
    """Of entries: whose wallet stands on either end."""
    object_id: UUID | None = None
    """What it was done to; of entries either end, what it refers to, or the entry itself."""
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """One act, by ids."""

    act_id: UUID
    at: datetime
    source: Literal["act", "journal"]
    actor: str
    role: str | None
    """The journal does not know it."""
    act: str
    object_id: UUID | None
    person_id: UUID | None
    reason: str | None
    refusal: str | None
    facts: dict[str, Any]


async def search_acts(
    db: AsyncSession, region_id: int, wanted: Acts, before: UUID | None, limit: int
) -> list[Done]:
    """At most `limit` acts, newest first, of those whose id comes before `before`."""
    parts = [
        query.subquery().select()
        for query in (
            _newest(_acts(region_id, wanted), act.c.act_id, before, limit),
            _newest(_entries(region_id, wanted), _ENTRY.entry_id, before, limit),
        )
    ]
    both = union_all(*parts).subquery()
    rows = await db.execute(select(both).order_by(both.c[0].desc()).limit(limit))
    return [Done(UUID(int=row[0].int), *row[1:]) for row in rows]


def _newest(
    query: Select[Any], key: ColumnElement[UUID], before: UUID | None, limit: int
) -> Select[Any]:
    if before is not None:
        query = query.where(key < before)
    return query.order_by(key.desc()).limit(limit)


def _acts(region_id: int, wanted: Acts) -> Select[Any]:
    said = act.c
    query = select(
        said.act_id.label("act_id"), said.at, literal("act").label("source"), said.actor, said.role,
        said.act, said.object_id, said.person_id, said.reason, _TEXT.label("refusal"), said.facts,
    ).where(said.region_id == region_id)  # fmt: skip
    met: tuple[tuple[Any, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.actor, said.actor.__eq__),
        (wanted.act, said.act.__eq__),
        (wanted.person_id, said.person_id.__eq__),
        (wanted.object_id, said.object_id.__eq__),
        (wanted.begins, said.at.__ge__),
        (wanted.ends, said.at.__le__),
    )
    return query.where(*(is_met(value) for value, is_met in met if value is not None))


def _entries(region_id: int, wanted: Acts) -> Select[Any]:
    query = select(
        _ENTRY.entry_id.label("act_id"),
        _ENTRY.at,
        literal("journal").label("source"),
        _ENTRY.actor,
        _TEXT.label("role"),
        _ENTRY.kind.label("act"),
        func.coalesce(_ENTRY.holder_id, _ENTRY.other_id, _ENTRY.refers_to).label("object_id"),
        _ID.label("person_id"),
        _ENTRY.facts["reason"].astext.label("reason"),
        _ENTRY.refusal,
        literal({}, JSONB).label("facts"),
    ).where(
        _ENTRY.region_id == region_id,
        or_(_ENTRY.actor.startswith("admin:"), _ENTRY.actor.startswith("merchant:")),
    )
    met: tuple[tuple[Any, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.actor, _ENTRY.actor.__eq__),
        (wanted.act, _ENTRY.kind.__eq__),
        (wanted.person_id, lambda person_id: _is_about(region_id, person_id)),
        (wanted.object_id, _is_object),
        (wanted.begins, _ENTRY.at.__ge__),
        (wanted.ends, _ENTRY.at.__le__),
    )
    return query.where(*(is_met(value) for value, is_met in met if value is not None))


def _is_about(region_id: int, person_id: UUID) -> ColumnElement[bool]:
    wallets = select(_HOLDER.holder_id).where(
        _HOLDER.region_id == region_id, _HOLDER.subject_id == person_id, _HOLDER.kind == "wallet"
    )
    return or_(_ENTRY.holder_id.in_(wallets), _ENTRY.other_id.in_(wallets))


def _is_object(object_id: UUID) -> ColumnElement[bool]:
    ends = (_ENTRY.holder_id, _ENTRY.other_id, _ENTRY.refers_to, _ENTRY.entry_id)
    return or_(*(end == object_id for end in ends))
