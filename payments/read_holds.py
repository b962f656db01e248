"""Read holds: for administrators a list with what the rules counted, for residents how many points
wait. By ids alone: no name of anybody is in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.books import Entry
from ledger.statement import entries_about
from payments.decide_hold import RejectHold, ReleaseHold
from payments.hold import HoldPoints

HoldState = Literal["held", "released", "rejected"]

_LIST: Final = """
    SELECT h.entry_id AS hold_id, h.seq, h.at, h.holder_id AS wallet_id, h.refers_to AS earned_by,
           p.kind = 'payment' AS is_payment, p.other_id AS store_id, s.parent_id AS merchant_id,
           h.amount AS points, h.facts,
           CASE d.kind WHEN 'hold.released' THEN 'released' WHEN 'hold.rejected' THEN 'rejected'
                       ELSE 'held' END AS state,
           (SELECT coalesce(sum(c.value), 0)::bigint FROM ledger.counter c
             WHERE c.region_id = :region AND c.subject_id = p.entry_id AND c.name = 'held')
           AS held_points,
           d.at AS decided_at, d.actor AS decided_by, d.facts ->> 'reason' AS reason
      FROM ledger.entry h
      JOIN ledger.entry p ON p.region_id = :region AND p.entry_id = h.refers_to
      LEFT JOIN ledger.holder s ON s.region_id = :region AND s.holder_id = p.other_id
      LEFT JOIN ledger.entry d
        ON d.region_id = :region AND d.refers_to = h.entry_id AND d.refusal IS NULL
       AND d.kind IN ('hold.released', 'hold.rejected')
     WHERE h.region_id = :region AND h.kind = 'hold.placed' AND h.refusal IS NULL
       AND h.seq < coalesce(:before, 9223372036854775807)
       AND (CAST(:hold_id AS uuid) IS NULL OR h.entry_id = :hold_id)
       AND (CAST(:rule AS text) IS NULL OR h.facts ->> 'rule' = :rule)
       AND (CAST(:merchant_id AS uuid) IS NULL OR s.parent_id = :merchant_id)
       AND (CAST(:wallet_id AS uuid) IS NULL OR h.holder_id = :wallet_id)
       AND (CAST(:state AS text) IS NULL
            OR :state = CASE d.kind WHEN 'hold.released' THEN 'released'
                                    WHEN 'hold.rejected' THEN 'rejected' ELSE 'held' END)
     ORDER BY h.seq DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which holds are wanted; None where it does not matter."""

    hold_id: UUID | None = None
    state: HoldState | None = None
    rule: str | None = None
    merchant_id: UUID | None = None
    wallet_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it stands."""

    hold_id: UUID
    seq: int
    held_at: datetime
    earned_by: UUID
    """The payment, or the entry that brought a top-up's money into the wallet."""
    is_payment: bool
    wallet_id: UUID
    store_id: UUID | None
    merchant_id: UUID | None
    rule: str
    figures: Mapping[str, int]
    """What the rule counted, by name."""
    points: int
    """As it was placed."""
    held_points: int
    """What waits now: less what refunds took back, nothing once it is decided."""
    state: HoldState
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check comes to for the resident whose points they are."""

    held: int
    """Points that wait."""
    rejected: Mapping[UUID, int]
    """Points of each campaign that went back to its budget and no refund has taken since."""


async def list_holds(
    session: AsyncSession, region_id: int, wanted: Wanted, before_seq: int | None, limit: int
) -> list[Hold]:
    """At most `limit` holds, newest first, of those with a number below `before_seq`."""
    given = {"region": region_id, "before": before_seq, "most": limit}
    names = ("hold_id", "state", "rule", "merchant_id", "wallet_id")
    rows = await session.execute(
        text(_LIST), {**given, **{name: getattr(wanted, name) for name in names}}
    )
    return [_hold(row) for row in rows]


async def read_checked(
    session: AsyncSession, region_id: int, earned_by: UUID, undone: Sequence[Entry]
) -> Checked | None:
    """How the hold of a payment or top-up stands after what undid it; None where there is none."""
    holds = await entries_about(session, region_id, earned_by, (HoldPoints.kind,))
    if not holds:
        return None
    kinds = (ReleaseHold.kind, RejectHold.kind)
    decisions = await entries_about(session, region_id, holds[0].entry_id, kinds)
    back = [part for entry in undone for part in entry.facts.get("clawed_back", ())]
    held = holds[0].amount - sum(part.get("held_points", 0) for part in back)
    rejected = {
        UUID(part["campaign_id"]): part["points"]
        for decision in decisions
        if decision.kind == RejectHold.kind
        for part in decision.facts["held"]
    }
    for part in back:
        campaign_id = UUID(part["campaign_id"])
        if campaign_id in rejected:
            rejected[campaign_id] -= part.get("rejected_points", 0)
    return Checked(0 if decisions else held, rejected)


def _hold(row: Row[Any]) -> Hold:
    return Hold(
        hold_id=UUID(int=row.hold_id.int),
        seq=row.seq,
        held_at=row.at,
        earned_by=row.earned_by,
        is_payment=row.is_payment,
        wallet_id=row.wallet_id,
        store_id=row.store_id,
        merchant_id=row.merchant_id,
        rule=row.facts["rule"],
        figures=row.facts["figures"],
        points=row.points,
        held_points=row.held_points,
        state=row.state,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
    )
