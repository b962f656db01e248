"""Recompute from the journal what settlements of merchants say, keep and count."""

from collections.abc import Mapping
from typing import Final

from ledger.verify import Check, asked

_NIL: Final = "'00000000-0000-0000-0000-000000000000'::uuid"

# How far each merchant was settled, and what became of each settlement.
SETTLED: Final = f"""
    SELECT holder_id, 'settled', {_NIL}, 'infinity'::date,
           sum((facts ->> 'until_seq')::bigint - (facts ->> 'from_seq')::bigint), NULL::bigint
      FROM ledger.entry
     WHERE region_id = :region AND kind = 'settlement.closed' AND refusal IS NULL
     GROUP BY 1
    UNION ALL
    SELECT holder_id, 'settled.day', {_NIL}, business_date, count(*), NULL::bigint
      FROM ledger.entry
     WHERE region_id = :region AND kind = 'settlement.closed' AND refusal IS NULL
       AND facts ? 'on_demand_fee_yen'
     GROUP BY holder_id, business_date
    UNION ALL
    SELECT e.refers_to, n.name, {_NIL}, 'infinity', count(*), 1
      FROM ledger.entry e
      JOIN (VALUES ('settlement.rejected', 'ended'), ('payout.paid', 'ended'),
                   ('payout.paid', 'paid'), ('payout.returned', 'returned')) n(kind, name)
        ON n.kind = e.kind
     WHERE e.region_id = :region AND e.refusal IS NULL
     GROUP BY 1, 2
"""

# A merchant has one wallet at most.
SHOP_WALLETS: Final = f"""
    SELECT subject_id, 'shop_wallet', {_NIL}, 'infinity'::date, count(*), 1
      FROM ledger.holder
     WHERE region_id = :region AND kind = 'shop_wallet'
     GROUP BY subject_id
"""

# By the kinds of entries, where the close goes by numbers: another way to the same figures.
_FIGURES: Final = """
    SELECT format('settlement %s of %s: %s says %s, the journal %s', e.entry_id, e.holder_id,
                  f.name, e.facts ->> f.name, f.yen)
      FROM ledger.entry e
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(p.amount) FILTER (WHERE o.kind = 'payment'
                               AND a.kind = 'payable'), 0) AS sales,
                  coalesce(sum(p.amount) FILTER (WHERE o.kind IN ('refund', 'void')
                               AND a.kind = 'payable'), 0) AS refunded,
                  coalesce(sum(CASE WHEN p.is_debit THEN -p.amount ELSE p.amount END)
                           FILTER (WHERE a.kind = 'cashback'), 0) AS cashback,
                  coalesce(sum(p.amount) FILTER (WHERE a.kind = 'payable'
                               AND o.kind IN ('settlement.rejected', 'payout.returned')), 0)
                  AS returned,
                  coalesce(sum(CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END)
                           FILTER (WHERE a.kind = 'merchant_receivable'), 0) AS owed,
                  coalesce(sum(CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END)
                           FILTER (WHERE a.kind = 'payable'
                               AND o.kind IN ('conversion', 'conversion.returned')), 0)
                  AS converted
             FROM ledger.account a
             JOIN ledger.posting p ON p.region_id = :region AND p.account_no = a.account_no
             JOIN ledger.entry o ON o.region_id = :region AND o.entry_id = p.entry_id
            WHERE a.region_id = :region AND a.holder_id = e.holder_id
              AND a.kind IN ('payable', 'cashback', 'merchant_receivable')
              AND o.kind <> 'settlement.closed'
              AND p.seq > (e.facts ->> 'from_seq')::bigint
              AND p.seq <= (e.facts ->> 'until_seq')::bigint) j
     CROSS JOIN LATERAL (VALUES
           ('sales_yen', sales), ('refunded_yen', refunded), ('cashback_yen', cashback),
           ('returned_yen', returned), ('owed_yen', owed),
           ('converted_yen', converted),
           ('due_yen', sales - refunded + cashback + returned - owed - converted)) f(name, yen)
     WHERE e.region_id = :region AND e.kind = 'settlement.closed' AND e.refusal IS NULL
       AND f.yen IS DISTINCT FROM coalesce((e.facts ->> f.name)::bigint, 0)
     ORDER BY e.seq, f.name
"""

