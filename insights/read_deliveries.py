"""Read the figures of deliveries as they were told: newest first, with intervals."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil, sqrt
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from insights.released import Figure
from insights.tables import delivery_told

_Z: Final = 1.96


@dataclass(frozen=True, slots=True)
class Delivered:
    """A notice, and how it was taken within 72 hours: noisy numbers of people."""

    message_id: UUID
    kind: Literal["public_service", "campaign"]
    title: str
    made_at: datetime
    read: Figure
    unread: Figure
    sigma_milli: int
    released_at: datetime

    @property
    def got(self) -> Figure:
        """Both together: how many it reached."""
        return _figure(self.read.value + self.unread.value, sqrt(2) * self.sigma_milli)


async def list_delivered(
    db: AsyncSession,
    region_id: int,
    *,
    before: UUID | None,
    limit: int,
    kind: str | None = None,
    message_id: UUID | None = None,
) -> list[Delivered]:
    """At most `limit` of those whose id is below `before`; ids follow the time."""
    of = delivery_told.c
    query = select(
        of.message_id, of.kind, of.title, of.made_at, of.read_people, of.unread_people,
        of.sigma_milli, of.released_at,
    ).where(of.region_id == region_id)  # fmt: skip
    if before is not None:
        query = query.where(of.message_id < before)
    if kind is not None:
        query = query.where(of.kind == kind)
    if message_id is not None:
        query = query.where(of.message_id == message_id)
    rows = await db.execute(query.order_by(of.message_id.desc()).limit(limit))
    return [
        Delivered(
            UUID(int=row.message_id.int), row.kind, row.title, row.made_at,
            _figure(row.read_people, row.sigma_milli),
            _figure(row.unread_people, row.sigma_milli),
            row.sigma_milli, row.released_at,
        )
        for row in rows
    ]  # fmt: skip


def _figure(people: int, sigma_milli: float) -> Figure:
    """As it was drawn: below zero too, or sums of them would be too large."""
    reach = ceil(_Z * sigma_milli / 1_000)
    return Figure(people, people - reach, people + reach)
