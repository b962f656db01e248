"""Recompute from the postings what settlements among funders say was spent, and by whom."""

from collections.abc import Mapping
from typing import Final

from ledger.verify import Check, asked

# What was promised less what is left or due: of these accounts the debits less the credits.
_SPENT: Final = """
    SELECT format('entry %s says %s, postings before it come to %s', e.entry_id, e.amount, s.yen)
      FROM ledger.entry e
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END), 0) AS yen
             FROM ledger.account a
             JOIN ledger.posting p
               ON p.region_id = :region AND p.account_no = a.account_no AND p.seq < e.seq
            WHERE a.region_id = :region AND a.holder_id = e.holder_id
              AND a.kind IN ('funder_receivable', 'budget', 'budget_due', 'budget_kept')) s
     WHERE e.region_id = :region AND e.kind = 'campaign.settled' AND e.refusal IS NULL
       AND s.yen <> e.amount
     ORDER BY e.seq
"""

_ADDED_UP: Final = """
    SELECT format('entry %s says %s and %s since, its funders bear %s and %s', entry_id, amount,
                  facts ->> 'since_yen', s.yen, s.since_yen)
      FROM ledger.entry e
     CROSS JOIN LATERAL (SELECT sum((b ->> 'spent_yen')::bigint) AS yen,
                                sum((b ->> 'since_yen')::bigint) AS since_yen
                           FROM jsonb_array_elements(e.facts -> 'borne_by') b) s
     WHERE e.region_id = :region AND e.kind = 'campaign.settled' AND e.refusal IS NULL
       AND (s.yen <> e.amount OR s.since_yen <> (e.facts ->> 'since_yen')::bigint)
     ORDER BY e.seq
"""

# Each goes on where the one before it ended: for every funder the parts since add up.
_GOES_ON: Final = """
    SELECT format('entry %s: %s bears %s, settlements so far add up to %s', entry_id, funder,
                  spent_yen, added_yen)
      FROM (SELECT e.entry_id, e.seq, b ->> 'funder' AS funder,
                   (b ->> 'spent_yen')::bigint AS spent_yen,
                   sum((b ->> 'since_yen')::bigint)
                       OVER (PARTITION BY e.holder_id, b ->> 'funder' ORDER BY e.seq) AS added_yen
              FROM ledger.entry e CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'borne_by') b
             WHERE e.region_id = :region AND e.kind = 'campaign.settled' AND e.refusal IS NULL) s
     WHERE spent_yen <> added_yen
     ORDER BY seq
"""

SETTLEMENTS: Final[Mapping[str, Check]] = {
    "a settlement says what was spent until then": asked(_SPENT),
    "what funders bear adds up to what was spent": asked(_ADDED_UP),
    "settlements add up to what each funder bears": asked(_GOES_ON),
}
