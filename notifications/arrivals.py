"""Read what upstreams sent, as it came, and what became of it; forget what let nothing out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem, problem
from notifications.receive_alert import Outcome
from notifications.upstream_tables import cap_arrival

ARRIVAL_UNKNOWN: Final = problem("cap-arrival-unknown", 404, "Nothing such has come.")

_OF: Final = cap_arrival.c
_FORGET: Final = text("""
    DELETE FROM notifications.cap_arrival a USING (
        SELECT region_id, arrival_id FROM notifications.cap_arrival
         WHERE region_id = :region AND alert_id IS NULL AND at < ledger.now() - interval '90 days'
         LIMIT :most) gone
     WHERE a.region_id = gone.region_id AND a.arrival_id = gone.arrival_id
    RETURNING 1
""")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of an upstream, without its content."""

    arrival_id: UUID
    upstream_id: UUID
    at: datetime
    digest: bytes
    outcome: Outcome
    refusal: str | None
    """The slug of the refusal."""
    identifier: str | None
    """None: of what was refused."""
    alert_id: UUID | None


async def list_arrivals(
    db: AsyncSession,
    region_id: int,
    upstream_id: UUID,
    *,
    before: UUID | None,
    limit: int,
    outcome: Outcome | None = None,
) -> list[Arrival]:
    """At most `limit`, newest first, of those with lower ids."""
    query = select(*_of_arrival()).where(_OF.region_id == region_id, _OF.upstream_id == upstream_id)
    if before is not None:
        query = query.where(_OF.arrival_id < before)
    if outcome is not None:
        query = query.where(_OF.outcome == outcome)
    rows = await db.execute(query.order_by(_OF.arrival_id.desc()).limit(limit))
    return [_arrival(row) for row in rows]


async def find_content(
    db: AsyncSession, region_id: int, upstream_id: UUID, arrival_id: UUID
) -> tuple[bytes, bytes]:
    """What came, byte for byte, and its SHA-256. Refuses cap-arrival-unknown."""
    rows = await db.execute(
        select(_OF.xml, _OF.digest).where(
            _OF.region_id == region_id,
            _OF.upstream_id == upstream_id,
            _OF.arrival_id == arrival_id,
        )
    )
    row = rows.one_or_none()
    if row is None:
        raise Problem(ARRIVAL_UNKNOWN)
    return row.xml, row.digest


async def forget_arrivals(db: AsyncSession, region_id: int, most: int) -> int:
    """Delete up to `most` of what was refused or a test, after 90 days; how many."""
    gone = await db.execute(_FORGET, {"region": region_id, "most": most})
    return len(gone.all())


def _of_arrival() -> tuple[Any, ...]:
    return (
        _OF.arrival_id, _OF.upstream_id, _OF.at, _OF.digest, _OF.outcome, _OF.refusal,
        _OF.identifier, _OF.alert_id,
    )  # fmt: skip


def _arrival(row: Row[Any]) -> Arrival:
    return Arrival(
        UUID(int=row.arrival_id.int), UUID(int=row.upstream_id.int), row.at, row.digest,
        row.outcome, row.refusal, row.identifier,
        None if row.alert_id is None else UUID(int=row.alert_id.int),
    )  # fmt: skip
