-- What shops made coin of and paid to shops, month by month, in thousands. What was paid is told where
-- at least three merchants paid and three were paid, and what was converted where three converted as
-- well: else one of them would know what the other did. That three paid says nothing of who converted.
CREATE OR REPLACE VIEW insights.circulation WITH (security_barrier = true) AS
    SELECT t.region_id, t.month,
           CASE WHEN t.is_told AND t.converters >= 3
                THEN round(t.converted, -3)::bigint END AS converted_yen,
           CASE WHEN t.is_told THEN round(t.paid, -3)::bigint END AS paid_yen,
           CASE WHEN t.is_told THEN t.payers END AS payers,
           CASE WHEN t.is_told THEN t.payees END AS payees
      FROM (SELECT w.region_id, date_trunc('month', e.business_date)::date AS month,
                   coalesce(sum(CASE e.kind WHEN 'conversion' THEN e.amount
                                            WHEN 'conversion.returned' THEN -e.amount END), 0)
                   AS converted,
                   coalesce(sum(CASE e.kind WHEN 'payment' THEN e.amount
                                            WHEN 'refund' THEN -e.amount
                                            WHEN 'void' THEN -e.amount END), 0) AS paid,
                   count(DISTINCT w.subject_id) FILTER (WHERE e.kind = 'conversion') AS converters,
                   count(DISTINCT w.subject_id) FILTER (WHERE e.kind = 'payment') AS payers,
                   count(DISTINCT s.parent_id) FILTER (WHERE e.kind = 'payment') AS payees,
                   count(DISTINCT w.subject_id) FILTER (WHERE e.kind = 'payment') >= 3
                   AND count(DISTINCT s.parent_id) FILTER (WHERE e.kind = 'payment') >= 3 AS is_told
              FROM ledger.holder w
              JOIN ledger.entry e ON e.region_id = w.region_id AND e.holder_id = w.holder_id
              LEFT JOIN ledger.holder s
                ON s.region_id = e.region_id AND s.holder_id = e.other_id AND s.kind = 'store'
             WHERE w.kind = 'shop_wallet' AND w.region_id = (SELECT ledger.session_region())
               AND e.kind IN ('conversion', 'conversion.returned', 'payment', 'refund', 'void')
               AND e.refusal IS NULL
             GROUP BY 1, 2) t;