# What is converted comes from what is due to the shop whose wallet it is, and goes back there; a
# shop pays with coin, in the stores of others, and is granted nothing.
_SHOPS: Final = """
    SELECT format('%s %s moves %s of the payable of %s, and says %s', e.kind, e.entry_id,
                  coalesce(m.yen, 0), coalesce(w.subject_id::text, 'nobody'), e.amount)
      FROM ledger.entry e
      LEFT JOIN ledger.holder w
        ON w.region_id = :region AND w.holder_id = e.holder_id AND w.kind = 'shop_wallet'
      LEFT JOIN LATERAL (
           SELECT sum(p.amount) AS yen
             FROM ledger.posting p
             JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
            WHERE p.region_id = :region AND p.entry_id = e.entry_id AND a.kind = 'payable'
              AND a.holder_id = w.subject_id
              AND p.is_debit = (e.kind = 'conversion')) m ON true
     WHERE e.region_id = :region AND e.kind IN ('conversion', 'conversion.returned')
       AND e.refusal IS NULL AND (m.yen, w.subject_id) IS DISTINCT FROM (e.amount, e.other_id)
    UNION ALL
    SELECT format('payment %s of %s says %s as payer', e.entry_id, w.kind,
                  coalesce(e.facts ->> 'payer', 'nobody'))
      FROM ledger.entry e
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = e.holder_id
      JOIN ledger.holder s ON s.region_id = :region AND s.holder_id = e.other_id
     WHERE e.region_id = :region AND e.kind = 'payment' AND e.refusal IS NULL
       AND ((w.kind = 'shop_wallet') <> (e.facts ? 'payer')
            OR (w.kind = 'shop_wallet'
                AND (w.subject_id = s.parent_id OR e.facts -> 'grants' <> '[]')))
"""

# Each stretch begins where the one before ended: no entry is settled twice, and none is left out.
_STRETCHES: Final = """
    SELECT format('settlement %s of %s begins after %s, the one before ends at %s', entry_id,
                  holder_id, from_seq, ended)
      FROM (SELECT entry_id, holder_id, (facts ->> 'from_seq')::bigint AS from_seq,
                   coalesce(lag((facts ->> 'until_seq')::bigint)
                            OVER (PARTITION BY holder_id ORDER BY seq), 0) AS ended
              FROM ledger.entry
             WHERE region_id = :region AND kind = 'settlement.closed' AND refusal IS NULL) s
     WHERE from_seq <> ended
"""

_PARTS: Final = """
    SELECT format('settlement %s moves %s to payouts, %s as fee and %s as tax', e.entry_id,
                  m.payout, m.fee, m.tax)
      FROM ledger.entry e
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(p.amount) FILTER (WHERE a.kind = 'payout'), 0) AS payout,
                  coalesce(sum(p.amount) FILTER (WHERE a.kind = 'fee_income'), 0) AS fee,
                  coalesce(sum(p.amount) FILTER (WHERE a.kind = 'tax_payable'), 0) AS tax
             FROM ledger.posting p
             JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
            WHERE p.region_id = :region AND p.entry_id = e.entry_id) m
     WHERE e.region_id = :region AND e.kind = 'settlement.closed' AND e.refusal IS NULL
       AND (m.payout, m.fee, m.tax) IS DISTINCT FROM
           (e.amount, (e.facts ->> 'fee_yen')::bigint, (e.facts ->> 'tax_yen')::bigint)
     ORDER BY e.seq
"""

# The rows that lists are made of say what the journal says; those that were carried moved nothing.
_ROWS: Final = """
    SELECT format('settlement %s: row %s, entries %s', coalesce(s.settlement_id, e.entry_id),
                  s.told, e.told)
      FROM (SELECT settlement_id, to_jsonb(ARRAY[merchant_id::text, closed_seq::text,
                   rejected_seq::text, paid_seq::text, returned_seq::text, from_seq::text,
                   until_seq::text, due_yen::text, fee_yen::text, tax_yen::text,
                   payout_yen::text, on_demand_fee_yen::text]) AS told
              FROM merchants.settlement WHERE region_id = :region AND state <> 'carried') s
      FULL JOIN (
            SELECT c.entry_id, to_jsonb(ARRAY[c.holder_id::text, c.seq::text, r.seq::text,
                   p.seq::text, b.seq::text, c.facts ->> 'from_seq', c.facts ->> 'until_seq',
                   c.facts ->> 'due_yen', c.facts ->> 'fee_yen', c.facts ->> 'tax_yen',
                   c.amount::text, coalesce(c.facts ->> 'on_demand_fee_yen', '0')]) AS told
              FROM ledger.entry c
              LEFT JOIN ledger.entry r ON r.region_id = :region AND r.refers_to = c.entry_id
               AND r.kind = 'settlement.rejected' AND r.refusal IS NULL
              LEFT JOIN ledger.entry p ON p.region_id = :region AND p.refers_to = c.entry_id
               AND p.kind = 'payout.paid' AND p.refusal IS NULL
              LEFT JOIN ledger.entry b ON b.region_id = :region AND b.refers_to = c.entry_id
               AND b.kind = 'payout.returned' AND b.refusal IS NULL
             WHERE c.region_id = :region AND c.kind = 'settlement.closed' AND c.refusal IS NULL) e
        ON e.entry_id = s.settlement_id
     WHERE s.told IS DISTINCT FROM e.told
     ORDER BY 1
"""

MERCHANTS: Final[Mapping[str, Check]] = {
    "a settlement says what the journal says of its stretch": asked(_FIGURES),
    "each settlement begins where the one before ended": asked(_STRETCHES),
    "a settlement sets aside what it says": asked(_PARTS),
    "what shops convert and pay is theirs": asked(_SHOPS),
    "what is listed of settlements is what was entered": asked(_ROWS),
}
