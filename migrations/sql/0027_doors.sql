-- What the campaigns and city roles see of sums that people's payments make: rounded in steps whose
-- place nobody knows, once a week (docs/PRIVACY-DOORS.md). Exact sums are denied to meguri_city.

-- What was told of each campaign's spending, and with which secret offset; never changed.
CREATE TABLE campaigns.gauge (
    region_id   integer NOT NULL,
    campaign_id uuid    NOT NULL,
    as_of       date    NOT NULL,
    funded_yen  bigint  NOT NULL,
    step_yen    bigint  NOT NULL,
    offset_yen  bigint  NOT NULL,
    spent_yen   bigint  NOT NULL,
    CONSTRAINT gauge_pk PRIMARY KEY (region_id, campaign_id, as_of),
    CONSTRAINT gauge_campaign_fk
        FOREIGN KEY (region_id, campaign_id) REFERENCES ledger.holder,
    CONSTRAINT gauge_is_of_a_whole_week CHECK (extract(isodow FROM as_of) = 7),
    CONSTRAINT gauge_offset_is_within_a_step
        CHECK (step_yen >= 100000 AND offset_yen >= 0 AND offset_yen < step_yen),
    CONSTRAINT gauge_is_rounded
        CHECK (spent_yen = funded_yen
               OR (spent_yen BETWEEN 0 AND funded_yen AND spent_yen % step_yen = 0))
);
GRANT SELECT, INSERT ON campaigns.gauge TO meguri_app;
ALTER TABLE campaigns.gauge ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON campaigns.gauge TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));

CREATE VIEW campaigns.gauge_told WITH (security_barrier = true) AS
    SELECT region_id, campaign_id, as_of, funded_yen, step_yen, spent_yen
      FROM campaigns.gauge
     WHERE region_id = (SELECT ledger.session_region());

-- campaigns.standing without a sum that payments or refunds move.
CREATE VIEW campaigns.standing_told WITH (security_barrier = true) AS
    SELECT s.region_id, s.campaign_id, s.state, s.terms_hash, s.form, s.funded_yen, s.last_day,
           s.starts_at, s.next_version_id, s.next_applies_from, s.next_terms_hash, s.next_form,
           m.as_of, m.spent_yen
      FROM campaigns.standing s
      LEFT JOIN LATERAL (SELECT t.as_of, t.spent_yen
                           FROM campaigns.gauge t
                          WHERE t.region_id = s.region_id AND t.campaign_id = s.campaign_id
                          ORDER BY t.as_of DESC
                          LIMIT 1) m ON true
     WHERE s.region_id = (SELECT ledger.session_region());

-- The journal's entries about campaigns and benefits, without what payments made of them: no sums of
-- returns and settlements, no marks of budgets, and in place of the number in the journal, which
-- counts what everybody does, the number among the entries of the same campaign or benefit. What a
-- job found out at some instant is told with its day.
CREATE VIEW campaigns.journal_told WITH (security_barrier = true) AS
    SELECT e.region_id, e.entry_id,
           (SELECT count(*) FROM ledger.entry o
             WHERE o.region_id = e.region_id AND o.holder_id = e.holder_id AND o.seq <= e.seq
               AND split_part(o.kind, '.', 1) IN ('campaign', 'benefit')
               AND o.kind NOT IN ('campaign.threshold', 'benefit.used')) AS seq,
           CASE WHEN e.kind = 'campaign.end_announced'
                THEN e.business_date::timestamp AT TIME ZONE r.zone ELSE e.at END AS at,
           e.business_date, e.kind, e.actor, e.holder_id, e.other_id, e.refers_to,
           CASE WHEN d.is_derived THEN 0 ELSE e.amount END AS amount,
           CASE WHEN d.is_derived THEN NULL ELSE e.refusal END AS refusal,
           CASE WHEN d.is_derived THEN ''::bytea ELSE e.fingerprint END AS fingerprint,
           CASE WHEN d.is_derived THEN jsonb_build_object('reason', e.facts -> 'reason')
                ELSE e.facts END AS facts
      FROM ledger.entry e
      JOIN ledger.region r ON r.region_id = e.region_id
     CROSS JOIN LATERAL (SELECT e.kind IN ('campaign.returned', 'campaign.settled',
                                           'benefit.returned') AS is_derived) d
     WHERE e.kind IN ('campaign.created', 'campaign.funded', 'campaign.changed',
                      'campaign.returned', 'campaign.end_announced', 'campaign.settled',
                      'campaign.version_created', 'campaign.version_changed',
                      'benefit.created', 'benefit.listed', 'benefit.funded', 'benefit.changed',
                      'benefit.returned')
       AND NOT (d.is_derived AND e.refusal IS NOT NULL)
       AND e.region_id = (SELECT ledger.session_region());

-- Benefits without what went back after the end: that is what their people did not take.
CREATE VIEW campaigns.benefit_told WITH (security_barrier = true) AS
    SELECT region_id, benefit_id, state, facts, funded_yen
      FROM campaigns.benefit_standing
     WHERE region_id = (SELECT ledger.session_region());

GRANT SELECT ON campaigns.gauge_told, campaigns.standing_told, campaigns.journal_told,
    campaigns.benefit_told TO meguri_city, meguri_app;
REVOKE SELECT ON campaigns.standing, campaigns.journal, campaigns.benefit_standing FROM meguri_city;
