"""Read alerts as they stand: by id, the newest first, or those that hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, cast, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import problem
from notifications.alert import Alert, MessageType, Status
from notifications.alert_tables import alert_told

ALERT_UNKNOWN: Final = problem("alert-unknown", 404, "There is no such alert.")

AlertState = Literal["draft", "out", "updated", "cancelled", "over"]
"""`draft` until another person lets it out; `over` by its time."""

_OF: Final = alert_told.c


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert as it stands."""

    alert_id: UUID
    alert: Alert
    state: AlertState
    drafted_by: str
    drafted_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    cap: str | None
    """The XML that went out."""
    reaches_residents: bool
    later: UUID | None
    """By which one it was updated or cancelled."""
    upstream_id: UUID | None
    """From which upstream it came; None: people here typed it."""


@dataclass(frozen=True, slots=True)
class AlertFilters:
    """Which of them; None is no matter. Instants are when they were typed, or came."""

    state: AlertState | None = None
    status: Status | None = None
    message_type: MessageType | None = None
    upstream_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def find_alert(
    db: AsyncSession, region_id: int, alert_id: UUID, now: datetime
) -> Kept | None:
    """The alert under this id."""
    rows = await db.execute(
        select(alert_told).where(_OF.region_id == region_id, _OF.alert_id == alert_id)
    )
    row = rows.one_or_none()
    return None if row is None else _kept(row, now)


async def list_alerts(
    db: AsyncSession,
    region_id: int,
    now: datetime,
    wanted: AlertFilters,
    before: UUID | None,
    most: int,
) -> list[Kept]:
    """At most `most`, newest first, of those with lower ids."""
    query = select(alert_told).where(_OF.region_id == region_id)
    said = cast(_OF.document, JSONB)
    for found, value in (
        (said["status"].astext, wanted.status),
        (said["message_type"].astext, wanted.message_type),
        (_OF.upstream_id, wanted.upstream_id),
    ):
        if value is not None:
            query = query.where(found == value)
    if wanted.state is not None:
        query = query.where(_in_state(wanted.state, now))
    if wanted.since is not None:
        query = query.where(_OF.drafted_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_OF.drafted_at < wanted.until)
    if before is not None:
        query = query.where(_OF.alert_id < before)
    rows = await db.execute(query.order_by(_OF.alert_id.desc()).limit(most))
    return [_kept(row, now) for row in rows]


async def alerts_that_hold(db: AsyncSession, region_id: int, now: datetime) -> list[Kept]:
    """What reaches everybody now, cancels too until their time is over; newest first."""
    rows = await db.execute(
        select(alert_told)
        .where(
            _OF.region_id == region_id,
            _OF.reach == "residents",
            _OF.later.is_(None),
            _OF.expires_at > now,
        )
        .order_by(_OF.approved_at.desc(), _OF.alert_id)
        .limit(100)
    )
    return [_kept(row, now) for row in rows]


def _in_state(state: AlertState, now: datetime) -> ColumnElement[bool]:
    is_out = _OF.approved_at.is_not(None)
    match state:
        case "draft":
            return ~is_out & (_OF.expires_at > now)
        case "out":
            return is_out & _OF.later.is_(None) & (_OF.expires_at > now)
        case "updated":
            return _OF.later_type == "Update"
        case "cancelled":
            return _OF.later_type == "Cancel"
        case "over":
            return or_(_OF.later.is_(None), ~is_out) & (_OF.expires_at <= now)


def _state(row: Row[tuple[object, ...]], now: datetime) -> AlertState:
    if row.later is not None:
        return "updated" if row.later_type == "Update" else "cancelled"
    if row.expires_at <= now:
        return "over"
    return "draft" if row.approved_at is None else "out"


def _kept(row: Row[tuple[object, ...]], now: datetime) -> Kept:
    return Kept(
        UUID(int=row.alert_id.int), Alert.model_validate_json(row.document), _state(row, now),
        row.drafted_by, row.drafted_at, row.approved_by, row.approved_at, row.cap,
        row.reach == "residents", None if row.later is None else UUID(int=row.later.int),
        None if row.upstream_id is None else UUID(int=row.upstream_id.int),
    )  # fmt: skip
