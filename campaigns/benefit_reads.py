"""Read benefits: as everybody in charge sees them, and how far their lists were used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.benefit import BenefitState
from campaigns.benefit_tables import benefit_decline, benefit_line
from campaigns.benefit_terms import BenefitTerms, benefit_terms
from campaigns.reads import is_told
from ledger import tables
from ledger.books import Facts

_OF_BOTH: Final = ("region_id", "benefit_id", "state", "facts", "funded_yen")
_STANDING: Final = table(
    "benefit_standing",
    *map(column, (*_OF_BOTH, "returned_yen")),
    schema="campaigns",
)
_TOLD: Final = table("benefit_told", *map(column, _OF_BOTH), schema="campaigns")
"""What roles that see no person may read of the same."""
_LINE: Final = benefit_line.c
_COUNTER: Final = tables.counter.c
_ACCOUNT: Final = tables.account.c
USED: Final = "benefit"
"""The counter that `payments/use_benefit.py` counts by: 1 for the line of the list, and 1 for the
person."""


@dataclass(frozen=True, slots=True)
class Benefit:
    """A benefit as it stands, amounts in yen (1 point = ¥1)."""

    benefit_id: UUID
    state: str
    facts: Facts
    funded_yen: int
    returned_yen: int | None
    """None for roles that see no person: it tells how many took it."""

    @property
    def terms(self) -> BenefitTerms:
        """Its form."""
        return benefit_terms(self.facts["form"])

    @property
    def list_id(self) -> UUID | None:
        """The list that is in force."""
        said: str | None = self.facts["list_id"]
        return None if said is None else UUID(said)


@dataclass(frozen=True, slots=True)
class Figures:
    """How far a benefit was used: lines of its list, and yen."""

    lines: int
    used: int
    declined: int
    budget_left_yen: int


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A line that nobody used or declined."""

    line: int
    reference: str
    group: str | None


async def find_benefit(session: AsyncSession, region_id: int, benefit_id: UUID) -> Benefit | None:
    """The benefit with this id; None if there is none in the region."""
    source = _TOLD if is_told(session) else _STANDING
    of = source.c
    query = select(source).where(of.region_id == region_id, of.benefit_id == benefit_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _benefit(row)


async def list_benefits(
    session: AsyncSession,
    region_id: int,
    before: UUID | None,
    limit: int,
    *,
    state: BenefitState | None = None,
) -> list[Benefit]:
    """At most `limit` benefits, newest first, of those made before the one called `before`."""
    source = _TOLD if is_told(session) else _STANDING
    of = source.c
    query = select(source).where(of.region_id == region_id)
    if state is not None:
        query = query.where(of.state == state)
    query = query.order_by(of.benefit_id.desc()).limit(limit)
    if before is not None:
        query = query.where(of.benefit_id < before)
    return [_benefit(row) for row in await session.execute(query)]


async def figures_of(session: AsyncSession, region_id: int, benefit: Benefit) -> Figures:
    """Of the list in force. A line that was declined and then used counts as used."""
    lines = select(_LINE.line_id).where(
        _LINE.region_id == region_id, _LINE.list_id == benefit.list_id
    )
    used = select(func.count()).where(_is_used(region_id, benefit.benefit_id, lines.subquery()))
    declined = (
        select(func.count(benefit_decline.c.line_id.distinct()))
        .where(
            benefit_decline.c.region_id == region_id,
            benefit_decline.c.line_id.in_(lines),
        )
        .where(~_used_line(region_id, benefit.benefit_id, benefit_decline.c.line_id))
    )
    left = select(func.coalesce(func.sum(_ACCOUNT.balance), 0)).where(
        _ACCOUNT.region_id == region_id,
        _ACCOUNT.holder_id == benefit.benefit_id,
        _ACCOUNT.kind == "budget",
    )
    row = await session.execute(
        select(used.scalar_subquery(), declined.scalar_subquery(), left.scalar_subquery())
    )
    how_many, said_no, left_yen = row.one()
    return Figures(benefit.facts["lines"], how_many, said_no, int(left_yen))


async def unclaimed_lines(
    session: AsyncSession, region_id: int, benefit: Benefit, after: int, limit: int
) -> list[Unclaimed]:
    """At most `limit` lines that were neither used nor declined, of those beyond line `after`."""
    said_no = select(benefit_decline.c.line_id).where(
        benefit_decline.c.region_id == region_id, benefit_decline.c.line_id == _LINE.line_id
    )
    rows = await session.execute(
        select(_LINE.line, _LINE.reference, _LINE.group_name)
        .where(
            _LINE.region_id == region_id,
            _LINE.list_id == benefit.list_id,
            _LINE.line > after,
            ~said_no.exists(),
            ~_used_line(region_id, benefit.benefit_id, _LINE.line_id),
        )
        .order_by(_LINE.line)
        .limit(limit)
    )
    return [Unclaimed(*row) for row in rows]


async def lines_about(
    session: AsyncSession, region_id: int, list_id: UUID, macs: Sequence[bytes]
) -> set[UUID]:
    """The lines of a list that are about somebody with one of these hashes."""
    found = await session.scalars(
        select(_LINE.line_id).where(
            _LINE.region_id == region_id, _LINE.list_id == list_id, _LINE.mac.in_(macs)
        )
    )
    return {UUID(int=each.int) for each in found}


def _is_used(region_id: int, benefit_id: UUID, lines: Any) -> Any:
    return (
        (_COUNTER.region_id == region_id)
        & (_COUNTER.name == USED)
        & (_COUNTER.scope_id == benefit_id)
        & (_COUNTER.subject_id.in_(select(lines.c.line_id)))
        & (_COUNTER.value > 0)
    )


def _used_line(region_id: int, benefit_id: UUID, line_id: Any) -> Any:
    used: ScalarSelect[Any] | Any = select(_COUNTER.value).where(
        _COUNTER.region_id == region_id,
        _COUNTER.subject_id == line_id,
        _COUNTER.name == USED,
        _COUNTER.scope_id == benefit_id,
        _COUNTER.value > 0,
    )
    return used.exists()


def _benefit(row: Row[Any]) -> Benefit:
    return Benefit(
        benefit_id=UUID(int=row.benefit_id.int),  # the driver's own type is no plain UUID
        state=row.state,
        facts=row.facts,
        funded_yen=row.funded_yen,
        returned_yen=row.returned_yen if "returned_yen" in row._fields else None,
    )
