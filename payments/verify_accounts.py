"""Recompute from the journal whose an account is, whose value it holds and until when."""

from collections.abc import Mapping
from typing import Final

from ledger.books import LARGEST_YEN, VALUE
from ledger.verify import Check, asked
from payments.verify_providers import check_providers

_NIL: Final = "'00000000-0000-0000-0000-000000000000'::uuid"
_LOTS: Final = str(tuple(sorted(VALUE)))
_GRANTING: Final = "('payment', 'top_up', 'suspense.placed')"
_TAKING: Final = "('refund', 'void', 'top_up.reversed')"
_SETTLING: Final = (
    "('settlement.closed', 'settlement.rejected', 'payout.paid', 'payout.returned',"
    " 'debit_note.paid', 'debit_note.paid_back')"
)
_CONVERTING: Final = "('conversion', 'conversion.returned')"

_KEYS: Final = f"""
    SELECT format('account %s (%s): source %s, last day %s, bounds %s to %s', a.account_no, a.kind,
                  coalesce(a.source_id::text, 'none'), coalesce(a.expires_on::text, 'none'),
                  a.floor, a.ceiling)
      FROM ledger.account a JOIN ledger.account_kind k ON k.kind = a.kind
     WHERE a.region_id = :region
       AND ((a.expires_on IS NOT NULL) <> (a.kind IN {_LOTS})
            OR a.floor <> k.floor OR a.ceiling <> {LARGEST_YEN}
            OR CASE WHEN a.kind IN ('points', 'points_pending', 'suspense', 'provider_receivable')
                    THEN a.source_id IS NULL
                    WHEN a.kind IN ('resident_receivable', 'merchant_receivable') THEN false
                    ELSE a.source_id IS NOT NULL END)
     ORDER BY a.account_no
"""

# Accounts of campaigns move with the entries of payments too: there it is one of those that the
# entry names, or one that points or a debt in the same entry are of.
_HOLDERS: Final = f"""
    SELECT DISTINCT format('account %s (%s) of %s, in entry %s of %s', a.account_no, a.kind,
                           a.holder_id, e.entry_id, coalesce(d.holder_id::text, 'others'))
      FROM ledger.posting p
      JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = p.entry_id
      JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
      LEFT JOIN ledger.holder s ON s.region_id = :region AND s.holder_id = e.other_id
     CROSS JOIN LATERAL (SELECT CASE
           WHEN a.kind IN {_LOTS} OR a.kind = 'resident_receivable' THEN e.holder_id
           WHEN a.kind IN ('payable', 'cashback', 'merchant_receivable', 'payout')
           THEN CASE WHEN e.kind IN {_SETTLING} THEN e.holder_id
                     WHEN e.kind IN {_CONVERTING} THEN e.other_id ELSE s.parent_id END
           WHEN a.kind NOT IN ('budget', 'budget_due', 'budget_kept', 'funder_receivable',
                               'funder_payable', 'funder_paid')
           THEN {_NIL}
           WHEN e.kind IN ('campaign.funded', 'campaign.returned', 'benefit.funded',
                           'benefit.returned', 'funding.paid', 'funding.payment_reversed')
           THEN e.holder_id
           WHEN e.kind = 'benefit.used' THEN e.other_id
           WHEN e.facts -> 'grants' @> jsonb_build_array(
                    jsonb_build_object('campaign_id', a.holder_id)) THEN a.holder_id
           WHEN e.facts -> 'clawed_back' @> jsonb_build_array(
                    jsonb_build_object('campaign_id', a.holder_id)) THEN a.holder_id
           ELSE (SELECT b.source_id FROM ledger.posting q
                   JOIN ledger.account b ON b.region_id = :region AND b.account_no = q.account_no
                  WHERE q.region_id = :region AND q.entry_id = e.entry_id
                    AND b.source_id = a.holder_id
                    AND b.kind IN ('points', 'points_pending', 'resident_receivable',
                                   'merchant_receivable') LIMIT 1)
           END AS holder_id) d
     WHERE p.region_id = :region AND a.holder_id IS DISTINCT FROM d.holder_id
     ORDER BY 1
"""

