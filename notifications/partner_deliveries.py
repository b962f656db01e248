"""What was told to a partner, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.kinds import MessageKind
from notifications.partner_words import PARTNER_WEBHOOKS, PartnerWebhook, webhook_id_of
from notifications.tables import partner_delivery_told

PartnerDeliveryState = Literal["waiting", "sent", "dropped", "dead"]

_OF: Final = partner_delivery_told.c


@dataclass(frozen=True, slots=True)
class PartnerDelivery:
    """One webhook for one partner."""

    delivery_id: int
    webhook_id: UUID
    webhook: PartnerWebhook
    kind: MessageKind | None
    """None: a test."""
    message_id: UUID | None
    state: PartnerDeliveryState
    why: str | None
    """What the partner did the last time: a code."""
    tries: int
    not_before: datetime | None
    """When it is tried next; None once it is over."""
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryFilters:
    """Which of them; None is no matter. Instants are when they were put down."""

    state: PartnerDeliveryState | None = None
    webhook: PartnerWebhook | None = None
    message_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_partner_deliveries(
    db: AsyncSession, region_id: int, partner_id: UUID, wanted: DeliveryFilters,
    before: int | None, most: int,
) -> list[PartnerDelivery]:  # fmt: skip
    """At most `most`, newest first, of those with lower numbers."""
    query = select(partner_delivery_told).where(
        _OF.region_id == region_id, _OF.partner_id == partner_id
    )
    if wanted.state is not None:
        query = query.where(_OF.state == wanted.state)
    if wanted.message_id is not None:
        query = query.where(_OF.message_id == wanted.message_id)
    if wanted.since is not None:
        query = query.where(_OF.made_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_OF.made_at < wanted.until)
    if before is not None:
        query = query.where(_OF.delivery_id < before)
    if wanted.webhook is not None:
        told = [tells for tells, called in PARTNER_WEBHOOKS.items() if called == wanted.webhook]
        query = query.where(_OF.tells.in_(told))
    rows = await db.execute(query.order_by(_OF.delivery_id.desc()).limit(most))
    return [_delivery(region_id, row) for row in rows]


async def find_test(
    db: AsyncSession, region_id: int, partner_id: UUID, test_id: UUID
) -> PartnerDelivery | None:
    """The test of a partner under this id."""
    rows = await db.execute(
        select(partner_delivery_told).where(
            _OF.region_id == region_id, _OF.partner_id == partner_id, _OF.tells == "test",
            _OF.item_id == test_id,
        )
    )  # fmt: skip
    row = rows.one_or_none()
    return None if row is None else _delivery(region_id, row)


def _delivery(region_id: int, row: Row[Any]) -> PartnerDelivery:
    is_test = row.tells == "test"
    return PartnerDelivery(
        row.delivery_id, webhook_id_of(region_id, row.delivery_id), PARTNER_WEBHOOKS[row.tells],
        None if is_test else row.kind, None if is_test else UUID(int=row.message_id.int),
        row.state, row.why, row.tries, row.not_before, row.made_at, row.ended_at,
    )  # fmt: skip
