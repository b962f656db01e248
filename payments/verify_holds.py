"""Recompute from the journal what is held of payments, top-ups and lots: rows of counters."""

from typing import Final

_NIL: Final = "'00000000-0000-0000-0000-000000000000'::uuid"

# What is held of payments and top-ups, and of their pending lots; what was rejected, and not taken
# back since. Money that was placed later earned its bonus by the placement.
HELD: Final = f"""
    SELECT k.subject_id, k.name, h.campaign_id, k.period, sum(k.change), NULL::bigint
      FROM (SELECT e.kind, e.holder_id, d.earned_by, (h ->> 'campaign_id')::uuid AS campaign_id,
                   (h ->> 'credited_on')::date AS day, (h ->> 'points')::bigint AS points
              FROM ledger.entry e
              LEFT JOIN ledger.entry o
                ON o.region_id = :region AND o.entry_id = e.refers_to AND o.kind = 'hold.placed'
             CROSS JOIN LATERAL (SELECT coalesce(o.refers_to, e.refers_to) AS earned_by) d
             CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'held') h
             WHERE e.region_id = :region AND e.refusal IS NULL
               AND e.kind IN ('hold.placed', 'hold.released', 'hold.rejected')
            UNION ALL
            SELECT what.kind, p.holder_id, p.entry_id, (c ->> 'campaign_id')::uuid,
                   (g ->> 'credited_on')::date, what.points
              FROM ledger.entry e
              LEFT JOIN ledger.entry s
                ON s.region_id = :region AND s.refers_to = e.refers_to AND s.refusal IS NULL
               AND s.kind = 'suspense.placed' AND e.kind = 'top_up.reversed'
              JOIN ledger.entry p
                ON p.region_id = :region AND p.entry_id = coalesce(s.entry_id, e.refers_to)
             CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'clawed_back') c
              JOIN LATERAL jsonb_array_elements(p.facts -> 'grants') g
                ON g -> 'campaign_id' = c -> 'campaign_id'
             CROSS JOIN LATERAL (VALUES
                   ('held back', (c ->> 'held_points')::bigint),
                   ('rejected back', (c ->> 'rejected_points')::bigint)) what(kind, points)
             WHERE e.region_id = :region AND e.refusal IS NULL AND what.points > 0
               AND e.kind IN ('refund', 'void', 'top_up.reversed')) h
     CROSS JOIN LATERAL (VALUES
           (h.holder_id, 'held', h.day,
            CASE h.kind WHEN 'hold.placed' THEN points WHEN 'rejected back' THEN 0
                        ELSE -points END),
           (h.earned_by, 'held', 'infinity'::date,
            CASE h.kind WHEN 'hold.placed' THEN points WHEN 'rejected back' THEN 0
                        ELSE -points END),
           (h.earned_by, 'rejected', 'infinity'::date,
            CASE h.kind WHEN 'hold.rejected' THEN points WHEN 'rejected back' THEN -points END)
           ) k(subject_id, name, period, change)
     WHERE k.change IS NOT NULL
     GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT refers_to, 'decided', {_NIL}, 'infinity', count(*), NULL
      FROM ledger.entry
     WHERE region_id = :region AND kind IN ('hold.released', 'hold.rejected') AND refusal IS NULL
     GROUP BY 1
"""
