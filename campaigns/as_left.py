"""Campaigns or benefits as their entries left them, at a place in the journal."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.books import Facts, Holder

_ENTRY: Final = tables.entry.c
_HOLDER: Final = tables.holder.c


@dataclass(frozen=True, slots=True)
class Step:
    """What an entry left a holder as."""

    seq: int
    holder: Holder


@dataclass(slots=True)
class AsLeft:
    """Asked from one place in the journal to a later one, never back."""

    steps: Sequence[Step]
    """In the order of the journal."""
    _taken: int = 0
    _holders: dict[UUID, Holder] = field(default_factory=dict)

    def before(self, seq: int) -> Mapping[UUID, Holder]:
        """How each stood for the entry with this number."""
        while self._taken < len(self.steps) and self.steps[self._taken].seq < seq:
            holder = self.steps[self._taken].holder
            self._holders[holder.holder_id] = holder
            self._taken += 1
        return self._holders


async def read_changes(
    session: AsyncSession,
    region_id: int,
    holder_kind: str,
    entry_kinds: Collection[str],
    until_seq: int,
) -> list[tuple[int, UUID, Facts]]:
    """The numbers, holders and facts of what changed holders of a kind, up to this number."""
    of_region = (_ENTRY.region_id == _HOLDER.region_id) & (_ENTRY.holder_id == _HOLDER.holder_id)
    query = (
        select(_ENTRY.seq, _ENTRY.holder_id, _ENTRY.facts)
        .join_from(tables.holder, tables.entry, of_region)
        .where(
            _HOLDER.region_id == region_id,
            _HOLDER.kind == holder_kind,
            _ENTRY.kind.in_(entry_kinds),
            _ENTRY.refusal.is_(None),
            _ENTRY.seq <= until_seq,
        )
        .order_by(_ENTRY.seq)
    )
    rows: Any = await session.execute(query)
    return [(seq, UUID(int=holder_id.int), facts) for seq, holder_id, facts in rows]