# What an entry's facts say of lots, budgets and cashback, and what stands in its postings: the same
# rows. A payment names its lots by number. What settles a debt comes off the points of the first
# grants that are credited at once. Who takes points back from which lot, facts do not say.
_SAID: Final = f"""
    SELECT e.entry_id, true AS is_debit, part ->> 'kind' AS kind, (part ->> 'lot')::bigint AS lot,
           NULL::uuid AS source_id, (part ->> 'expires_on')::date AS expires_on,
           (part ->> 'amount')::bigint AS amount
      FROM ledger.entry e CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'paid_with') part
     WHERE e.region_id = :region AND e.kind = 'payment' AND e.refusal IS NULL
    UNION ALL
    SELECT g.entry_id, s.is_debit, s.kind, NULL, s.source_id, s.expires_on, s.amount
      FROM (SELECT e.entry_id, (g.one ->> 'campaign_id')::uuid AS campaign_id,
                   (g.one ->> 'points_expire_on')::date AS expires_on,
                   (g.one ->> 'credited_on')::date AS credited_on,
                   (g.one ->> 'rebate_points')::bigint AS points,
                   (g.one ->> 'cashback_yen')::bigint AS cashback_yen,
                   (e.facts ->> 'points_settled')::bigint AS settled,
                   sum(CASE WHEN g.one ? 'credited_on' THEN 0
                            ELSE (g.one ->> 'rebate_points')::bigint END)
                       OVER (PARTITION BY e.entry_id ORDER BY g.place) AS so_far
              FROM ledger.entry e
             CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'grants')
                   WITH ORDINALITY AS g(one, place)
             WHERE e.region_id = :region AND e.kind IN {_GRANTING} AND e.refusal IS NULL) g
     CROSS JOIN LATERAL (VALUES
           (true, 'budget', campaign_id, NULL::date, points + cashback_yen),
           (false, 'cashback', NULL::uuid, NULL::date, cashback_yen),
           (false, 'points_pending', campaign_id, credited_on,
            CASE WHEN credited_on IS NOT NULL THEN points END),
           (false, 'points', campaign_id, expires_on,
            CASE WHEN credited_on IS NULL THEN
                 points - least(settled, so_far) + least(settled, so_far - points) END)
           ) s(is_debit, kind, source_id, expires_on, amount)
     WHERE s.amount > 0
    UNION ALL
    SELECT e.entry_id, false, b ->> 'kind', NULL, NULL, (b ->> 'expires_on')::date,
           (b ->> 'amount')::bigint
      FROM ledger.entry e CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'returned') b
     WHERE e.region_id = :region AND e.kind IN ('refund', 'void') AND e.refusal IS NULL
    UNION ALL
    SELECT e.entry_id, false, 'budget_due', NULL, (c ->> 'campaign_id')::uuid, NULL,
           (c ->> 'owed_yen')::bigint
      FROM ledger.entry e CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'clawed_back') c
     WHERE e.region_id = :region AND e.kind IN {_TAKING} AND e.refusal IS NULL
       AND (c ->> 'owed_yen')::bigint > 0
    UNION ALL
    SELECT e.entry_id, e.kind = 'expiry', coalesce(e.facts ->> 'kind', 'coin'), NULL, NULL,
           (e.facts ->> 'expires_on')::date, e.amount
      FROM ledger.entry e
     WHERE e.region_id = :region
       AND e.kind IN ('top_up', 'suspense.placed', 'expiry', 'benefit.used', 'conversion')
       AND e.refusal IS NULL AND e.facts ? 'expires_on'
    UNION ALL
    SELECT e.entry_id, v.is_debit, v.kind, NULL, NULL, v.day, v.amount
      FROM ledger.entry e
     CROSS JOIN LATERAL (VALUES
           (true, 'points_pending', (e.facts ->> 'credited_on')::date, e.amount),
           (false, 'points', (e.facts ->> 'expires_on')::date,
            e.amount - (e.facts ->> 'points_settled')::bigint)) v(is_debit, kind, day, amount)
     WHERE e.region_id = :region AND e.kind = 'vesting' AND e.refusal IS NULL AND v.amount > 0
    UNION ALL
    SELECT e.entry_id, true, t ->> 'kind', NULL, NULL, (t ->> 'expires_on')::date,
           (t ->> 'amount')::bigint
      FROM ledger.entry e CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'taken') t
     WHERE e.region_id = :region AND e.kind = 'conversion.returned' AND e.refusal IS NULL
    UNION ALL
    SELECT e.entry_id, true, 'points_pending', NULL, NULL, (h ->> 'credited_on')::date,
           (h ->> 'points')::bigint
      FROM ledger.entry e CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'held') h
     WHERE e.region_id = :region AND e.kind = 'hold.rejected' AND e.refusal IS NULL
    UNION ALL
    SELECT e.entry_id, true, 'coin', NULL, NULL, (t.facts ->> 'expires_on')::date, c.amount
      FROM ledger.entry e
      JOIN ledger.entry t
        ON t.region_id = :region AND t.refusal IS NULL AND t.facts ? 'expires_on'
       AND (t.entry_id = e.refers_to
            OR (t.refers_to = e.refers_to AND t.kind = 'suspense.placed'))
     CROSS JOIN LATERAL (SELECT (e.facts ->> 'taken_yen')::bigint
                                - coalesce((e.facts ->> 'expired_yen')::bigint, 0) AS amount) c
     WHERE e.region_id = :region AND e.kind = 'top_up.reversed' AND e.refusal IS NULL
       AND c.amount > 0
"""

