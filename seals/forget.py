"""Forget (忘却): erase what the journal's texts say about people who closed their account.

Reasons that administrators gave, mostly. Which entries those are follows from who is closed, so it
can run at any time, and twice; an entry that is not sealed yet waits for the next run.
"""

from typing import Final
from uuid import UUID

from core.database import Connection
from core.errors import Problem
from seals.erase import erase
from seals.prove import NOT_SEALED_YET

_REASON: Final = "reason"
_ENTRIES: Final = """
    WITH gone AS (
        SELECT h.holder_id FROM residents.person p
          JOIN ledger.holder h ON h.region_id = p.region_id AND h.subject_id = p.person_id
         WHERE p.region_id = $1 AND p.closed_at IS NOT NULL
         UNION ALL
        SELECT p.person_id FROM residents.person p
         WHERE p.region_id = $1 AND p.closed_at IS NOT NULL
    )
    SELECT e.entry_id FROM ledger.entry e
     WHERE e.region_id = $1 AND e.facts ->> 'reason' <> '' AND e.holder_id IN (TABLE gone)
     UNION
    SELECT e.entry_id FROM ledger.entry e
     WHERE e.region_id = $1 AND e.facts ->> 'reason' <> '' AND e.other_id IN (TABLE gone)
     ORDER BY 1
"""


async def forget(owner: Connection, region_id: int) -> tuple[int, int]:
    """Erase the reasons in all entries about the wallets of people who are closed.

    `owner` acts as meguri_owner. Returns how many entries lost a text, and how many are to be
    sealed first.
    """
    erased = waiting = 0
    for row in await owner.fetch(_ENTRIES, region_id):
        try:
            erased += bool(await erase(owner, region_id, UUID(int=row[0].int), (_REASON,)))
        except Problem as refused:
            if refused.type is not NOT_SEALED_YET:
                raise
            waiting += 1
    return erased, waiting
