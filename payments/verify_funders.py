"""Recompute from the journal that points answer for another campaign only if the funders agree."""

from collections.abc import Mapping
from typing import Final

from ledger.verify import Check, asked

_TAKEN: Final = """
    SELECT e.entry_id, e.seq, (c ->> 'campaign_id')::uuid AS campaign_id,
           (f ->> 'campaign_id')::uuid AS source_id, (f ->> 'points')::bigint AS points
      FROM ledger.entry e
     CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'clawed_back') c
     CROSS JOIN LATERAL jsonb_array_elements(c -> 'of_funder') f
     WHERE e.region_id = :region AND e.refusal IS NULL AND e.facts ? 'clawed_back'
"""

_SAME: Final = f"""
    SELECT format('entry %s takes %s points of campaign %s for campaign %s', t.entry_id, t.points,
                  t.source_id, t.campaign_id)
      FROM ({_TAKEN}) t
     CROSS JOIN LATERAL (
           SELECT array_agg(DISTINCT e.facts ->> 'funder' ORDER BY e.facts ->> 'funder')
                      FILTER (WHERE e.refers_to = t.campaign_id) AS of_campaign,
                  array_agg(DISTINCT e.facts ->> 'funder' ORDER BY e.facts ->> 'funder')
                      FILTER (WHERE e.refers_to = t.source_id) AS of_source
             FROM ledger.entry e
            WHERE e.region_id = :region AND e.refers_to IN (t.campaign_id, t.source_id)
              AND e.kind = 'campaign.funded' AND e.refusal IS NULL AND e.seq < t.seq) f
     WHERE f.of_campaign IS DISTINCT FROM f.of_source
     ORDER BY t.seq
"""

_MOVED: Final = f"""
    SELECT format('entry %s says that it takes %s points of campaign %s, and takes %s', t.entry_id,
                  t.points, t.source_id, coalesce(p.points, 0))
      FROM (SELECT entry_id, seq, source_id, sum(points) AS points FROM ({_TAKEN}) t
             GROUP BY entry_id, seq, source_id) t
     CROSS JOIN LATERAL (
           SELECT sum(p.amount) AS points
             FROM ledger.posting p
             JOIN ledger.account a
               ON a.region_id = :region AND a.account_no = p.account_no AND a.kind = 'points'
              AND a.source_id = t.source_id
            WHERE p.region_id = :region AND p.entry_id = t.entry_id AND p.is_debit) p
     WHERE coalesce(p.points, 0) < t.points
     ORDER BY t.seq
"""

FUNDERS: Final[Mapping[str, Check]] = {
    "points answer for another campaign of the same funders alone": asked(_SAME),
    "points that answer for another campaign are taken": asked(_MOVED),
}
