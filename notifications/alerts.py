"""Keep alerts: typed or received, and let out to everybody with one commit."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.requests import Request, RequestKind, make_request
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from insights.plan import Area
from insights.plans import plan_for
from ledger.command import ID_IN_USE
from ledger.regions import Region
from notifications.alert import Alert
from notifications.alert_tables import alert
from notifications.cap import Reference, cap_of
from notifications.kinds import LANGUAGES
from notifications.messages import Message, Words, end_message, put_message
from notifications.read_alerts import find_alert
from notifications.read_notices import find_notice

ALERT_PLACE_UNKNOWN: Final = problem(
    "alert-place-unknown", 422, "The region's plan of statistics has no such area."
)
ALERT_TIMES: Final = problem("alert-times", 422, "An alert ends after now, and within 14 days.")
ALERT_NOT_OUT: Final = problem(
    "alert-not-out", 409, "The earlier alert is not out, or was updated, cancelled or an exercise."
)
ALERT_OVER: Final = problem("alert-over", 409, "The time of this alert is over: type it again.")
ALERT_APPROVAL: Final = RequestKind("alert.approval", timedelta(days=1))
"""Its object is the alert, whose id it has."""
LONGEST: Final = timedelta(days=14)
MOST_REFERENCES: Final = 20


async def ask_for_alert(
    db: AsyncSession, region: Region, alert_id: UUID, wished: Alert, reason: str, now: datetime,
    doer: Doer,
) -> Request:  # fmt: skip
    """Write it down and ask a second person in one go; the same id and content are one.

    Refuses id-in-use, alert-times, alert-place-unknown, alert-not-out, and what `make_request`
    refuses.
    """
    region_id = region.region_id
    await one_at_a_time(db, region_id, f"message {alert_id}")
    known = await find_alert(db, region_id, alert_id, now)
    if known is None:
        if await find_notice(db, region_id, alert_id) is not None:
            raise Problem(ID_IN_USE)
        if not now < wished.expires <= now + LONGEST:
            raise Problem(ALERT_TIMES)
        await areas_of(db, region, wished, now)
        await check_earlier(db, region_id, wished, now)
        await draft_alert(db, region_id, alert_id, wished, doer.actor)
        await enter_act(
            db, region_id, actor=doer.actor, role=doer.role, act="alert.drafted",
            object_id=alert_id, reason=reason,
        )  # fmt: skip
    elif known.alert != wished:
        raise Problem(ID_IN_USE)
    return await make_request(db, region_id, alert_id, ALERT_APPROVAL, doer, alert_id, reason)


async def approve_alert(
    db: AsyncSession, region: Region, alert_id: UUID, doer: Doer, now: datetime
) -> None:
    """Let it out: with this commit it is in every inbox, unless it is an exercise.

    The caller knows that `doer` may. Refuses alert-over, alert-not-out, alert-place-unknown.
    """
    region_id = region.region_id
    await one_at_a_time(db, region_id, "alerts")
    known = await find_alert(db, region_id, alert_id, now)
    assert known is not None, "it was asked for"
    assert known.approved_at is None, "a request is decided once"
    if known.alert.expires <= now:
        raise Problem(ALERT_OVER)
    await let_out(db, region, alert_id, known.alert, doer.actor, now)


async def draft_alert(
    db: AsyncSession, region_id: int, alert_id: UUID, wished: Alert, drafted_by: str,
    upstream_id: UUID | None = None,
) -> None:  # fmt: skip
    """Write it down. What an upstream drafts is let out by the same, and by nobody else."""
    await db.execute(
        insert(alert).values(
            region_id=region_id,
            alert_id=alert_id,
            status=wished.status,
            message_type=wished.message_type,
            earlier=wished.earlier,
            document=wished.document(),
            drafted_by=drafted_by,
            expires_at=wished.expires,
            upstream_id=upstream_id,
            upstream_approval=None if upstream_id is None else "approved",
        )
    )


async def let_out(
    db: AsyncSession, region: Region, alert_id: UUID, made: Alert, approved_by: str, now: datetime,
    source: str | None = None,
) -> None:  # fmt: skip
    """By whoever has the lock of `alerts`. Refuses alert-not-out, alert-place-unknown."""
    region_id, sent_at = region.region_id, now.replace(microsecond=0)
    areas = await areas_of(db, region, made, now)
    await check_earlier(db, region_id, made, now)
    earlier = await earlier_ones(db, region_id, made, now)
    await db.execute(
        update(alert)
        .where(_is(region_id, alert_id))
        .values(
            approved_by=approved_by,
            approved_at=sent_at,
            cap=cap_of(region, alert_id, made, sent_at, areas, earlier, source),
            reach="residents" if made.status == "Actual" else "nobody",
        )
    )
    if made.status == "Actual":
        await _tell_everybody(db, region_id, alert_id, made, sent_at)


async def _tell_everybody(
    db: AsyncSession, region_id: int, alert_id: UUID, made: Alert, sent_at: datetime
) -> None:
    """The message of a cancel stands in the place of what it cancels, which is told as such."""
    if made.message_type == "Cancel":
        assert made.earlier is not None, "the model asks for it"
        await end_message(db, region_id, made.earlier, "cancelled")
    texts = {
        language: Words(words.title, words.body)
        for language in LANGUAGES
        for words in (getattr(made.texts, language),)
    }
    told = Message(
        message_id=alert_id,
        kind="emergency",
        audience="everybody",
        texts=texts,
        why={"purpose": "emergency", "message_type": made.message_type, "areas": made.areas},
        made_at=sent_at,
        expires_at=made.expires,
        replaces=made.earlier,
    )
    await put_message(db, region_id, told)


async def areas_of(db: AsyncSession, region: Region, wished: Alert, now: datetime) -> list[Area]:
    """The areas that it names, by the plan in force. Refuses alert-place-unknown."""
    if not wished.areas:
        return []
    plan = await plan_for(db, region.region_id, region.day_of(now))
    known = {} if plan is None else {area.code: area for area in plan.lists.areas}
    if not set(wished.areas) <= known.keys():
        raise Problem(ALERT_PLACE_UNKNOWN, known=tuple(sorted(known)))
    return [known[code] for code in wished.areas]


async def earlier_ones(
    db: AsyncSession, region_id: int, wished: Alert, now: datetime
) -> list[Reference]:
    """The alert that it follows and those before it, newest first, as they went out."""
    told: list[Reference] = []
    following = wished.earlier
    while following is not None and len(told) < MOST_REFERENCES:
        found = await find_alert(db, region_id, following, now)
        if found is None or found.approved_at is None:
            break
        told.append(Reference(found.alert_id, found.approved_at))
        following = found.alert.earlier
    return told


async def check_earlier(db: AsyncSession, region_id: int, wished: Alert, now: datetime) -> None:
    """Refuses alert-not-out, unless what it follows is out, of the same status, and not ended."""
    if wished.earlier is None:
        return
    found = await find_alert(db, region_id, wished.earlier, now)
    if found is None or found.approved_at is None or found.later is not None:
        raise Problem(ALERT_NOT_OUT)
    if found.alert.status != wished.status or found.alert.message_type == "Cancel":
        raise Problem(ALERT_NOT_OUT)


def _is(region_id: int, alert_id: UUID) -> ColumnElement[bool]:
    return and_(alert.c.region_id == region_id, alert.c.alert_id == alert_id)
