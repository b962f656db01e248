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

_TEXTS: Final = ("reason", "person.area", "person.age_band")
"""Why somebody looked or changed something, and attributes of a person. Codes stay."""
_ENTRIES: Final = """
    WITH gone AS (
        SELECT p.person_id AS holder_id FROM residents.person p
         WHERE p.region_id = $1 AND p.closed_at IS NOT NULL
    ), theirs AS (
        TABLE gone UNION ALL
        SELECT h.holder_id FROM gone
          JOIN ledger.holder h ON h.region_id = $1 AND h.subject_id = gone.holder_id
    ), named AS (
        SELECT e.entry_id, e.facts FROM ledger.entry e
         WHERE e.region_id = $1 AND e.holder_id IN (TABLE theirs)
         UNION ALL
        SELECT e.entry_id, e.facts FROM ledger.entry e
         WHERE e.region_id = $1 AND e.other_id IN (TABLE theirs)
    )
    SELECT DISTINCT entry_id FROM named
     WHERE facts ->> 'reason' <> '' OR facts #>> '{person,area}' <> ''
        OR facts #>> '{person,age_band}' <> ''
     ORDER BY 1
"""


async def forget(owner: Connection, region_id: int) -> tuple[int, int]:
    """Erase these texts of all entries about people who are closed, and about their wallets.

    `owner` acts as meguri_owner. Returns how many entries lost a text, and how many are to be
    sealed first.
    """
    erased = waiting = 0
    for row in await owner.fetch(_ENTRIES, region_id):
        try:
            erased += bool(await erase(owner, region_id, UUID(int=row[0].int), _TEXTS))
        except Problem as refused:
            if refused.type is not NOT_SEALED_YET:
                raise
            waiting += 1
    return erased, waiting
