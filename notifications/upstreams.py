"""Keep upstreams: registered by two people, and revoked at once by one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.requests import Request, RequestKind, make_request
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from insights.plans import plan_for
from ledger.command import ID_IN_USE
from ledger.regions import Region
from notifications.alerts import ALERT_PLACE_UNKNOWN
from notifications.upstream import Upstream
from notifications.upstream_tables import alert_upstream

UPSTREAM_UNKNOWN: Final = problem("alert-upstream-unknown", 404, "There is no such upstream.")
UPSTREAM_REVOKED: Final = problem("alert-upstream-revoked", 409, "This upstream was revoked.")
UPSTREAMS_ENOUGH: Final = problem(
    "alert-upstreams-enough", 409, "The region has as many upstreams as it may have."
)
SENDER_TAKEN: Final = problem(
    "alert-sender-taken", 409, "An upstream speaks for this sender already: revoke it first."
)
UPSTREAM_APPROVAL: Final = RequestKind("alert_upstream.approval", timedelta(days=14))
"""Its object is the upstream, whose id it has; its facts name document and key by hash."""
MOST_UPSTREAMS: Final = 50
"""Of a region, without those that were revoked."""

UpstreamState = Literal["asked", "stands", "revoked"]
_OF: Final = alert_upstream.c


@dataclass(frozen=True, slots=True)
class Registered:
    """An upstream as it stands."""

    upstream_id: UUID
    upstream: Upstream
    drafted_by: str
    drafted_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    revoked_by: str | None
    revoked_at: datetime | None

    @property
    def state(self) -> UpstreamState:
        """`asked` until another person approves it."""
        if self.revoked_at is not None:
            return "revoked"
        return "asked" if self.approved_at is None else "stands"

    @property
    def actor(self) -> str:
        """How the log of acts, and its alerts, name it."""
        return f"upstream:{self.upstream_id}"


async def ask_for_upstream(
    db: AsyncSession,
    region: Region,
    upstream_id: UUID,
    wished: Upstream,
    reason: str,
    now: datetime,
    doer: Doer,
) -> Request:
    """Write it down and ask a second person in one go; the same id and content are one.

    One may wait beside the one that it is to replace, which is revoked before it is approved.
    Refuses id-in-use, alert-place-unknown, alert-upstreams-enough, and what `make_request` refuses.
    """
    region_id = region.region_id
    await one_at_a_time(db, region_id, "alert upstreams")
    known = await _found(db, region_id, upstream_id)
    if known is None:
        await _refuse_unknown_places(db, region, wished, now)
        held = await db.scalar(
            select(func.count()).where(_OF.region_id == region_id, _OF.revoked_at.is_(None))
        )
        if (held or 0) >= MOST_UPSTREAMS:
            raise Problem(UPSTREAMS_ENOUGH, most=MOST_UPSTREAMS)
        await db.execute(
            insert(alert_upstream).values(
                region_id=region_id,
                upstream_id=upstream_id,
                sender=wished.sender,
                document=wished.document(),
                drafted_by=doer.actor,
            )
        )
        await _enter(db, region_id, doer, "alert_upstream.drafted", upstream_id, reason)
    elif known.upstream != wished:
        raise Problem(ID_IN_USE)
    return await make_request(
        db, region_id, upstream_id, UPSTREAM_APPROVAL, doer, upstream_id, reason,
        digest=wished.digest, key=wished.key_digest,
    )  # fmt: skip


async def approve_upstream(
    db: AsyncSession, region_id: int, upstream_id: UUID, doer: Doer, now: datetime
) -> None:
    """From the commit on its alerts reach everybody. The caller knows that `doer` may.

    Refuses alert-upstream-revoked, alert-sender-taken.
    """
    await one_at_a_time(db, region_id, "alert upstreams")
    known = await find_upstream(db, region_id, upstream_id)
    assert known.approved_at is None, "a request is decided once"
    if known.revoked_at is not None:
        raise Problem(UPSTREAM_REVOKED)
    await _refuse_a_second(db, region_id, known.upstream.sender)
    await db.execute(
        update(alert_upstream)
        .where(_is(region_id, upstream_id))
        .values(approval="approved", approved_by=doer.actor, approved_at=now)
    )


async def revoke_upstream(
    db: AsyncSession, region_id: int, upstream_id: UUID, reason: str, doer: Doer, now: datetime
) -> Registered:
    """From the commit on nothing of it is taken. Alerts that are out stay; another alert of two
    people cancels them. Twice is once. Refuses alert-upstream-unknown.
    """
    await one_at_a_time(db, region_id, "alert upstreams")
    revoked = await db.scalars(
        update(alert_upstream)
        .where(_is(region_id, upstream_id), _OF.revoked_at.is_(None))
        .values(revoked_by=doer.actor, revoked_at=now)
        .returning(_OF.upstream_id)
    )
    if revoked.one_or_none() is not None:
        await _enter(db, region_id, doer, "alert_upstream.revoked", upstream_id, reason)
    return await find_upstream(db, region_id, upstream_id)


async def find_upstream(
    db: AsyncSession, region_id: int, upstream_id: UUID, *, stays: bool = False
) -> Registered:
    """The upstream under this id; with `stays` nobody revokes it before the caller's commit.

    Refuses alert-upstream-unknown.
    """
    found = await _found(db, region_id, upstream_id, stays=stays)
    if found is None:
        raise Problem(UPSTREAM_UNKNOWN)
    return found


async def list_upstreams(
    db: AsyncSession,
    region_id: int,
    *,
    before: UUID | None,
    limit: int,
    state: UpstreamState | None = None,
) -> list[Registered]:
    """At most `limit`, newest first, of those with lower ids."""
    query = _upstreams(region_id)
    if before is not None:
        query = query.where(_OF.upstream_id < before)
    if state == "revoked":
        query = query.where(_OF.revoked_at.is_not(None))
    elif state is not None:
        approval = "asked" if state == "asked" else "approved"
        query = query.where(_OF.revoked_at.is_(None), _OF.approval == approval)
    rows = await db.execute(query.order_by(_OF.upstream_id.desc()).limit(limit))
    return [_registered(row) for row in rows]


async def _refuse_unknown_places(
    db: AsyncSession, region: Region, wished: Upstream, now: datetime
) -> None:
    named = {each.area for each in wished.geocodes if each.area is not None}
    if not named:
        return
    plan = await plan_for(db, region.region_id, region.day_of(now))
    if not named <= ({area.code for area in plan.lists.areas} if plan else set()):
        raise Problem(ALERT_PLACE_UNKNOWN)


async def _refuse_a_second(db: AsyncSession, region_id: int, sender: str) -> None:
    taken = await db.scalar(
        select(_OF.upstream_id).where(
            _OF.region_id == region_id,
            _OF.sender == sender,
            _OF.approval == "approved",
            _OF.revoked_at.is_(None),
        )
    )
    if taken is not None:
        raise Problem(SENDER_TAKEN, upstream_id=UUID(int=taken.int))


async def _enter(
    db: AsyncSession, region_id: int, doer: Doer, done: str, upstream_id: UUID, reason: str
) -> None:
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=done, object_id=upstream_id,
        reason=reason,
    )  # fmt: skip


def _is(region_id: int, upstream_id: UUID) -> ColumnElement[bool]:
    return and_(_OF.region_id == region_id, _OF.upstream_id == upstream_id)


def _upstreams(region_id: int) -> Select[Any]:
    return select(alert_upstream).where(_OF.region_id == region_id)


async def _found(
    db: AsyncSession, region_id: int, upstream_id: UUID, *, stays: bool = False
) -> Registered | None:
    query = _upstreams(region_id).where(_OF.upstream_id == upstream_id)
    row = (await db.execute(query.with_for_update(read=True) if stays else query)).one_or_none()
    return None if row is None else _registered(row)


def _registered(row: Row[Any]) -> Registered:
    return Registered(
        UUID(int=row.upstream_id.int), Upstream.model_validate_json(row.document), row.drafted_by,
        row.drafted_at, row.approved_by, row.approved_at, row.revoked_by, row.revoked_at,
    )  # fmt: skip