_POSTED: Final = f"""
    SELECT p.entry_id, p.is_debit, a.kind,
           CASE WHEN e.kind = 'payment' AND p.is_debit AND a.kind <> 'budget' THEN p.account_no END,
           CASE WHEN a.kind IN ('budget', 'budget_due') THEN a.holder_id
                WHEN e.kind IN {_GRANTING} AND NOT p.is_debit THEN a.source_id END,
           a.expires_on, p.amount
      FROM ledger.posting p
      JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = p.entry_id
      JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
     WHERE p.region_id = :region
       AND CASE WHEN a.kind = 'coin' THEN NOT (p.is_debit AND e.kind IN ('refund', 'void'))
                WHEN a.kind IN {_LOTS} THEN NOT (p.is_debit AND e.kind IN {_TAKING})
                WHEN a.kind = 'budget' THEN p.is_debit AND e.kind IN {_GRANTING}
                WHEN a.kind = 'cashback' THEN NOT p.is_debit AND e.kind = 'payment'
                WHEN a.kind = 'budget_due' THEN NOT p.is_debit AND e.kind IN {_TAKING}
                ELSE false END
"""

_MOVES: Final = f"""
    WITH said AS ({_SAID}), posted AS ({_POSTED})
    SELECT format('entry %s %s a %s of %s (source %s, last day %s): %s', entry_id,
                  CASE WHEN is_debit THEN 'debits' ELSE 'credits' END, kind, amount,
                  coalesce(source_id::text, '-'), coalesce(expires_on::text, '-'), what)
      FROM (SELECT *, 'said, not posted' AS what
              FROM (TABLE said EXCEPT ALL TABLE posted) s
            UNION ALL
            SELECT *, 'posted, not said' FROM (TABLE posted EXCEPT ALL TABLE said) p) d
     ORDER BY entry_id, what DESC
"""

# Value that goes back is of the campaigns whose points had paid.
_SOURCES: Final = """
    SELECT format('account %s (%s) of source %s, in entry %s', a.account_no, a.kind,
                  a.source_id, e.entry_id)
      FROM ledger.posting p
      JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = p.entry_id
      JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
     WHERE p.region_id = :region
       AND ((a.kind = 'suspense'
             AND a.source_id <> CASE e.kind WHEN 'top_up' THEN e.entry_id ELSE e.refers_to END)
            OR (a.kind IN ('resident_receivable', 'merchant_receivable') AND p.is_debit
                AND a.source_id IS NOT NULL
                AND NOT e.facts -> 'clawed_back' @> jsonb_build_array(
                            jsonb_build_object('campaign_id', a.source_id)))
            OR (a.kind = 'points' AND e.kind = 'benefit.used' AND a.source_id <> e.other_id)
            OR (a.kind = 'points' AND NOT p.is_debit AND e.kind IN ('refund', 'void')
                AND NOT EXISTS (
                    SELECT FROM ledger.entry o
                     CROSS JOIN LATERAL jsonb_array_elements(o.facts -> 'paid_with') part
                      JOIN ledger.account b
                        ON b.region_id = :region AND b.account_no = (part ->> 'lot')::bigint
                     WHERE o.region_id = :region AND o.entry_id = e.refers_to
                       AND b.source_id = a.source_id)))
     ORDER BY e.seq
"""

