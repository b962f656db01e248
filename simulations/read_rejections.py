"""Read which pending points of a stretch of the journal were held, and rejected after a check."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import orjson

from core.database import Connection

# Few are ever held. Bonuses of top-ups are no part of a simulation.
_REJECTIONS: Final = """
    SELECT r.seq, p.entry_id, r.business_date, r.facts -> 'held'
      FROM ledger.entry r
      JOIN ledger.entry h ON h.region_id = $1 AND h.entry_id = r.refers_to
      JOIN ledger.entry p ON p.region_id = $1 AND p.entry_id = h.refers_to AND p.kind = 'payment'
     WHERE r.region_id = $1 AND r.refers_to IS NOT NULL AND r.kind = 'hold.rejected'
       AND r.refusal IS NULL AND r.seq > $2 AND r.seq <= $3
"""


@dataclass(frozen=True, slots=True)
class PastRejection:
    """A rejection as it was."""

    seq: int
    payment_id: bytes
    day: date
    points: Mapping[UUID, int]
    """By campaign, what went back to its budget, or to what is kept for its funders."""


async def read_rejections(
    connection: Connection, region_id: int, first: int, last: int, replayed: Collection[UUID]
) -> list[PastRejection]:
    """Those of the campaigns in `replayed`, by no order: of others nothing was granted in a trial,
    or by another form.
    """
    if not replayed:
        return []
    rejections = []
    for seq, payment_id, day, held in await connection.fetch(_REJECTIONS, region_id, first, last):
        points = {UUID(part["campaign_id"]): part["points"] for part in orjson.loads(held)}
        of_replayed = {each: many for each, many in points.items() if each in replayed}
        rejections.append(PastRejection(seq, payment_id.bytes, day, of_replayed))
    return rejections
