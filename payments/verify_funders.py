"""Recompute from the journal what funders promised and paid, and for what their points answer."""

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

# What finance is told that a funder owes is added up from entries, which name the funder; accounts
# do not. So both are the same, for each campaign and benefit.
_OWED: Final = """
    WITH said AS (
        SELECT e.holder_id, 'funder_receivable' AS kind,
               sum(CASE WHEN e.kind LIKE '%.funded' THEN e.amount ELSE -e.amount END) AS yen
          FROM ledger.entry e
         WHERE e.region_id = :region AND e.refusal IS NULL
           AND e.kind IN ('campaign.funded', 'campaign.returned', 'benefit.funded',
                          'benefit.returned')
         GROUP BY e.holder_id
        UNION ALL
        SELECT e.holder_id, 'funder_paid',
               sum(CASE WHEN e.kind = 'funding.paid' THEN e.amount ELSE -e.amount END)
          FROM ledger.entry e
         WHERE e.region_id = :region AND e.refusal IS NULL
           AND e.kind IN ('funding.paid', 'funding.payment_reversed')
         GROUP BY e.holder_id
    ), stands AS (
        SELECT holder_id, kind, sum(balance) AS yen
          FROM ledger.account
         WHERE region_id = :region AND kind IN ('funder_receivable', 'funder_paid')
         GROUP BY holder_id, kind
    )
    SELECT format('%s of %s is %s, entries say %s', kind, holder_id, coalesce(stands.yen, 0),
                  coalesce(said.yen, 0))
      FROM said FULL JOIN stands USING (holder_id, kind)
     WHERE coalesce(said.yen, 0) <> coalesce(stands.yen, 0)
     ORDER BY holder_id, kind
"""

_OF_THE_SAME: Final = """
    SELECT format('entry %s (%s) stands with %s, and is of one with %s', e.entry_id, e.kind,
                  e.holder_id, coalesce(o.holder_id::text, 'nobody'))
      FROM ledger.entry e
      LEFT JOIN ledger.entry o ON o.region_id = :region AND o.entry_id = e.refers_to
     WHERE e.region_id = :region AND e.refusal IS NULL
       AND e.kind IN ('funding.paid', 'funding.payment_reversed')
       AND o.holder_id IS DISTINCT FROM e.holder_id
     ORDER BY e.seq
"""

FUNDERS: Final[Mapping[str, Check]] = {
    "points answer for another campaign of the same funders alone": asked(_SAME),
    "points that answer for another campaign are taken": asked(_MOVED),
    "what funders owe is what entries say that they promised and paid": asked(_OWED),
    "what a funder paid stands with what it was paid for": asked(_OF_THE_SAME),
}
