"""What a person said that a bank line stands for (突合): kept, found, undone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Select, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from merchants.statement_tables import line_match

LINE_UNKNOWN: Final = problem("bank-line-unknown", 404, "There is no such bank line.")
MATCH_UNKNOWN: Final = problem("line-match-unknown", 404, "There is no such match of this line.")
MATCH_FINAL: Final = problem(
    "line-match-final", 409, "Entries followed from this match: they are reversed by entries."
)
LINE_AMOUNT_DIFFERS: Final = problem(
    "bank-line-amount-differs", 409, "The line and what it should stand for differ in amount."
)
MATCH_UNDONE: Final = problem("line-match-undone", 409, "This match was undone already.")

MatchKind = Literal["file", "transfer", "return", "funding", "provider", "debit_note", "aside"]
TRANSFERS: Final[frozenset[MatchKind]] = frozenset({"file", "transfer", "return"})
"""Kinds of which the bank may keep a fee."""
FINAL: Final[frozenset[MatchKind]] = TRANSFERS | {"debit_note"}
"""Kinds from which entries follow that have an undoing of their own, unless all was linked."""

_ROW: Final = line_match.c


@dataclass(frozen=True, slots=True)
class LineMatch:
    """A match as it stands; amounts in yen."""

    match_id: UUID
    line_id: UUID
    kind: MatchKind
    target_id: UUID | None
    """A transfer file, a settlement, a funding, a provider's account or a debit note; None: set
    aside."""
    amount_yen: int
    """What the target is given."""
    fee_yen: int
    """What the bank kept besides."""
    entry_id: UUID | None
    """The entry of the money that came, of a funding, a provider or a debit note."""
    is_linked: bool
    """All had been entered before: nothing followed from it."""
    reason: str
    decided_by: str
    decided_at: datetime
    undone_by: str | None
    undone_at: datetime | None
    undone_reason: str | None


_NAMES: Final = tuple(LineMatch.__slots__)


async def find_match(
    db: AsyncSession, region_id: int, match_id: UUID, *, for_update: bool = False
) -> LineMatch | None:
    """The match; locked until the caller's transaction ends, where it is going to be undone."""
    query = _matches(region_id).where(_ROW.match_id == match_id)
    if for_update:
        query = query.with_for_update()
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _match(row)


async def matches_of_line(db: AsyncSession, region_id: int, line_id: UUID) -> list[LineMatch]:
    """All that were made of a line, the oldest first; of the last one alone may hold."""
    query = _matches(region_id).where(_ROW.line_id == line_id).order_by(_ROW.match_id)
    return [_match(row) for row in await db.execute(query)]


async def match_that_holds(
    db: AsyncSession, region_id: int, kind: MatchKind, target_id: UUID
) -> LineMatch | None:
    """The match by which a line stands for this file, transfer or return, if there is one."""
    query = _matches(region_id).where(
        _ROW.kind == kind, _ROW.target_id == target_id, _ROW.undone_at.is_(None)
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _match(row)


async def matched_yen(
    db: AsyncSession,
    region_id: int,
    kind: MatchKind,
    target_id: UUID,
    *,
    is_entered: bool | None = None,
) -> int:
    """What lines have brought to a target so far; where it matters, with an entry or without."""
    of_kind = true() if is_entered is None else _ROW.entry_id.is_not(None) == is_entered
    found = await db.scalar(
        select(func.coalesce(func.sum(_ROW.amount_yen), 0)).where(
            _ROW.region_id == region_id,
            _ROW.kind == kind,
            _ROW.target_id == target_id,
            _ROW.undone_at.is_(None),
            of_kind,
        )
    )
    return int(found or 0)


async def undo_match(
    db: AsyncSession, region_id: int, line_id: UUID, match_id: UUID, doer: Doer, reason: str
) -> LineMatch:
    """Let a line be open again; what was entered with it, the caller undoes. Who did it already
    finds it done.

    Refuses line-match-unknown, line-match-final, line-match-undone.
    """
    found = await find_match(db, region_id, match_id, for_update=True)
    if found is None or found.line_id != line_id:
        raise Problem(MATCH_UNKNOWN)
    if found.kind in FINAL and not found.is_linked:
        raise Problem(MATCH_FINAL)
    if found.undone_at is not None:
        if (found.undone_by, found.undone_reason) != (doer.actor, reason):
            raise Problem(MATCH_UNDONE)
        return found
    await db.execute(
        update(line_match)
        .where(_ROW.region_id == region_id, _ROW.match_id == match_id)
        .values(undone_by=doer.actor, undone_at=func.clock_timestamp(), undone_reason=reason)
    )
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="line_match.undone",
        object_id=line_id, reason=reason, kind=found.kind,
    )  # fmt: skip
    undone = await find_match(db, region_id, match_id)
    assert undone is not None, "it was changed just now"
    return undone


def _matches(region_id: int) -> Select[Any]:
    return select(*(_ROW[name] for name in _NAMES)).where(_ROW.region_id == region_id)


def _match(row: Any) -> LineMatch:
    told = dict(zip(_NAMES, row, strict=True))
    for name in ("match_id", "line_id", "target_id", "entry_id"):
        if told[name] is not None:
            told[name] = UUID(int=told[name].int)
    return LineMatch(**told)
