"""The outbox, as whoever carries messages sees it: taken for a while, then sent, put back or over.

A message is taken by moving its next attempt into the future. Whoever took it and died leaves it to
the next one: it may go out twice, and is never lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.messages import Channel
from access.sign_in_tables import message

KEPT_FOR: Final = timedelta(days=30)
"""How long it is known of a message that is over what became of it; its text is gone at once."""

_MESSAGE: Final = message.c
_MOST_TRIES: Final = 30_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was taken, for its `tries`-th attempt."""

    message_id: UUID
    channel: Channel
    purpose: str
    address: str
    body: str
    made_at: datetime
    tries: int


async def take_letters(
    db: AsyncSession, region_id: int, channels: Sequence[Channel], most: int, lease: timedelta
) -> list[Letter]:
    """Take up to `most` messages that are due, the longest waiting first; no two take the same."""
    due = (
        select(_MESSAGE.message_id)
        .where(
            _MESSAGE.region_id == region_id,
            _MESSAGE.state == "waiting",
            _MESSAGE.channel.in_(channels),
            _MESSAGE.not_before <= func.clock_timestamp(),
            _MESSAGE.expires_at > func.clock_timestamp(),
        )
        .order_by(_MESSAGE.not_before)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = await db.execute(
        update(message)
        .where(_MESSAGE.region_id == region_id, _MESSAGE.message_id.in_(due))
        .values(
            tries=func.least(_MESSAGE.tries + 1, _MOST_TRIES),
            not_before=func.clock_timestamp() + lease,
        )
        .returning(*_SHOWN)
    )
    return [Letter(*row) for row in taken]


async def waiting_letters(db: AsyncSession, region_id: int, most: int) -> list[Letter]:
    """Up to `most` messages that wait, oldest first; they are left where they are."""
    rows = await db.execute(
        select(*_SHOWN)
        .where(_MESSAGE.region_id == region_id, _MESSAGE.state == "waiting")
        .order_by(_MESSAGE.message_id)
        .limit(most)
    )
    return [Letter(*row) for row in rows]


async def put_back(
    db: AsyncSession, region_id: int, message_id: UUID, after: timedelta, failure: str
) -> None:
    """Let a message wait for its next attempt; `failure` is a code, for whoever looks why."""
    values = {"not_before": func.clock_timestamp() + after, "failure": failure}
    await _mark(db, region_id, message_id, values)


async def end_letter(
    db: AsyncSession,
    region_id: int,
    message_id: UUID,
    state: Literal["sent", "failed"],
    failure: str | None = None,
) -> None:
    """A message is sent, or never will be: its address and text are forgotten."""
    values = {"state": state, "failure": failure} | _FORGOTTEN
    await _mark(db, region_id, message_id, values)


async def expire_letters(db: AsyncSession, region_id: int, most: int) -> list[Letter]:
    """End up to `most` messages that nobody took in time; what they were."""
    over = (
        select(_MESSAGE.message_id)
        .where(
            _MESSAGE.region_id == region_id,
            _MESSAGE.state == "waiting",
            _MESSAGE.expires_at <= func.clock_timestamp(),
        )
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ended = await db.execute(
        update(message)
        .where(_MESSAGE.region_id == region_id, _MESSAGE.message_id.in_(over))
        .values(state="expired", **_FORGOTTEN)
        .returning(*_SHOWN)
    )
    return [Letter(*row) for row in ended]


async def forget_letters(db: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` messages that were over long ago; how many it were."""
    is_over = (
        (_MESSAGE.region_id == region_id)
        & (_MESSAGE.state != "waiting")
        & (_MESSAGE.ended_at < func.clock_timestamp() - KEPT_FOR)
    )
    over = select(_MESSAGE.message_id).where(is_over).limit(most)
    done = await db.scalars(
        delete(message).where(is_over, _MESSAGE.message_id.in_(over)).returning(_MESSAGE.message_id)
    )
    return len(done.all())


async def _mark(db: AsyncSession, region_id: int, message_id: UUID, values: dict[str, Any]) -> None:
    """Nothing happens to a message that is over already: somebody else has carried it too."""
    await db.execute(
        update(message)
        .where(
            _MESSAGE.region_id == region_id,
            _MESSAGE.message_id == message_id,
            _MESSAGE.state == "waiting",
        )
        .values(**values)
    )


_FORGOTTEN: Final[dict[str, Any]] = {
    "ended_at": func.clock_timestamp(),
    "address": "",
    "body": "",
}
_SHOWN: Final = (
    _MESSAGE.message_id,
    _MESSAGE.channel,
    _MESSAGE.purpose,
    _MESSAGE.address,
    _MESSAGE.body,
    _MESSAGE.made_at,
    _MESSAGE.tries,
)
