"""Notices (市からのお知らせ): drafted, sized, approved by another person, sent, or stopped.

draft → asked → approved → sending → done; withdrawn before it is sent, stopped while it is.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.login_devices import same_person
from access.requests import (
    SECOND_PERSON_NEEDED,
    Request,
    RequestKind,
    call_off,
    make_request,
)
from core.database import now_of
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from insights.plans import plan_for
from ledger.command import ID_IN_USE
from ledger.regions import Region
from notifications.alert_tables import alert
from notifications.kinds import Language
from notifications.messages import Words, end_message
from notifications.notice_tables import notice
from notifications.read_notices import Draft, Notice, NoticeState, find_notice, known_notice
from notifications.size import Size, check_attributes
from notifications.templates import TEMPLATE_RETIRED, TEMPLATE_UNKNOWN, find_template

NOTICE_STATE: Final = problem("notice-state-wrong", 409, "In this state that cannot be done.")
SEGMENT_TOO_SMALL: Final = problem(
    "segment-too-small", 409, "The segment is not surely large enough to be written to."
)
SEGMENT_ATTEMPTED: Final = problem(
    "segment-attempted", 409, "This segment was written to in this month, or is about to be."
)
NOTICE_TOO_LATE: Final = problem(
    "notice-too-late", 409, "Its time to be sent is over: draft another one."
)
SEND_TOO_EARLY: Final = problem(
    "notice-time-wrong", 422, "A notice is sent within 60 days, and not in the past."
)
NOTICE_APPROVAL: Final = RequestKind("notice.approval", timedelta(days=7))
"""Its object is the notice; its facts name its segment's size."""
LATEST: Final = timedelta(days=60)
GRACE: Final = timedelta(hours=1)
"""So much later than it was planned it may be approved."""

