"""Recompute from the journal that pending points are credited on their day, as what they were."""

from collections.abc import Mapping
from typing import Final

from ledger.verify import Check, asked

_LATER: Final = """
    SELECT format('entry %s of %s: credited on %s', e.entry_id, e.business_date,
                  g ->> 'credited_on')
      FROM ledger.entry e
     CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'grants') g
     WHERE e.region_id = :region AND e.refusal IS NULL
       AND (g ->> 'credited_on')::date <= e.business_date
     ORDER BY e.seq
"""

_IN_TIME: Final = """
    SELECT format('entry %s of %s: due on %s', entry_id, business_date, facts ->> 'credited_on')
      FROM ledger.entry
     WHERE region_id = :region AND kind = 'vesting' AND refusal IS NULL
       AND business_date < (facts ->> 'credited_on')::date
     ORDER BY seq
"""

_AS_WHAT: Final = """
    SELECT format('account %s (%s) of source %s, in entry %s', a.account_no, a.kind, a.source_id,
                  e.entry_id)
      FROM ledger.entry e
      JOIN ledger.posting p ON p.region_id = :region AND p.entry_id = e.entry_id
      JOIN ledger.account a
        ON a.region_id = :region AND a.account_no = p.account_no
       AND a.kind IN ('points', 'points_pending')
     WHERE e.region_id = :region AND e.kind = 'vesting' AND e.refusal IS NULL
       AND a.source_id::text <> e.facts ->> 'campaign_id'
     ORDER BY e.seq
"""

VESTING: Final[Mapping[str, Check]] = {
    "points that are credited later are credited on a later day": asked(_LATER),
    "no points vest before their day": asked(_IN_TIME),
    "points vest as points of their own campaign": asked(_AS_WHAT),
}
