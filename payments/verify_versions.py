"""Recompute which version of a campaign held when, and compare each grant with it."""

from collections.abc import Mapping
from typing import Final

from ledger.verify import Check, asked

# From when on a campaign has which terms: as it was made, then by each version that was approved
# and neither withdrawn nor overtaken by the campaign's end.
_HELD: Final = """
    SELECT campaign_id, hash, from_at,
           lead(from_at, 1, 'infinity') OVER (PARTITION BY campaign_id ORDER BY from_at) AS until_at
      FROM (SELECT e.entry_id AS campaign_id, e.facts ->> 'terms' AS hash,
                   '-infinity'::timestamptz AS from_at
              FROM ledger.entry e
             WHERE e.region_id = :region AND e.kind = 'campaign.created' AND e.refusal IS NULL
            UNION ALL
            SELECT v.holder_id, v.facts ->> 'version_terms',
                   (v.facts ->> 'applies_from')::timestamptz
              FROM ledger.entry v
             WHERE v.region_id = :region AND v.kind = 'campaign.version_created'
               AND v.refusal IS NULL
               AND EXISTS (SELECT FROM ledger.entry a
                            WHERE a.region_id = :region AND a.refers_to = v.entry_id
                              AND a.kind = 'campaign.version_changed' AND a.refusal IS NULL
                              AND a.facts ->> 'state' = 'approved')
               AND NOT EXISTS (SELECT FROM ledger.entry w
                                WHERE w.region_id = :region AND w.refers_to = v.entry_id
                                  AND w.refusal IS NULL
                                  AND (w.facts ->> 'state' = 'withdrawn'
                                       OR w.kind = 'campaign.changed'))) h
"""

_GRANTS: Final = f"""
    SELECT format('entry %s grants by terms %s of campaign %s, which did not hold at %s',
                  e.entry_id, g ->> 'hash', g ->> 'campaign_id', e.at)
      FROM ledger.entry e
     CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'grants') g
      LEFT JOIN ({_HELD}) h
        ON h.campaign_id = (g ->> 'campaign_id')::uuid AND h.hash = g ->> 'hash'
       AND h.from_at <= e.at AND e.at < h.until_at
     WHERE e.region_id = :region AND e.refusal IS NULL AND e.facts ? 'grants'
       AND h.hash IS NULL
     ORDER BY e.seq
"""

# A job writes down when a version applies; what it says is what was approved for that instant.
_APPLIED: Final = f"""
    SELECT format('entry %s applies version %s of campaign %s', e.entry_id, e.refers_to,
                  e.holder_id)
      FROM ledger.entry e
      LEFT JOIN ({_HELD}) h
        ON h.campaign_id = e.holder_id AND h.hash = e.facts ->> 'version_terms'
       AND h.from_at = (e.facts ->> 'applies_from')::timestamptz AND h.from_at <= e.at
     WHERE e.region_id = :region AND e.kind = 'campaign.version_changed' AND e.refusal IS NULL
       AND e.facts ->> 'state' = 'applied' AND h.hash IS NULL
     ORDER BY e.seq
"""

VERSIONS: Final[Mapping[str, Check]] = {
    "a grant is decided by the version that held": asked(_GRANTS),
    "a version applies as it was approved": asked(_APPLIED),
}
