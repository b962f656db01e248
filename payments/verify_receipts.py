"""Recompute what funders and providers paid from matches, lines and the journal."""

from collections.abc import Mapping
from typing import Final

from ledger.verify import Check, asked

_NIL: Final = "'00000000-0000-0000-0000-000000000000'::uuid"

# What came of each funding and was not undone; and that each receipt is undone once.
RECEIVED: Final = f"""
    SELECT f.entry_id, 'received', {_NIL}, 'infinity'::date,
           sum(CASE WHEN e.entry_id = r.entry_id THEN e.amount ELSE -e.amount END), f.amount
      FROM ledger.entry r
      JOIN ledger.entry f ON f.region_id = :region AND f.entry_id = r.refers_to
      JOIN ledger.entry e
        ON e.region_id = :region AND e.refusal IS NULL
       AND (e.entry_id = r.entry_id
            OR (e.refers_to = r.entry_id AND e.kind = 'funding.payment_reversed'))
     WHERE r.region_id = :region AND r.kind = 'funding.paid' AND r.refusal IS NULL
     GROUP BY f.entry_id, f.amount
    UNION ALL
    SELECT refers_to, 'reversed', {_NIL}, 'infinity', count(*), 1
      FROM ledger.entry
     WHERE region_id = :region AND refusal IS NULL
       AND kind IN ('funding.payment_reversed', 'provider.payment_reversed')
     GROUP BY refers_to
"""

_ENTERED: Final = """
    SELECT format('match %s (%s) of %s names entry %s, which says %s of %s', m.match_id, m.kind,
                  m.amount_yen, m.entry_id, coalesce(e.kind, 'nothing'), e.amount)
      FROM merchants.line_match m
      LEFT JOIN ledger.entry e
        ON e.region_id = :region AND e.entry_id = m.entry_id AND e.refusal IS NULL
      LEFT JOIN ledger.entry r
        ON r.region_id = :region AND r.refers_to = m.entry_id AND r.refusal IS NULL
     WHERE m.region_id = :region AND m.entry_id IS NOT NULL
       AND (e.kind IS DISTINCT FROM m.kind || '.paid' OR e.amount <> m.amount_yen
            OR e.facts ->> 'bank_line_id' IS DISTINCT FROM
               CASE WHEN NOT m.is_linked THEN m.line_id::text END
            OR (m.kind <> 'provider' AND e.refers_to IS DISTINCT FROM m.target_id)
            OR (m.undone_at IS NOT NULL AND NOT m.is_linked) <> (r.entry_id IS NOT NULL)
            OR (r.entry_id IS NOT NULL
                AND (r.amount <> e.amount OR r.kind <> m.kind || '.payment_reversed')))
     ORDER BY m.match_id
"""

_MATCHED: Final = """
    SELECT format('entry %s (%s) of %s was made by no match', e.entry_id, e.kind, e.amount)
      FROM ledger.entry e
     WHERE e.region_id = :region AND e.refusal IS NULL
       AND (e.kind IN ('funding.paid', 'provider.paid')
            OR (e.kind = 'debit_note.paid' AND e.facts ? 'bank_line_id'))
       AND NOT EXISTS (SELECT FROM merchants.line_match m
                        WHERE m.region_id = :region AND m.entry_id = e.entry_id)
     ORDER BY e.seq
"""

# Both sides, to the yen: the bank's, and what is owed less by it.
_POSTED: Final = """
    SELECT format('entry %s (%s) of %s: %s at the bank, %s on %s', e.entry_id, e.kind, e.amount,
                  p.bank, p.theirs, p.account)
      FROM ledger.entry e
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END)
                               FILTER (WHERE a.kind = 'bank'), 0) AS bank,
                  coalesce(sum(CASE WHEN p.is_debit THEN -p.amount ELSE p.amount END)
                               FILTER (WHERE a.kind = w.account), 0) AS theirs,
                  w.account
             FROM (SELECT CASE WHEN e.kind LIKE 'funding.%' THEN 'funder_paid'
                               ELSE 'provider_receivable' END AS account) w
             LEFT JOIN ledger.posting p ON p.region_id = :region AND p.entry_id = e.entry_id
             LEFT JOIN ledger.account a
               ON a.region_id = :region AND a.account_no = p.account_no
            GROUP BY w.account) p
     WHERE e.region_id = :region AND e.refusal IS NULL
       AND e.kind IN ('funding.paid', 'funding.payment_reversed', 'provider.paid',
                      'provider.payment_reversed')
       AND (p.bank, p.theirs) IS DISTINCT FROM
           (CASE WHEN e.kind LIKE '%.paid' THEN e.amount ELSE -e.amount END,
            CASE WHEN e.kind LIKE '%.paid' THEN e.amount ELSE -e.amount END)
     ORDER BY e.seq
"""

# A provider passes on no more than it holds at that moment; what it takes back later, it may.
_HELD: Final = """
    SELECT format('entry %s brings %s of a provider, which leaves %s with it', e.entry_id, e.amount,
                  p.balance_after)
      FROM ledger.entry e
      JOIN ledger.posting p ON p.region_id = :region AND p.entry_id = e.entry_id
      JOIN ledger.account a
        ON a.region_id = :region AND a.account_no = p.account_no AND a.kind = 'provider_receivable'
     WHERE e.region_id = :region AND e.kind = 'provider.paid' AND e.refusal IS NULL
       AND p.balance_after < 0
     ORDER BY e.seq
"""

RECEIPTS: Final[Mapping[str, Check]] = {
    "a match of money that came has its entry": asked(_ENTERED),
    "money that came is of a match": asked(_MATCHED),
    "money that came stands at the bank and with who paid": asked(_POSTED),
    "a provider passes on no more than it holds": asked(_HELD),
}
