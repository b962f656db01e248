"""Keep bulletins: drafted by one person, approved by another, signed by the worker, withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.requests import Request, RequestKind, make_request
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from insights.plans import plan_for
from ledger.command import ID_IN_USE
from ledger.regions import Region
from merchants.tables import store
from notifications.bulletin import LISTED, OLDEST, Bulletin
from notifications.notice_tables import bulletin, bulletin_told

BULLETIN_UNKNOWN: Final = problem("bulletin-unknown", 404, "There is no such bulletin.")
BULLETIN_PLACE_UNKNOWN: Final = problem(
    "bulletin-place-unknown", 422, "The region has no such store, or its plan no such area."
)
BULLETIN_TIMES: Final = problem(
    "bulletin-times", 422, "A bulletin is of the last 60 days, and is published for 60 at most."
)
BULLETIN_WITHDRAWN: Final = problem(
    "bulletin-withdrawn", 409, "This bulletin was withdrawn: draft another one."
)
BULLETINS_ENOUGH: Final = problem(
    "bulletins-enough", 409, "As many bulletins are published as may be: withdraw one."
)
MOST_LISTED: Final = 100
"""Every phone downloads all of them."""
BULLETIN_APPROVAL: Final = RequestKind("bulletin.approval", timedelta(days=7))
"""Its object is the bulletin, whose id it has."""

BulletinState = Literal["draft", "approved", "published", "over", "withdrawn"]
"""`approved` for the seconds until the worker has signed it; `over` is not published any more."""

_OF: Final = bulletin_told.c


@dataclass(frozen=True, slots=True)
class Kept:
    """A bulletin as it stands."""

    bulletin_id: UUID
    bulletin: Bulletin
    state: BulletinState
    drafted_by: str
    drafted_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    published: str | None
    """The JSON that everybody gets, signature and all."""
    published_at: datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None


async def ask_for_bulletin(
    db: AsyncSession,
    region: Region,
    bulletin_id: UUID,
    wished: Bulletin,
    reason: str,
    now: datetime,
    doer: Doer,
) -> Request:
    """Write a draft down and ask for its approval in one go; the same id and content are one.

    Refuses id-in-use, bulletin-times, bulletin-place-unknown, and what `make_request` refuses.
    """
    region_id = region.region_id
    await one_at_a_time(db, region_id, f"bulletin {bulletin_id}")
    known = await find_bulletin(db, region_id, bulletin_id, now)
    if known is None:
        is_past = now - OLDEST <= wished.from_at <= now
        if not (is_past and now < wished.listed_until <= now + LISTED):
            raise Problem(BULLETIN_TIMES)
        await _check_places(db, region, wished, region.day_of(now))
        await db.execute(
            insert(bulletin).values(
                region_id=region_id,
                bulletin_id=bulletin_id,
                document=wished.document(),
                drafted_by=doer.actor,
                until=wished.listed_until,
            )
        )
        await enter_act(
            db, region_id, actor=doer.actor, role=doer.role, act="bulletin.drafted",
            object_id=bulletin_id, reason=reason,
        )  # fmt: skip
    elif known.bulletin != wished:
        raise Problem(ID_IN_USE)
    return await make_request(
        db, region_id, bulletin_id, BULLETIN_APPROVAL, doer, bulletin_id, reason
    )


async def approve_bulletin(
    db: AsyncSession, region_id: int, bulletin_id: UUID, doer: Doer, now: datetime
) -> None:
    """Let the worker sign and publish it. The caller knows that `doer` may.

    Refuses bulletin-withdrawn, and bulletins-enough where phones download as many as they may.
    """
    await one_at_a_time(db, region_id, "bulletins")
    of = bulletin.c
    listed = (of.region_id == region_id) & (of.until > now) & of.withdrawn_at.is_(None)
    standing = select(func.count()).where(listed, of.approved_at.is_not(None))
    if (await db.execute(standing)).scalar_one() >= MOST_LISTED:
        raise Problem(BULLETINS_ENOUGH, most=MOST_LISTED)
    approved = await db.scalars(
        update(bulletin)
        .where(_is(region_id, bulletin_id), bulletin.c.withdrawn_at.is_(None))
        .values(approved_by=doer.actor, approved_at=now)
        .returning(bulletin.c.bulletin_id)
    )
    if approved.one_or_none() is None:
        raise Problem(BULLETIN_WITHDRAWN)


async def withdraw_bulletin(
    db: AsyncSession, region_id: int, bulletin_id: UUID, reason: str, doer: Doer, now: datetime
) -> Kept:
    """Publish it no more; twice is once. Refuses bulletin-unknown."""
    known = await find_bulletin(db, region_id, bulletin_id, now)
    if known is None:
        raise Problem(BULLETIN_UNKNOWN)
    withdrawn = await db.scalars(
        update(bulletin)
        .where(_is(region_id, bulletin_id), bulletin.c.withdrawn_at.is_(None))
        .values(withdrawn_by=doer.actor, withdrawn_at=now)
        .returning(bulletin.c.bulletin_id)
    )
    if withdrawn.one_or_none() is not None:
        await enter_act(
            db, region_id, actor=doer.actor, role=doer.role, act="bulletin.withdrawn",
            object_id=bulletin_id, reason=reason,
        )  # fmt: skip
    found = await find_bulletin(db, region_id, bulletin_id, now)
    assert found is not None, "nothing is deleted"
    return found


async def find_bulletin(
    db: AsyncSession, region_id: int, bulletin_id: UUID, now: datetime
) -> Kept | None:
    """The bulletin under this id."""
    rows = await db.execute(
        select(bulletin_told).where(_OF.region_id == region_id, _OF.bulletin_id == bulletin_id)
    )
    row = rows.one_or_none()
    return None if row is None else _kept(row, now)


async def list_bulletins(
    db: AsyncSession,
    region_id: int,
    now: datetime,
    *,
    before: UUID | None,
    limit: int,
    state: BulletinState | None = None,
) -> list[Kept]:
    """At most `limit`, newest first, of those with lower ids."""
    query = select(bulletin_told).where(_OF.region_id == region_id)
    if before is not None:
        query = query.where(_OF.bulletin_id < before)
    if state is not None:
        query = query.where(_in_state(state, now))
    rows = await db.execute(query.order_by(_OF.bulletin_id.desc()).limit(limit))
    return [_kept(row, now) for row in rows]


async def listed_bulletins(
    db: AsyncSession, region_id: int, now: datetime
) -> tuple[list[str], list[UUID]]:
    """What is published now, as it was signed; and the ids of those withdrawn before their end."""
    in_time = (_OF.region_id == region_id) & (_OF.until > now) & _OF.published.is_not(None)
    rows = await db.execute(
        select(_OF.bulletin_id, _OF.published, _OF.withdrawn_at)
        .where(in_time)
        .order_by(_OF.published_at.desc(), _OF.bulletin_id)
    )
    told = rows.all()
    return (
        [row.published for row in told if row.withdrawn_at is None],
        [UUID(int=row.bulletin_id.int) for row in told if row.withdrawn_at is not None],
    )


async def _check_places(db: AsyncSession, region: Region, wished: Bulletin, today: date) -> None:
    known: Sequence[UUID] = ()
    if wished.stores:
        known = (
            await db.scalars(
                select(store.c.store_id).where(
                    store.c.region_id == region.region_id, store.c.store_id.in_(wished.stores)
                )
            )
        ).all()
    if len(known) < len(wished.stores):
        raise Problem(BULLETIN_PLACE_UNKNOWN)
    if wished.areas:
        plan = await plan_for(db, region.region_id, today)
        areas = set() if plan is None else {area.code for area in plan.lists.areas}
        if not set(wished.areas) <= areas:
            raise Problem(BULLETIN_PLACE_UNKNOWN)


def _is(region_id: int, bulletin_id: UUID) -> ColumnElement[bool]:
    return and_(bulletin.c.region_id == region_id, bulletin.c.bulletin_id == bulletin_id)


def _in_state(state: BulletinState, now: datetime) -> ColumnElement[bool]:
    stands = _OF.withdrawn_at.is_(None)
    match state:
        case "withdrawn":
            return _OF.withdrawn_at.is_not(None)
        case "over":
            return stands & (_OF.until <= now)
        case "published":
            return stands & (_OF.until > now) & _OF.published.is_not(None)
        case "approved":
            is_approved = _OF.approved_at.is_not(None) & _OF.published.is_(None)
            return stands & (_OF.until > now) & is_approved
        case "draft":
            return stands & (_OF.until > now) & _OF.approved_at.is_(None)


def _state(row: Row[tuple[object, ...]], now: datetime) -> BulletinState:
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.until <= now:
        return "over"
    if row.published is not None:
        return "published"
    return "draft" if row.approved_at is None else "approved"


def _kept(row: Row[tuple[object, ...]], now: datetime) -> Kept:
    return Kept(
        UUID(int=row.bulletin_id.int), Bulletin.model_validate_json(row.document),
        _state(row, now), row.drafted_by, row.drafted_at, row.approved_by, row.approved_at,
        row.published, row.published_at, row.withdrawn_by, row.withdrawn_at,
    )  # fmt: skip
