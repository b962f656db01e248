"""Dead letters: what could not be sent to anybody, listed, counted and tried again.

Nothing here tells whom it was for: what is read is a view that does not have it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from notifications.kinds import Kind
from notifications.tables import dead_letter, outbox

DEAD_LETTER_UNKNOWN: Final = problem(
    "dead-letter-unknown", 404, "There is no such dead letter, or it is none any more."
)
DEAD_LETTER_OVER: Final = problem(
    "dead-letter-over", 409, "What it told is over, or its address is none: nobody would be told."
)

OutsideChannel = Literal["web_push", "fcm", "email", "sms", "webhook"]
"""All ways but the inbox, which is a table of ours."""
Over = Literal["expired", "replaced", "cancelled", "stopped", "no-address"]
"""Why trying again would tell nobody."""

MOST_AT_ONCE: Final = 1_000
"""Tried again at a time: who has more asks again."""

_OF: Final = dead_letter.c


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One that could not be sent."""

    delivery_id: int
    channel: OutsideChannel
    kind: Kind
    message_id: UUID | None
    """None: it was about somebody's own money or data."""
    why: str
    tries: int
    ended_at: datetime
    """The hour."""
    over: Over | None
    tells: Literal["message", "end"]
    """`end`: a partner was to be told that the message holds no more."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which dead letters; None is no matter. They ended within these instants."""

    channel: OutsideChannel | None = None
    why: str | None = None
    kind: Kind | None = None
    message_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are by one way, for one reason."""

    channel: OutsideChannel
    why: str
    letters: int
    over: int
    """How many of them trying again would not help."""


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of trying all of a filter again."""

    retried: int
    expired: int
    over: int
    """Of a message that was replaced, cancelled or stopped, or to an address that was dropped."""
    left: int
    """So many more can be tried again."""


async def list_dead_letters(
    db: AsyncSession, region_id: int, wanted: Filters, before: int | None, most: int
) -> list[DeadLetter]:
    """At most `most`, the one that was queued last first, of those with lower numbers."""
    query = select(dead_letter).where(*_wanted(region_id, wanted))
    if before is not None:
        query = query.where(_OF.delivery_id < before)
    rows = await db.execute(query.order_by(_OF.delivery_id.desc()).limit(most))
    return [_letter(row) for row in rows]


async def count_dead_letters(db: AsyncSession, region_id: int, wanted: Filters) -> list[Count]:
    """By way and reason, those with most of them first."""
    many = func.count()
    rows = await db.execute(
        select(_OF.channel, func.coalesce(_OF.why, "-"), many, func.count(_OF.over))
        .where(*_wanted(region_id, wanted))
        .group_by(_OF.channel, _OF.why)
        .order_by(many.desc(), _OF.channel, _OF.why)
    )
    return [Count(*row) for row in rows]


async def retry_dead_letter(
    db: AsyncSession, region_id: int, delivery_id: int, reason: str, doer: Doer
) -> DeadLetter:
    """Let one be tried again, as often as the first time; as it was before.

    Refuses dead-letter-unknown, dead-letter-over.
    """
    rows = await db.execute(
        select(dead_letter).where(_OF.region_id == region_id, _OF.delivery_id == delivery_id)
    )
    row = rows.one_or_none()
    if row is None:
        raise Problem(DEAD_LETTER_UNKNOWN)
    found = _letter(row)
    if found.over is not None:
        raise Problem(DEAD_LETTER_OVER, why=found.over)
    if not await _wake(db, region_id, [delivery_id]):
        raise Problem(DEAD_LETTER_UNKNOWN)  # somebody else was quicker
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="dead_letter.retried", reason=reason,
        object_id=found.message_id, delivery_id=delivery_id, channel=found.channel,
    )  # fmt: skip
    return found


async def retry_dead_letters(
    db: AsyncSession, region_id: int, wanted: Filters, reason: str, doer: Doer
) -> Retried:
    """Let all of a filter be tried again that can be, a thousand at a time, the oldest first."""
    of_it = _wanted(region_id, wanted)
    open_ones = select(_OF.delivery_id).where(*of_it, _OF.over.is_(None)).order_by(_OF.delivery_id)
    found = (await db.scalars(open_ones.limit(MOST_AT_ONCE))).all()
    retried = await _wake(db, region_id, list(found))
    rows = await db.execute(select(_OF.over, func.count()).where(*of_it).group_by(_OF.over))
    over: dict[Over | None, int] = {row[0]: row[1] for row in rows}
    left, expired = over.pop(None, 0), over.pop("expired", 0)
    facts: dict[str, Any] = {
        name: value for name, value in _said(wanted).items() if value is not None
    }
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="dead_letters.retried",
        object_id=wanted.message_id, reason=reason, letters=retried, **facts,
    )  # fmt: skip
    return Retried(retried, expired, sum(over.values()), left)


async def _wake(db: AsyncSession, region_id: int, letters: list[int]) -> int:
    """The rows themselves: so nobody is told of an item twice by one way."""
    woken = await db.scalars(
        update(outbox)
        .where(
            outbox.c.region_id == region_id,
            outbox.c.delivery_id.in_(letters),
            outbox.c.state == "dead",
        )
        .values(
            state="waiting", why=None, tries=0, not_before=func.clock_timestamp(), ended_at=None
        )
        .returning(outbox.c.delivery_id)
    )
    return len(woken.all())


def _wanted(region_id: int, wanted: Filters) -> list[ColumnElement[bool]]:
    conditions = [_OF.region_id == region_id]
    for column, value in (
        (_OF.channel, wanted.channel),
        (_OF.why, wanted.why),
        (_OF.kind, wanted.kind),
        (_OF.message_id, wanted.message_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.since is not None:
        conditions.append(_OF.ended_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_OF.ended_at < wanted.until)
    return conditions


def _said(wanted: Filters) -> dict[str, str | None]:
    """The filter as the log of acts tells it."""
    moments = {"since": wanted.since, "until": wanted.until}
    return {
        "channel": wanted.channel,
        "why": wanted.why,
        "kind": wanted.kind,
        **{name: None if at is None else at.isoformat() for name, at in moments.items()},
    }


def _letter(row: Row[Any]) -> DeadLetter:
    message_id = None if row.message_id is None else UUID(int=row.message_id.int)
    return DeadLetter(
        row.delivery_id, row.channel, row.kind, message_id, row.why or "-", row.tries,
        row.ended_at, row.over, row.tells,
    )  # fmt: skip
