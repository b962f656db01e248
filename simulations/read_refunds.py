"""Read the refunds and voids of a stretch of the journal: what came back, and what was owed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import orjson

from core.database import Connection
from core.errors import Problem
from simulations.asked import SIMULATION_TOO_LARGE

MOST_REFUNDS: Final = 500_000
"""Each is kept in memory, and so is the payment that it refunds."""

# Few entries refer to others; the index of those that do is read, not all payments.
_REFUNDS: Final = """
    SELECT seq, entry_id, refers_to, business_date, holder_id, facts ? 'counted_ever',
           facts ->> 'refunded_yen', facts -> 'clawed_back'
      FROM ledger.entry
     WHERE region_id = $1 AND refers_to IS NOT NULL AND kind IN ('refund', 'void')
       AND refusal IS NULL AND seq > $2 AND seq <= $3
       AND NOT facts ? 'payer'  -- a shop's: campaigns are not asked
     LIMIT $4
"""
_INTO_BUDGETS: Final = """
    SELECT p.entry_id, a.holder_id,
           sum(CASE WHEN a.kind = 'budget_due' THEN 0 WHEN p.is_debit THEN 0 ELSE p.amount END)
           - sum(CASE WHEN a.kind = 'budget_due' AND p.is_debit THEN p.amount ELSE 0 END)
      FROM ledger.posting p
      JOIN ledger.account a ON a.region_id = $1 AND a.account_no = p.account_no
     WHERE p.region_id = $1 AND p.entry_id = ANY ($2) AND a.holder_id = ANY ($3)
       AND a.kind IN ('budget', 'budget_kept', 'budget_due')
     GROUP BY 1, 2
"""
_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class PastRefund:
    """A refund or void as it was."""

    seq: int
    payment_id: bytes
    day: date
    wallet_id: bytes
    is_as_if_never_paid: bool
    """Whether the next payment of the person is the first one again."""
    refunded_yen: int
    """Of the payment, so far."""
    owed: Mapping[UUID, int]
    """By campaign, what was taken back and was not there to be collected."""


async def read_refunds(
    connection: Connection, region_id: int, first: int, last: int, replayed: Collection[UUID]
) -> list[PastRefund]:
    """All of them, by no order. `owed` is told of the campaigns in `replayed`.

    Raises simulation-too-large.
    """
    limit = MOST_REFUNDS + 1
    rows = await connection.fetch(_REFUNDS, region_id, first, last, limit)
    if len(rows) == limit:
        raise Problem(SIMULATION_TOO_LARGE, most_refunds=MOST_REFUNDS)
    collected: dict[tuple[bytes, UUID], int] = {}
    ids = [row[1] for row in rows] if replayed else []
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        for entry_id, campaign_id, yen in await connection.fetch(
            _INTO_BUDGETS, region_id, some, list(replayed)
        ):
            collected[entry_id.bytes, UUID(int=campaign_id.int)] = int(yen)
    refunds = []
    for seq, entry_id, payment_id, day, wallet_id, never_paid, refunded_yen, told in rows:
        owed = {}
        for each in orjson.loads(told) if replayed else ():
            campaign_id = UUID(each["campaign_id"])
            if campaign_id in replayed:
                taken_yen = each["points"] + each["cashback_yen"] - each.get("rejected_points", 0)
                owed[campaign_id] = taken_yen - collected.get((entry_id.bytes, campaign_id), 0)
        refunds.append(
            PastRefund(
                seq, payment_id.bytes, day, wallet_id.bytes, never_paid, int(refunded_yen), owed
            )
        )
    return refunds
