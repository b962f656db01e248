"""Recompute from the postings what is remembered of base dates."""

from collections.abc import Mapping
from typing import Final

from ledger.verify import Check, asked

# Each posting is counted once, in the stretch between two base dates, and each base date has all
# stretches before it: another way than the one by which they were added up.
_SUMS: Final = """
    WITH known AS (
        SELECT base_date, seq, sums, row_number() OVER (ORDER BY seq, base_date) AS place
          FROM ledger.base_date WHERE region_id = :region
    ), bounds AS (SELECT array_agg(seq ORDER BY place) AS seqs, max(seq) AS last FROM known
    ), moved AS (
        SELECT width_bucket(p.seq - 1, bounds.seqs) AS stretch, a.kind, a.value,
               e.kind AS entry_kind, p.is_debit, sum(p.amount) AS yen
          FROM bounds
          JOIN ledger.posting p ON p.region_id = :region AND p.seq <= bounds.last
          JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
          JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = p.entry_id
         WHERE a.value IS NOT NULL
         GROUP BY 1, 2, 3, 4, 5
    ), posted AS (
        SELECT k.base_date, m.kind, m.value, m.entry_kind, m.is_debit, sum(m.yen) AS yen
          FROM known k JOIN moved m ON m.stretch < k.place
         GROUP BY 1, 2, 3, 4, 5
    ), said AS (
        SELECT base_date, s ->> 0 AS kind, s ->> 1 AS value, s ->> 2 AS entry_kind,
               (s ->> 3)::boolean AS is_debit, (s ->> 4)::bigint AS yen
          FROM known CROSS JOIN LATERAL jsonb_array_elements(sums) s
    )
    SELECT format('of %s the books remember %s of %s by %s on the %s side, the postings say %s',
                  base_date, coalesce(said.yen, 0), kind, entry_kind,
                  CASE WHEN is_debit THEN 'debit' ELSE 'credit' END, coalesce(posted.yen, 0))
      FROM posted FULL JOIN said USING (base_date, kind, value, entry_kind, is_debit)
     WHERE posted.yen IS DISTINCT FROM said.yen
     ORDER BY base_date, kind, entry_kind, is_debit
"""

_NUMBERS: Final = """
    SELECT format('base date %s counts entry %s, which is of %s', b.base_date, e.seq,
                  e.business_date)
      FROM ledger.base_date b
      LEFT JOIN ledger.entry e ON e.region_id = :region AND e.seq = b.seq
     WHERE b.region_id = :region AND (e.seq IS NULL OR e.business_date > b.base_date)
     ORDER BY b.base_date
"""

BASE_DATES: Final[Mapping[str, Check]] = {
    "what is remembered of base dates is what the postings say": asked(_SUMS),
    "a base date counts entries until its end": asked(_NUMBERS),
}
