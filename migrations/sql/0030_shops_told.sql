-- What roles that see no person are told of shops: public facts, and what shops pay shops. Nothing
-- that a resident did moves a number here.

-- Where each store is and what its merchant is, as the directory tells it.
CREATE VIEW insights.shop WITH (security_barrier = true) AS
    SELECT s.region_id, s.holder_id AS store_id, m.holder_id AS merchant_id,
           m.facts ->> 'merchant_class' AS merchant_class, m.facts ->> 'category' AS category,
           m.facts ->> 'area' AS area, m.facts ->> 'street' AS street,
           coalesce(d.area, m.facts ->> 'area') AS store_area, d.district
      FROM ledger.holder s
      JOIN ledger.holder m ON m.region_id = s.region_id AND m.holder_id = s.parent_id
      LEFT JOIN merchants.store_details d
        ON d.region_id = s.region_id AND d.store_id = s.holder_id
     WHERE s.kind = 'store' AND s.region_id = (SELECT ledger.session_region());

-- When merchants and stores joined, closed and opened again, in the order in which they did. That a
-- merchant was suspended is not told to the public, and not here.
CREATE VIEW insights.shop_step WITH (security_barrier = true) AS
    SELECT o.region_id, o.holder_id, o.kind, 0 AS number, 'open' AS state,
           (o.opened_at AT TIME ZONE r.zone)::date AS business_date
      FROM (SELECT region_id, merchant_id AS holder_id, 'merchant' AS kind, opened_at
              FROM merchants.merchant
             UNION ALL
            SELECT region_id, store_id, 'store', opened_at FROM merchants.store) o
      JOIN ledger.region r ON r.region_id = o.region_id
     WHERE o.region_id = (SELECT ledger.session_region())
     UNION ALL
    SELECT h.region_id, h.holder_id, h.kind,
           (row_number() OVER (PARTITION BY h.holder_id ORDER BY e.seq))::integer,
           e.facts ->> 'state', e.business_date
      FROM ledger.holder h
      JOIN ledger.entry e ON e.region_id = h.region_id AND e.holder_id = h.holder_id
     WHERE h.kind IN ('merchant', 'store') AND h.region_id = (SELECT ledger.session_region())
       AND e.kind IN ('merchant.changed', 'store.changed') AND e.refusal IS NULL
       AND 'closed' IN (e.facts ->> 'state', e.facts ->> 'before');

-- What shops made coin of and paid to shops, month by month. Told where at least three merchants
-- paid and three were paid: else one of them would know what the other did. It is rounded to
-- thousands.
CREATE VIEW insights.circulation WITH (security_barrier = true) AS
    SELECT t.region_id, t.month,
           CASE WHEN t.is_told THEN round(t.converted, -3)::bigint END AS converted_yen,
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

GRANT SELECT ON insights.shop, insights.shop_step, insights.circulation TO meguri_app, meguri_city;
