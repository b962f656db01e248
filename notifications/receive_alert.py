"""Take an alert from an upstream: out to everybody with the commit, and kept as it came."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from core.errors import Problem, problem
from core.ids import uuid7, uuid8
from core.one_at_a_time import one_at_a_time
from insights.plans import plan_for
from ledger.command import ID_IN_USE
from ledger.regions import Region
from notifications.alert import Alert
from notifications.alerts import check_earlier, draft_alert, let_out
from notifications.read_alerts import Kept, find_alert
from notifications.read_cap import Cap, read_cap
from notifications.understand_cap import Followed, refuse_untaken, understand
from notifications.upstream import EventKind
from notifications.upstream_tables import cap_arrival
from notifications.upstreams import UPSTREAM_REVOKED, UPSTREAM_UNKNOWN, Registered, find_upstream

CAP_SENDER_WRONG: Final = problem(
    "cap-sender-wrong", 409, "This upstream speaks for another sender."
)
CAP_REFERENCE_UNKNOWN: Final = problem(
    "cap-reference-unknown", 404, "No alert of this sender that is or was out has this reference."
)

Outcome = Literal["out", "exercise", "test", "refused"]
"""`test` made no alert: of a message whose status is Test or System."""

_OF: Final = cap_arrival.c


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message that was taken."""

    arrival_id: UUID
    outcome: Outcome
    alert_id: UUID | None
    digest: bytes
    is_replay: bool = False


async def receive_alert(
    db: AsyncSession, region: Region, upstream_id: UUID, content: bytes, now: datetime
) -> Taken:
    """What this upstream has signed. The same message again has the same answer.

    Refuses xml-…, cap-…, id-in-use for another content under an identifier, alert-not-out,
    alert-times, alert-upstream-unknown, alert-upstream-revoked.
    """
    region_id, cap = region.region_id, read_cap(content)
    await one_at_a_time(db, region_id, "alerts")
    found = await find_upstream(db, region_id, upstream_id, stays=True)
    if found.state != "stands":
        raise Problem(UPSTREAM_REVOKED if found.state == "revoked" else UPSTREAM_UNKNOWN)
    if cap.sender != found.upstream.sender:
        raise Problem(CAP_SENDER_WRONG)
    digest = sha256(content).digest()
    known = await _known(db, region_id, cap, digest)
    if known is not None:
        return known
    refuse_untaken(cap, now)
    if cap.status in {"Test", "System"}:
        if cap.message_type == "Alert":  # it is to learn whether an alert would be taken
            await _understood(db, region, found, cap, now, None)
        taken, event = Taken(uuid7(now), "test", None, digest), None
    else:
        taken, event = await _let_out(db, region, found, cap, digest, now)
    await db.execute(
        insert(cap_arrival).values(
            region_id=region_id,
            arrival_id=taken.arrival_id,
            upstream_id=upstream_id,
            at=now,
            xml=content,
            digest=digest,
            outcome=taken.outcome,
            sender=cap.sender,
            identifier=cap.identifier,
            sent_at=cap.sent,
            event=event,
            alert_id=taken.alert_id,
        )
    )
    return taken


async def keep_refused(
    db: AsyncSession, region_id: int, upstream_id: UUID, content: bytes, slug: str, now: datetime
) -> None:
    """What was signed and refused, for somebody to read; the same again is kept once."""
    await db.execute(
        insert_once(cap_arrival)
        .values(
            region_id=region_id,
            arrival_id=uuid7(now),
            upstream_id=upstream_id,
            at=now,
            xml=content,
            digest=sha256(content).digest(),
            outcome="refused",
            refusal=slug,
        )
        .on_conflict_do_nothing()
    )


async def _let_out(
    db: AsyncSession, region: Region, by: Registered, cap: Cap, digest: bytes, now: datetime
) -> tuple[Taken, str]:
    region_id = region.region_id
    followed = None if cap.message_type == "Alert" else await _followed(db, region_id, cap, now)
    kind, made = await _understood(db, region, by, cap, now, followed)
    await check_earlier(db, region_id, made, now)
    alert_id = uuid8(now, "alert", region.code, cap.sender, cap.identifier)
    await draft_alert(db, region_id, alert_id, made, by.actor, by.upstream_id)
    await let_out(db, region, alert_id, made, by.actor, now, cap.sender)
    await enter_act(
        db, region_id, actor=by.actor, act="alert.received", object_id=alert_id,
        upstream_id=str(by.upstream_id), digest=digest.hex(),
    )  # fmt: skip
    outcome: Outcome = "out" if made.status == "Actual" else "exercise"
    return Taken(uuid7(now), outcome, alert_id, digest), kind.event


async def _understood(
    db: AsyncSession,
    region: Region,
    by: Registered,
    cap: Cap,
    now: datetime,
    followed: Followed | None,
) -> tuple[EventKind, Alert]:
    plan = await plan_for(db, region.region_id, region.day_of(now))
    areas = frozenset(area.code for area in plan.lists.areas) if plan is not None else frozenset()
    return understand(cap, by.upstream, areas, now, followed)


async def _known(db: AsyncSession, region_id: int, cap: Cap, digest: bytes) -> Taken | None:
    rows = await db.execute(
        select(_OF.arrival_id, _OF.outcome, _OF.alert_id, _OF.digest).where(
            _OF.region_id == region_id,
            _OF.sender == cap.sender,
            _OF.identifier == cap.identifier,
            _OF.outcome != "refused",
        )
    )
    row = rows.one_or_none()
    if row is None:
        return None
    if row.digest != digest:
        raise Problem(ID_IN_USE)
    alert_id = None if row.alert_id is None else UUID(int=row.alert_id.int)
    return Taken(UUID(int=row.arrival_id.int), row.outcome, alert_id, row.digest, is_replay=True)


async def _followed(db: AsyncSession, region_id: int, cap: Cap, now: datetime) -> Followed:
    """Of those that it names the one that holds. Those of others are none of its business."""
    if any(each.sender != cap.sender for each in cap.references):
        raise Problem(CAP_REFERENCE_UNKNOWN)
    rows = await db.execute(
        select(_OF.alert_id, _OF.event, _OF.identifier, _OF.sent_at)
        .where(
            _OF.region_id == region_id,
            _OF.sender == cap.sender,
            _OF.identifier.in_([each.identifier for each in cap.references]),
            _OF.alert_id.is_not(None),
        )
        .order_by(_OF.arrival_id.desc())
    )
    named = {(each.identifier, each.sent.astimezone(UTC)) for each in cap.references}
    found: list[tuple[Kept, str]] = []
    for row in rows:
        if (row.identifier, row.sent_at.astimezone(UTC)) in named:
            kept = await find_alert(db, region_id, UUID(int=row.alert_id.int), now)
            assert kept is not None, "a foreign key says so"
            found.append((kept, row.event))
    if not found:
        raise Problem(CAP_REFERENCE_UNKNOWN)
    kept, event = next((each for each in found if each[0].later is None), found[0])
    return Followed(kept.alert_id, kept.alert, event)