_NOT_ASKED: Final[dict[str, Any]] = dict.fromkeys(
    ("segment_hash", "sized_in", "month", "texts", "request_id", "asked_at")
)
_AGAIN: Final = "notice_of_a_segment_and_month_is_one"


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked for: the segment as it was measured, the words as they will be sent."""

    request_id: UUID
    size: Size
    texts: dict[Language, Words]
    reason: str


async def draft_notice(
    db: AsyncSession, region: Region, notice_id: UUID, draft: Draft, doer: Doer
) -> Notice:
    """Write a draft down; the same id and content are one.

    Refuses id-in-use, segment-attribute-unknown, notice-template-unknown, notice-template-retired,
    notice-time-wrong.
    """
    region_id = region.region_id
    await one_at_a_time(db, region_id, f"message {notice_id}")
    known = await find_notice(db, region_id, notice_id)
    if known is not None:
        if known.draft != draft:
            raise Problem(ID_IN_USE)
        return known
    if await db.scalar(_alert_of(region_id, notice_id)) is not None:
        raise Problem(ID_IN_USE)
    now = await now_of(db)
    check_attributes(draft.segment, await plan_for(db, region_id, region.day_of(now)))
    template = await find_template(db, region_id, draft.template_id)
    if template is None:
        raise Problem(TEMPLATE_UNKNOWN)
    if template.retired_at is not None:
        raise Problem(TEMPLATE_RETIRED)
    if draft.send_at is not None and not now <= draft.send_at <= now + LATEST:
        raise Problem(SEND_TOO_EARLY)
    await db.execute(
        insert(notice).values(
            region_id=region_id, notice_id=notice_id, template_id=draft.template_id,
            kind=template.kind, purpose=draft.purpose,
            segment=draft.segment.model_dump(mode="json", exclude_none=True),
            send_at=draft.send_at,
            lasts_hours=draft.lasts_hours, drafted_by=doer.actor,
        )
    )  # fmt: skip
    await _act(db, region_id, "notice.drafted", notice_id, doer)
    return await known_notice(db, region_id, notice_id)


async def ask_for_notice(
    db: AsyncSession, region: Region, notice_id: UUID, asking: Asking, doer: Doer
) -> Request:
    """Ask another person to approve it, with the words as they will be sent.

    Refuses notice-unknown, notice-state-wrong, segment-too-small, segment-attempted,
    notice-too-late, and what `make_request` refuses. Asked again after nobody decided in time, it
    is asked anew.
    """
    region_id, size = region.region_id, asking.size
    await one_at_a_time(db, region_id, f"notice {notice_id}")
    known = await known_notice(db, region_id, notice_id)
    if known.state not in ("draft", "asked"):
        raise Problem(NOTICE_STATE, state=known.state)
    if known.request_id != asking.request_id:
        now = await now_of(db)
        _check_time(known, now)
        if not size.passes:
            raise Problem(SEGMENT_TOO_SMALL, estimate=size.estimate, needed=size.needed)
        await _change(
            db, region_id, known, "asked", segment_hash=size.segment_hash, sized_in=size.month,
            month=region.day_of(known.draft.send_at or now).replace(day=1),
            texts={name: asdict(words) for name, words in asking.texts.items()},
            request_id=asking.request_id, asked_at=now,
        )  # fmt: skip
    return await make_request(
        db, region_id, asking.request_id, NOTICE_APPROVAL, doer, notice_id, asking.reason,
        estimate=size.estimate, needed=size.needed,
    )  # fmt: skip


async def approve_notice(db: AsyncSession, region: Region, notice_id: UUID, doer: Doer) -> None:
    """Let it be sent when it is due, by somebody who did not draft it either.

    Refuses notice-state-wrong, notice-too-late, second-person-needed, and segment-attempted where
    it was asked for in another month and the segment was written to in this one.
    """
    region_id = region.region_id
    known = await known_notice(db, region_id, notice_id)
    if known.state != "asked":
        raise Problem(NOTICE_STATE, state=known.state)
    now = await now_of(db)
    _check_time(known, now)
    drafter = UUID(known.drafted_by.partition(":")[2])
    if doer.login_id in await same_person(db, region_id, drafter):
        raise Problem(SECOND_PERSON_NEEDED)
    await _change(
        db, region_id, known, "approved", approved_by=doer.actor, approved_at=func.ledger.now(),
        month=region.day_of(known.draft.send_at or now).replace(day=1),
    )  # fmt: skip


async def put_back_notice(db: AsyncSession, region_id: int, notice_id: UUID) -> None:
    """A draft again: its approval was refused or withdrawn. The segment was not written to."""
    known = await known_notice(db, region_id, notice_id)
    if known.state == "asked":
        await _change(db, region_id, known, "draft", **_NOT_ASKED)


async def end_notice(
    db: AsyncSession, region_id: int, notice_id: UUID, reason: str, doer: Doer
) -> Notice:
    """Withdraw what is not sent yet, or stop what is: the kill switch. Twice is once.

    From the commit on nothing of it is sent any more, and no inbox shows it; a request for its
    approval ends. Refuses notice-unknown.
    """
    await one_at_a_time(db, region_id, f"notice {notice_id}")
    # The worker that begins with it at this moment, or has just matched it, is waited for.
    await db.execute(select(notice.c.notice_id).where(_is(region_id, notice_id)).with_for_update())
    known = await known_notice(db, region_id, notice_id)
    if known.state in ("withdrawn", "stopped"):
        return known
    is_out = known.state in ("sending", "done")
    if is_out:
        await end_message(db, region_id, notice_id, "stopped")
    if known.request_id is not None:
        await call_off(db, region_id, known.request_id, NOTICE_APPROVAL, doer)
    state: NoticeState = "stopped" if is_out else "withdrawn"
    await _change(db, region_id, known, state, ended_by=doer.actor, ended_at=func.ledger.now())
    await _act(db, region_id, f"notice.{state}", notice_id, doer, reason)
    return await known_notice(db, region_id, notice_id)


def _check_time(known: Notice, now: datetime) -> None:
    if known.draft.send_at is not None and known.draft.send_at < now - GRACE:
        raise Problem(NOTICE_TOO_LATE)


async def _change(
    db: AsyncSession, region_id: int, known: Notice, state: NoticeState, **values: Any
) -> None:
    """Another state; 409 segment-attempted where another notice has the segment and month."""
    changing = (
        update(notice)
        .where(_is(region_id, known.notice_id), notice.c.state == known.state)
        .values(state=state, **values)
        .returning(notice.c.notice_id)
    )
    try:
        async with db.begin_nested():
            changed = (await db.scalars(changing)).one_or_none()
    except IntegrityError as error:
        if _AGAIN not in str(error.orig):
            raise
        raise Problem(SEGMENT_ATTEMPTED) from error
    if changed is None:
        raise Problem(NOTICE_STATE, state=known.state)


async def _act(
    db: AsyncSession,
    region_id: int,
    act: str,
    notice_id: UUID,
    doer: Doer,
    reason: str | None = None,
) -> None:
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=act, object_id=notice_id,
        reason=reason,
    )  # fmt: skip


def _alert_of(region_id: int, notice_id: UUID) -> Select[tuple[UUID]]:
    """Whose message would have the same id."""
    of = alert.c
    return select(of.alert_id).where(of.region_id == region_id, of.alert_id == notice_id)


def _is(region_id: int, notice_id: UUID) -> ColumnElement[bool]:
    return and_(notice.c.region_id == region_id, notice.c.notice_id == notice_id)
