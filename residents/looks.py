"""Looks (閲覧) at a person's data: who saw it, when, in which role, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, Uuid, cast, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from access.tables import act
from ledger import tables
from residents.look_at_wallet import LookAtWallet

LOOKED: Final = "person.looked_at"
"""The act of looking at a person; looks at a wallet are entries of the journal."""

_ENTRY: Final = tables.entry.c
_HOLDER: Final = tables.holder.c
_TEXT: Final = cast(null(), Text)
_ID: Final = cast(null(), Uuid)


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a person or at one wallet of theirs, or what else the office did about them."""

    look_id: UUID
    at: datetime
    actor: str
    role: str | None
    act: str
    wallet_id: UUID | None
    reason: str | None


async def looks_at(
    db: AsyncSession, region_id: int, person_id: UUID, before: UUID | None, limit: int
) -> list[Look]:
    """At most `limit` looks, newest first, of those whose id comes before `before`."""
    wallets = select(_HOLDER.holder_id).where(
        _HOLDER.region_id == region_id, _HOLDER.subject_id == person_id, _HOLDER.kind == "wallet"
    )
    people = select(
        act.c.act_id.label("look_id"),
        act.c.at,
        act.c.actor,
        act.c.role,
        act.c.act,
        _ID.label("wallet_id"),
        act.c.reason,
    ).where(
        act.c.region_id == region_id, act.c.person_id == person_id, act.c.actor.startswith("admin:")
    )
    entries = select(
        _ENTRY.entry_id.label("look_id"),
        _ENTRY.at,
        _ENTRY.actor,
        _TEXT.label("role"),
        _ENTRY.kind.label("act"),
        _ENTRY.other_id.label("wallet_id"),
        _ENTRY.facts["reason"].astext.label("reason"),
    ).where(
        _ENTRY.region_id == region_id,
        _ENTRY.other_id.in_(wallets),
        _ENTRY.kind == LookAtWallet.kind,
        _ENTRY.refusal.is_(None),
    )
    both: Any = union_all(people, entries).subquery()
    query = select(both).order_by(both.c.look_id.desc()).limit(limit)
    if before is not None:
        query = query.where(both.c.look_id < before)
    rows = await db.execute(query)
    return [Look(UUID(int=row[0].int), *row[1:]) for row in rows]
