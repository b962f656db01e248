"""Read papers of settlements: one, and lists for finance and for merchants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.paper import Paper, PaperKind
from merchants.paper_tables import paper
from merchants.settlement_tables import settlement, settlement_run

_ROW: Final = paper.c
_OF: Final = settlement.c
_RUN: Final = settlement_run.c
_NAMES: Final = tuple(Paper.__slots__)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WantedPapers:
    """Which papers are wanted; None where it does not matter."""

    merchant_id: UUID | None = None
    kind: PaperKind | None = None
    settlement_id: UUID | None = None
    first_day: date | None = None
    """Of periods that end on this day or later."""
    last_day: date | None = None
    """Of periods that end on this day or before."""


def place_of(found: Paper) -> tuple[int, UUID]:
    """Where it stands in a list: microseconds since 1970, and its id."""
    return (found.issued_at - _EPOCH) // _MICROSECOND, found.paper_id


async def find_paper(
    db: AsyncSession, region_id: int, paper_id: UUID, merchant_id: UUID | None = None
) -> Paper | None:
    """The paper, if it is there and, where a merchant is named, its own."""
    query = _papers(region_id).where(_ROW.paper_id == paper_id)
    if merchant_id is not None:
        query = query.where(_ROW.merchant_id == merchant_id)
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _paper(row)


async def papers_of_runs(
    db: AsyncSession, region_id: int, run_ids: Sequence[UUID]
) -> dict[UUID, int]:
    """How many papers settlements of these runs have, without corrections; none where it is 0."""
    rows = await db.execute(
        select(_OF.run_id, func.count())
        .join(
            paper,
            (_ROW.region_id == _OF.region_id) & (_ROW.settlement_id == _OF.settlement_id),
        )
        .where(_OF.region_id == region_id, _OF.run_id.in_(run_ids), _ROW.corrects.is_(None))
        .group_by(_OF.run_id)
    )
    return {UUID(int=run_id.int): int(many) for run_id, many in rows}


async def list_papers(
    db: AsyncSession,
    region_id: int,
    wanted: WantedPapers,
    before: tuple[int, UUID] | None,
    limit: int,
) -> list[Paper]:
    """At most `limit` papers, the latest first, of those before the place of another."""
    query = _papers(region_id)
    for column, value in (
        (_ROW.merchant_id, wanted.merchant_id),
        (_ROW.kind, wanted.kind),
        (_ROW.settlement_id, wanted.settlement_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.first_day is not None:
        query = query.where(_RUN.last_day >= wanted.first_day)
    if wanted.last_day is not None:
        query = query.where(_RUN.last_day <= wanted.last_day)
    if before is not None:
        microseconds, paper_id = before
        at = _EPOCH + microseconds * _MICROSECOND
        place = tuple_(literal(at, _ROW.issued_at.type), literal(paper_id, _ROW.paper_id.type))
        query = query.where(tuple_(_ROW.issued_at, _ROW.paper_id) < place)
    order = (_ROW.issued_at.desc(), _ROW.paper_id.desc())
    return [_paper(row) for row in await db.execute(query.order_by(*order).limit(limit))]


def _papers(region_id: int) -> Select[Any]:
    return (
        select(*(_ROW[name] for name in _NAMES))
        .join(
            settlement,
            (_OF.region_id == _ROW.region_id) & (_OF.settlement_id == _ROW.settlement_id),
        )
        .join(
            settlement_run,
            (_RUN.region_id == _OF.region_id) & (_RUN.run_id == _OF.run_id),
        )
        .where(_ROW.region_id == region_id)
    )


def _paper(row: Any) -> Paper:
    told = dict(zip(_NAMES, row, strict=True))
    for name in ("paper_id", "settlement_id", "merchant_id"):
        told[name] = UUID(int=told[name].int)
    return Paper(**told)
