"""The deliveries of webhooks, as whoever sends them sees them: taken for a while, then marked.

One is taken by moving its next attempt into the future. Whoever took it and died leaves it to the
next one: it may be sent twice, under the same id, and is never lost.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.webhook_tables import webhook_delivery, webhook_endpoint

KEPT_FOR: Final = timedelta(days=30)
"""How long a delivery can be looked at, and sent again."""

_ENDPOINT: Final = webhook_endpoint.c
_ROW: Final = webhook_delivery.c
_NOW: Final = func.clock_timestamp()
_MAY_BE_SENT: Final = (
    _ENDPOINT.state.in_(("enabled", "failing")),
    or_(_ENDPOINT.rests_until.is_(None), _ENDPOINT.rests_until <= _NOW),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that was taken, for its `tries`-th attempt since it was asked for."""

    delivery_id: UUID
    body: str
    tries: int
    attempt: int
    """Counted from 1, through all times that it was asked for."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be sent to one endpoint now; its secrets are sealed."""

    endpoint_id: UUID
    url: str
    secrets: tuple[bytes, ...]
    deliveries: list[Taken]


async def endpoints_due(
    db: AsyncSession, region_id: int, but: Collection[UUID], most: int
) -> list[UUID]:
    """Up to `most` endpoints for which something is due, and which are not among `but`.

    By chance, so that none of many is always the last.
    """
    due = exists().where(
        _ROW.region_id == region_id,
        _ROW.endpoint_id == _ENDPOINT.endpoint_id,
        _ROW.state == "waiting",
        _ROW.not_before <= _NOW,
        _ROW.expires_at > _NOW,
    )
    rows = await db.scalars(
        select(_ENDPOINT.endpoint_id)
        .where(
            _ENDPOINT.region_id == region_id, *_MAY_BE_SENT, _ENDPOINT.endpoint_id.not_in(but), due
        )
        .order_by(func.random())
        .limit(most)
    )
    return [UUID(int=each.int) for each in rows]


async def take(
    db: AsyncSession, region_id: int, endpoint_id: UUID, most: int, lease: timedelta
) -> Load | None:
    """Take what is due, the oldest first, of an endpoint; one of a failing one. None: it rests."""
    found = await db.execute(
        select(
            _ENDPOINT.url, _ENDPOINT.state, _ENDPOINT.secret, _ENDPOINT.old_secret,
            (_ENDPOINT.old_secret_until > _NOW).label("signs_twice"),
        ).where(
            _ENDPOINT.region_id == region_id, _ENDPOINT.endpoint_id == endpoint_id, *_MAY_BE_SENT
        )
    )  # fmt: skip
    endpoint = found.one_or_none()
    if endpoint is None:
        return None
    due = (
        select(_ROW.delivery_id)
        .where(
            _ROW.region_id == region_id,
            _ROW.endpoint_id == endpoint_id,
            _ROW.state == "waiting",
            _ROW.not_before <= _NOW,
            _ROW.expires_at > _NOW,
        )
        .order_by(_ROW.not_before, _ROW.seq)
        .limit(most if endpoint.state == "enabled" else 1)
        .with_for_update(skip_locked=True)
    )
    rows = await db.execute(
        update(webhook_delivery)
        .where(_ROW.region_id == region_id, _ROW.delivery_id.in_(due))
        .values(tries=_ROW.tries + 1, attempts=_ROW.attempts + 1, not_before=_NOW + lease)
        .returning(
            _ROW.delivery_id, _ROW.body, _ROW.tries, _ROW.attempts, _ROW.expires_at, _ROW.seq
        )
    )
    taken = sorted(rows, key=lambda row: row.seq or 0)
    secrets = (endpoint.secret, *([endpoint.old_secret] if endpoint.signs_twice else []))
    return Load(
        endpoint_id, endpoint.url, secrets,
        [Taken(UUID(int=row.delivery_id.int), *row[1:5]) for row in taken],
    )  # fmt: skip


async def end_delivery(db: AsyncSession, region_id: int, delivery_id: UUID, state: str) -> None:
    """A delivery is `delivered`, or `failed` for good."""
    await _mark(db, region_id, delivery_id, {"state": state, "ended_at": _NOW})


async def put_back(db: AsyncSession, region_id: int, delivery_id: UUID, after: timedelta) -> None:
    """Let a delivery wait for its next attempt."""
    await _mark(db, region_id, delivery_id, {"not_before": _NOW + after})


async def give_up_deliveries(db: AsyncSession, region_id: int, most: int) -> int:
    """End up to `most` deliveries whose time is over; how many it were."""
    over = (
        select(_ROW.delivery_id)
        .where(_ROW.region_id == region_id, _ROW.state == "waiting", _ROW.expires_at <= _NOW)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ended = await db.scalars(
        update(webhook_delivery)
        .where(_ROW.region_id == region_id, _ROW.delivery_id.in_(over))
        .values(state="failed", ended_at=_NOW)
        .returning(_ROW.delivery_id)
    )
    return len(ended.all())


async def forget_deliveries(db: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` deliveries, with their attempts, that ended long ago; how many."""
    is_old = (_ROW.region_id == region_id) & (_ROW.made_at < _NOW - KEPT_FOR)
    over = select(_ROW.delivery_id).where(is_old, _ROW.state != "waiting").limit(most)
    done = await db.scalars(
        delete(webhook_delivery)
        .where(is_old, _ROW.delivery_id.in_(over))
        .returning(_ROW.delivery_id)
    )
    return len(done.all())


async def _mark(
    db: AsyncSession, region_id: int, delivery_id: UUID, values: dict[str, Any]
) -> None:
    """Nothing happens to what is over already: somebody else has sent it too."""
    await db.execute(
        update(webhook_delivery)
        .where(
            _ROW.region_id == region_id,
            _ROW.delivery_id == delivery_id,
            _ROW.state == "waiting",
        )
        .values(**values)
    )