# What a claw-back or a debt that is settled brings in, stands where the campaign's form says.
_RETURNS: Final = """
    SELECT format('account %s (%s), in entry %s', a.account_no, a.kind, e.entry_id)
      FROM ledger.account a
      JOIN ledger.holder c ON c.region_id = :region AND c.holder_id = a.holder_id
      JOIN campaigns.terms t ON t.region_id = :region AND t.terms_hash = c.terms_hash
      JOIN ledger.posting p
        ON p.region_id = :region AND p.account_no = a.account_no AND NOT p.is_debit
      JOIN ledger.entry e
        ON e.region_id = :region AND e.entry_id = p.entry_id AND e.kind <> 'campaign.funded'
     WHERE a.region_id = :region AND a.kind IN ('budget', 'budget_kept')
       AND (a.kind = 'budget_kept')
           <> (coalesce(t.form::jsonb ->> 'on_return', 'resume') = 'keep')
     ORDER BY e.seq
"""

# Whoever put money in never gets back more of it, and an entry says how much goes to whom.
_FUNDERS: Final = """
    SELECT format('%s: %s put in %s, and %s went back', campaign_id, funder, put_in, back)
      FROM (SELECT e.holder_id AS campaign_id, m.funder, coalesce(sum(m.put_in), 0) AS put_in,
                   coalesce(sum(m.back), 0) AS back
              FROM ledger.entry e
             CROSS JOIN LATERAL (
                   SELECT e.facts ->> 'funder' AS funder, e.amount AS put_in, NULL::bigint AS back
                    WHERE e.kind IN ('campaign.funded', 'benefit.funded')
                   UNION ALL
                   SELECT r ->> 'funder', NULL, (r ->> 'amount_yen')::bigint
                     FROM jsonb_array_elements(e.facts -> 'returned_to') r) m
             WHERE e.region_id = :region AND e.refusal IS NULL
               AND e.kind IN ('campaign.funded', 'campaign.returned', 'benefit.funded',
                              'benefit.returned')
             GROUP BY e.holder_id, m.funder) f
     WHERE back > put_in
    UNION ALL
    SELECT format('entry %s returns %s, and says %s', e.entry_id, e.amount, s.said)
      FROM ledger.entry e
     CROSS JOIN LATERAL (SELECT coalesce(sum((r ->> 'amount_yen')::bigint), 0) AS said
                           FROM jsonb_array_elements(e.facts -> 'returned_to') r) s
     WHERE e.region_id = :region AND e.kind IN ('campaign.returned', 'benefit.returned')
       AND e.refusal IS NULL AND s.said <> e.amount
"""

_CLOSED: Final = """
    SELECT format('account %s is %s', a.account_no,
                  CASE WHEN a.is_open THEN 'open, and was closed' ELSE 'closed, by no entry' END)
      FROM ledger.account a
      LEFT JOIN (SELECT p.account_no FROM ledger.entry e
                   JOIN ledger.posting p
                     ON p.region_id = :region AND p.entry_id = e.entry_id AND p.is_debit
                   JOIN ledger.account a
                     ON a.region_id = :region AND a.account_no = p.account_no
                    AND a.kind NOT IN ('budget', 'budget_due')  -- of a bonus
                  WHERE e.region_id = :region AND e.refusal IS NULL
                    AND e.kind IN ('expiry', 'suspense.placed', 'suspense.returned')
                 UNION
                 SELECT lot::bigint FROM ledger.entry e
                  CROSS JOIN LATERAL jsonb_array_elements_text(e.facts -> 'lots') lot
                  WHERE e.region_id = :region AND e.kind = 'lots.closed' AND e.refusal IS NULL) c
        ON c.account_no = a.account_no
     WHERE a.region_id = :region AND a.is_open = (c.account_no IS NOT NULL)
     ORDER BY a.account_no
"""

ACCOUNTS: Final[Mapping[str, Check]] = {
    "an account has the key and the bounds of its kind": asked(_KEYS),
    "an account is whose its entries are": asked(_HOLDERS),
    "an entry moves what its facts say, of whom and until when": asked(_MOVES),
    "value keeps its source": asked(_SOURCES),
    "what refunds bring back goes where the form says": asked(_RETURNS),
    "funders get back what they put in, and no more": asked(_FUNDERS),
    "a provider's account is the provider's": check_providers,
    "an account is closed by the entry that closed it": asked(_CLOSED),
}
