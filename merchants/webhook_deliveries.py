"""What was told to a webhook endpoint: listed, looked at, and sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from core.errors import Problem, problem
from ledger.command import ID_IN_USE
from merchants.queue_webhooks import LASTS
from merchants.webhook_endpoints import Endpoint, Whose, find_endpoint, note
from merchants.webhook_tables import webhook_attempt, webhook_delivery
from merchants.webhook_types import PING, ToldType, ping_body

WEBHOOK_DELIVERY_UNKNOWN: Final = problem(
    "webhook-delivery-unknown", 404, "There is no such delivery to this webhook endpoint."
)
WEBHOOK_ENDPOINT_DISABLED: Final = problem(
    "webhook-endpoint-disabled", 409, "The webhook endpoint is not told anything: enable it first."
)

MOST_SENT_AGAIN: Final = 1000
"""At a time: who has more asks again."""

DeliveryState = Literal["waiting", "delivered", "failed"]

_ROW: Final = webhook_delivery.c


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint; its id is the `webhook-id`."""

    delivery_id: UUID
    endpoint_id: UUID
    event_type: ToldType
    entry_id: UUID | None
    seq: int | None
    store_id: UUID | None
    body: str
    state: DeliveryState
    attempts: int
    not_before: datetime
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that it was sent."""

    attempt: int
    at: datetime
    duration_ms: int
    status: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which deliveries; None is no matter. Instants are when they were written down."""

    state: DeliveryState | None = None
    event_type: ToldType | None = None
    store_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_deliveries(
    db: AsyncSession, region_id: int, endpoint_id: UUID, wanted: Filters, before: UUID | None,
    most: int,
) -> list[Delivery]:  # fmt: skip
    """At most `most` of an endpoint that the caller reaches, the newest event first."""
    query = _of(region_id, endpoint_id)
    for column, value in (
        (_ROW.state, wanted.state),
        (_ROW.event_type, wanted.event_type),
        (_ROW.store_id, wanted.store_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(_ROW.made_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_ROW.made_at < wanted.until)
    if before is not None:
        query = query.where(_ROW.delivery_id < before)
    rows = await db.execute(query.order_by(_ROW.delivery_id.desc()).limit(most))
    return [_delivery(row) for row in rows]


async def find_delivery(
    db: AsyncSession, region_id: int, endpoint_id: UUID, delivery_id: UUID
) -> Delivery:
    """One of an endpoint that the caller reaches. Raises webhook-delivery-unknown."""
    found = await db.execute(_of(region_id, endpoint_id).where(_ROW.delivery_id == delivery_id))
    row = found.one_or_none()
    if row is None:
        raise Problem(WEBHOOK_DELIVERY_UNKNOWN)
    return _delivery(row)


async def attempts_of(
    db: AsyncSession, region_id: int, delivery_id: UUID, most: int = 100
) -> Sequence[Attempt]:
    """The last times that it was sent, oldest first."""
    attempt = webhook_attempt.c
    rows = await db.execute(
        select(*(attempt[name] for name in Attempt.__slots__))
        .where(attempt.region_id == region_id, attempt.delivery_id == delivery_id)
        .order_by(attempt.attempt.desc())
        .limit(most)
    )
    return [Attempt(*row) for row in rows][::-1]


async def ping(
    db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID, delivery_id: UUID,
    at: str, doer: Doer,
) -> tuple[Delivery, bool]:  # fmt: skip
    """A test for an endpoint, sent as any event is, and whether it is new.

    Raises webhook-endpoint-unknown, webhook-endpoint-disabled, id-in-use.
    """
    await _told(db, region_id, whose, endpoint_id)
    made = await db.scalars(
        insert(webhook_delivery)
        .values(
            region_id=region_id,
            delivery_id=delivery_id,
            endpoint_id=endpoint_id,
            event_type=PING,
            body=ping_body(at, endpoint_id),
            expires_at=func.clock_timestamp() + LASTS,
        )
        .on_conflict_do_nothing(constraint=webhook_delivery.primary_key)
        .returning(_ROW.delivery_id)
    )
    is_new = made.one_or_none() is not None
    if is_new:
        await note(db, region_id, doer, "pinged", endpoint_id, whose.merchant_id)
    try:
        found = await find_delivery(db, region_id, endpoint_id, delivery_id)
    except Problem as error:  # it stands for another endpoint's
        raise Problem(ID_IN_USE) from error
    if found.event_type != PING:
        raise Problem(ID_IN_USE)
    return found, is_new


async def send_again(
    db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID, delivery_id: UUID, doer: Doer
) -> Delivery:
    """Send one again, whatever became of it: under the same id, at once, and for three days.

    Raises webhook-endpoint-unknown, webhook-delivery-unknown, webhook-endpoint-disabled.
    """
    await find_endpoint(db, region_id, whose, endpoint_id)
    await find_delivery(db, region_id, endpoint_id, delivery_id)
    await _told(db, region_id, whose, endpoint_id)
    await _wait_again(db, region_id, [delivery_id])
    await note(
        db, region_id, doer, "sent_again", endpoint_id, whose.merchant_id,
        delivery_id=str(delivery_id),
    )  # fmt: skip
    return await find_delivery(db, region_id, endpoint_id, delivery_id)


async def send_failed_again(
    db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID, since: datetime, doer: Doer
) -> int:
    """Send again what was written down since an instant and failed, oldest first; how many.

    Raises webhook-endpoint-unknown, webhook-endpoint-disabled.
    """
    await _told(db, region_id, whose, endpoint_id)
    query = _of(region_id, endpoint_id).where(_ROW.state == "failed", _ROW.made_at >= since)
    rows = await db.execute(query.order_by(_ROW.delivery_id).limit(MOST_SENT_AGAIN))
    found = [row.delivery_id for row in rows]
    await _wait_again(db, region_id, found)
    await note(
        db, region_id, doer, "sent_again", endpoint_id, whose.merchant_id, deliveries=len(found)
    )
    return len(found)


async def _told(db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID) -> Endpoint:
    found = await find_endpoint(db, region_id, whose, endpoint_id, is_to_change=True)
    if found.state not in ("enabled", "failing"):
        raise Problem(WEBHOOK_ENDPOINT_DISABLED, state=found.state)
    return found


async def _wait_again(db: AsyncSession, region_id: int, deliveries: list[UUID]) -> None:
    await db.execute(
        update(webhook_delivery)
        .where(_ROW.region_id == region_id, _ROW.delivery_id.in_(deliveries))
        .values(
            state="waiting",
            tries=0,
            not_before=func.clock_timestamp(),
            expires_at=func.clock_timestamp() + LASTS,
            ended_at=None,
        )
    )


def _of(region_id: int, endpoint_id: UUID) -> Select[Any]:
    return select(*(_ROW[name] for name in Delivery.__slots__)).where(
        _ROW.region_id == region_id, _ROW.endpoint_id == endpoint_id
    )


def _delivery(row: Row[Any]) -> Delivery:
    said = row._asdict()
    for name in ("delivery_id", "endpoint_id", "entry_id", "store_id"):
        said[name] = None if said[name] is None else UUID(int=said[name].int)
    return Delivery(**said)
