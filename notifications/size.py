"""How large a segment is: by released cells alone, once for each calendar month.

A segment by payments is sized by one released week, the same for all segments of a month, with the
noise that everybody sees; a declared one by counting, less a number of chance, in hundreds. Either
is kept for the month, so no two answers can be compared (docs/PRIVACY-DOORS.md).
"""

import secrets
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

import orjson
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import CITY_ROLE, MATCHER_ROLE, Database
from core.errors import Problem, problem
from insights.gate import smallest_estimate
from insights.plans import Plan, plan_for
from insights.sums import sum_of
from ledger.regions import Region
from notifications.cells import Counted, counted_by
from notifications.kinds import NoticeKind
from notifications.names import area_codes, category_codes
from notifications.notice_tables import match_declared, segment_size
from notifications.segment import TOPICS, Declared, Paid, consents_of
from notifications.week import NOT_SIZED, week_of_month

ATTRIBUTE_UNKNOWN: Final = problem(
    "segment-attribute-unknown", 422, "The plan of statistics has no such area or category."
)
STEP: Final = 100
"""Declared segments are told in hundreds."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a segment comes to in a month, and what it needs to be written to."""

    segment_hash: bytes
    """Of the people it concerns: two ways to say the same are one segment."""
    month: date
    release_no: int | None
    """By which release; None: counted among declarations."""
    estimate: int
    low: int
    high: int
    needed: int

    @property
    def passes(self) -> bool:
        """Whether it may be written to."""
        return self.estimate >= self.needed


async def size_of(
    database: Database, region: Region, segment: Declared | Paid, kind: NoticeKind, today: date
) -> Size:
    """As it was measured in this month, or is now and then kept.

    Refuses segment-attribute-unknown, segment-not-sized.
    """
    region_id = region.region_id
    async with database.snapshot(region_id, as_role=CITY_ROLE) as db:
        plan = await plan_for(db, region_id, today)
    check_attributes(segment, plan)
    month = today.replace(day=1)
    if isinstance(segment, Paid):
        counted = counted_by(segment, await week_of_month(database, region, today))
        if not counted.cells:  # of a newer plan, by which no week was released yet
            raise Problem(NOT_SIZED)
        named = hash_of(counted.identity)
    else:
        counted = None
        wanted = consents_of(kind, segment)
        named = hash_of([segment.model_dump(mode="json", exclude_none=True), *wanted])
    async with database.snapshot(region_id) as db:
        known = await find_size(db, region_id, named, month)
    if known is not None:
        return known
    if counted is not None:
        size = _sum(counted, named, month)
    else:
        assert isinstance(segment, Declared), "the other kind was summed"
        size = await _count(database, region_id, segment, kind, named, month)
    return await _keep(database, region_id, size)


async def find_size(
    db: AsyncSession, region_id: int, segment_hash: bytes, month: date
) -> Size | None:
    """As it was measured in that month."""
    of = segment_size.c
    rows = await db.execute(
        select(
            of.segment_hash, of.month, of.release_no, of.estimate, of.low, of.high, of.needed
        ).where(of.region_id == region_id, of.segment_hash == segment_hash, of.month == month)
    )
    row = rows.one_or_none()
    return None if row is None else Size(*row)


def hash_of(identity: object) -> bytes:
    """By which a segment is known: SHA-256 of canonical JSON."""
    return sha256(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)).digest()


def check_attributes(segment: Declared | Paid, plan: Plan | None) -> None:
    """Refuses segment-attribute-unknown, with what the lists have: no more can be asked for."""
    areas, categories = area_codes(plan), category_codes(plan)
    asked = (
        (
            ("home_area", segment.home_area, areas),
            ("interest", segment.interest, categories | set(TOPICS)),
        )
        if isinstance(segment, Declared)
        else (("area", segment.area, areas), ("category", segment.category, categories))
    )
    for member, code, known in asked:
        if code is not None and code not in known:
            raise Problem(ATTRIBUTE_UNKNOWN, member=member, known=tuple(sorted(known)))


def is_declared(
    region_id: int, segment: Declared, consents: tuple[str, ...]
) -> ColumnElement[bool]:
    """The condition by which the matcher's view is asked."""
    of = match_declared.c
    wanted = [of.region_id == region_id, of.purposes.contains(list(consents))]
    if segment.home_area is not None:
        wanted.append(of.home_area == segment.home_area)
    if segment.interest is not None:
        wanted.append(of.interests.contains([segment.interest]))
    return and_(*wanted)


def _sum(counted: Counted, named: bytes, month: date) -> Size:
    """Cells as everybody may read them, and nothing else."""
    needed = smallest_estimate(counted.table.table, len(counted.cells))
    people = sum_of(counted.table, counted.cells).people
    release_no = counted.table.release_no
    if people is None:
        return Size(named, month, release_no, 0, 0, 0, needed)
    return Size(named, month, release_no, people.value, people.low, people.high, needed)


async def _count(
    database: Database, region_id: int, segment: Declared, kind: NoticeKind, named: bytes,
    month: date,
) -> Size:  # fmt: skip
    """People who said so and agreed; no entry is read.

    Whoever pads a segment with 99 accounts of their own would see by plain rounding whether one
    neighbour is in it. So a number of chance is taken off first, drawn once for the month: one more
    person changes the answer in one of a hundred draws, and fewer than a hundred never pass.
    """
    condition = is_declared(region_id, segment, consents_of(kind, segment))
    async with database.snapshot(region_id, as_role=MATCHER_ROLE) as db:
        many = await db.scalar(select(func.count()).select_from(match_declared).where(condition))
    told = told_of(int(many or 0), secrets.randbelow(STEP))
    return Size(named, month, None, told, told, told + 2 * STEP - 2, STEP)


def told_of(many: int, less: int) -> int:
    """So many people, less a number of chance below `STEP`, in steps."""
    return max(0, many - less) // STEP * STEP


async def _keep(database: Database, region_id: int, size: Size) -> Size:
    """The first measure of a month stands."""
    async with database.transaction(region_id) as db:
        await db.execute(
            insert(segment_size)
            .values(
                region_id=region_id, segment_hash=size.segment_hash, month=size.month,
                release_no=size.release_no, estimate=size.estimate, low=size.low, high=size.high,
                needed=size.needed,
            )
            .on_conflict_do_nothing(constraint=segment_size.primary_key)
        )  # fmt: skip
        kept = await find_size(db, region_id, size.segment_hash, size.month)
    assert kept is not None, "it was measured by now"
    return kept
