"""Recompute from the journal what debit notes ask for, and what was paid of them."""

from collections.abc import Mapping
from typing import Final

from ledger.verify import Check, asked

_ROWS: Final = """
    SELECT format('debit note %s: row %s, entry %s', coalesce(n.note_id, e.entry_id), n.told,
                  e.told)
      FROM (SELECT note_id, to_jsonb(ARRAY[merchant_id::text, issued_seq::text, amount_yen::text,
                   due_on::text, issued_by,
                   (SELECT o.note_id FROM merchants.debit_note o
                     WHERE o.region_id = :region AND o.number = d.corrects)::text]) AS told
              FROM merchants.debit_note d WHERE region_id = :region) n
      FULL JOIN (
            SELECT entry_id, to_jsonb(ARRAY[holder_id::text, seq::text, amount::text,
                   coalesce(facts ->> 'due_on', (SELECT o.due_on FROM merchants.debit_note o
                        WHERE o.region_id = :region AND o.note_id = w.refers_to)::text),
                   actor, refers_to::text]) AS told
              FROM ledger.entry w
             WHERE region_id = :region AND kind IN ('debit_note.issued', 'debit_note.corrected')
               AND refusal IS NULL) e
        ON e.entry_id = n.note_id
     WHERE n.told IS DISTINCT FROM e.told
     ORDER BY 1
"""

# It asks for what the merchant owed then, less what was due to it and would net that.
_ASKED: Final = """
    SELECT format('debit note %s asks for %s, the merchant owed %s', e.entry_id, e.amount, o.yen)
      FROM ledger.entry e
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END), 0) AS yen
             FROM ledger.account a
             JOIN ledger.posting p
               ON p.region_id = :region AND p.account_no = a.account_no AND p.seq < e.seq
            WHERE a.region_id = :region AND a.holder_id = e.holder_id
              AND a.kind IN ('payable', 'cashback', 'merchant_receivable')) o
     WHERE e.region_id = :region AND e.refusal IS NULL
       AND (e.kind = 'debit_note.issued'
            OR (e.kind = 'debit_note.corrected' AND e.facts ? 'due_on'))
       AND o.yen <> e.amount
     ORDER BY e.seq
"""

# What came is the merchant's who was asked, told by another person, and all goes off its debts.
_PAID: Final = """
    SELECT format('entry %s of %s by %s brings %s: %s off debts, from the bank %s', e.entry_id,
                  e.holder_id, e.actor, e.amount, m.owed, m.bank)
      FROM ledger.entry e
      LEFT JOIN ledger.entry n
        ON n.region_id = :region AND n.entry_id = e.refers_to
       AND n.kind IN ('debit_note.issued', 'debit_note.corrected') AND n.amount > 0
       AND n.refusal IS NULL AND n.holder_id = e.holder_id AND n.actor <> e.actor
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(p.amount) FILTER (WHERE a.kind = 'merchant_receivable'
                                                 AND NOT p.is_debit), 0) AS owed,
                  coalesce(sum(p.amount) FILTER (WHERE a.kind = 'bank' AND p.is_debit), 0) AS bank
             FROM ledger.posting p
             JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
            WHERE p.region_id = :region AND p.entry_id = e.entry_id) m
     WHERE e.region_id = :region AND e.kind = 'debit_note.paid' AND e.refusal IS NULL
       AND (n.entry_id IS NULL OR m.owed <> e.amount OR m.bank <> e.amount)
     ORDER BY e.seq
"""

# Once, and all of it: another document stands in the place of the note then.
_BACK: Final = """
    SELECT format('entry %s pays %s back of note %s, for which %s came', e.entry_id, e.amount,
                  e.refers_to, c.yen)
      FROM ledger.entry e
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(p.amount), 0) AS yen FROM ledger.entry p
            WHERE p.region_id = :region AND p.refers_to = e.refers_to
              AND p.kind = 'debit_note.paid' AND p.refusal IS NULL) c
     WHERE e.region_id = :region AND e.kind = 'debit_note.paid_back' AND e.refusal IS NULL
       AND (c.yen <> e.amount
            OR NOT EXISTS (SELECT FROM ledger.entry o
                            WHERE o.region_id = :region AND o.refers_to = e.refers_to
                              AND o.kind = 'debit_note.corrected' AND o.refusal IS NULL
                              AND o.holder_id = e.holder_id AND o.seq > e.seq)
            OR 2 <> (SELECT count(*)
                       FROM ledger.posting p
                       JOIN ledger.account a
                         ON a.region_id = :region AND a.account_no = p.account_no
                      WHERE p.region_id = :region AND p.entry_id = e.entry_id
                        AND a.kind = CASE WHEN p.is_debit THEN 'merchant_receivable'
                                          ELSE 'bank' END))
     ORDER BY e.seq
"""

DEBIT_NOTES: Final[Mapping[str, Check]] = {
    "what is listed of debit notes is what was entered": asked(_ROWS),
    "a debit note asks for what was owed": asked(_ASKED),
    "what is paid of a debit note goes off debts": asked(_PAID),
    "what is paid back of a debit note is what came for it": asked(_BACK),
}
