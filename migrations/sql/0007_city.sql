-- What the campaigns and city roles see: campaigns with their budgets, and their region's settings.
--
-- Their queries run as meguri_city, which reads views and nothing else: no table at all.
-- The views belong to the owner, so row-level security does not hold in them: each names the region.

-- Campaigns as of now: one whose start or whose next version has come due is told so, also before a
-- job has written it down (campaigns/life.py). What is still to come is told beside it.
CREATE VIEW campaigns.standing WITH (security_barrier = true) AS
    SELECT c.region_id, c.holder_id AS campaign_id,
           CASE WHEN c.state = 'scheduled' AND NOT p.is_to_start THEN 'live'
                ELSE c.state END AS state,
           t.terms_hash, t.form,
           CASE WHEN c.state = 'scheduled' AND p.is_to_start THEN p.starts_at END AS starts_at,
           CASE WHEN p.is_to_change THEN p.version_id END AS next_version_id,
           CASE WHEN p.is_to_change THEN p.applies_from END AS next_applies_from,
           n.terms_hash AS next_terms_hash, n.form AS next_form,
           (SELECT coalesce(sum(f.amount), 0)::bigint FROM ledger.entry f
             WHERE f.region_id = c.region_id AND f.holder_id = c.holder_id
               AND f.kind = 'campaign.funded' AND f.refusal IS NULL) AS funded_yen,
           (SELECT coalesce(sum(r.amount), 0)::bigint FROM ledger.entry r
             WHERE r.region_id = c.region_id AND r.holder_id = c.holder_id
               AND r.kind = 'campaign.returned' AND r.refusal IS NULL) AS returned_yen,
           (SELECT coalesce(sum(a.balance), 0)::bigint FROM ledger.account a
             WHERE a.region_id = c.region_id AND a.holder_id = c.holder_id
               AND a.kind = 'budget' AND a.is_open) AS budget_left_yen,
           (SELECT coalesce(sum(a.balance), 0)::bigint FROM ledger.account a
             WHERE a.region_id = c.region_id AND a.holder_id = c.holder_id
               AND a.kind = 'budget_due' AND a.is_open) AS owed_back_yen,
           (SELECT coalesce(sum(a.balance), 0)::bigint FROM ledger.account a
             WHERE a.region_id = c.region_id AND a.holder_id = c.holder_id
               AND a.kind = 'budget_kept' AND a.is_open) AS kept_yen,
           (c.facts ->> 'last_day')::date AS last_day
      FROM ledger.holder c
     CROSS JOIN LATERAL (SELECT x.*, x.starts_at > ledger.now() AS is_to_start,
                                coalesce(x.applies_from > ledger.now(), false) AS is_to_change
                           FROM (SELECT (c.facts #>> '{plan,starts_at}')::timestamptz AS starts_at,
                                        (c.facts #>> '{plan,next,version_id}')::uuid AS version_id,
                                        (c.facts #>> '{plan,next,applies_from}')::timestamptz
                                        AS applies_from,
                                        decode(c.facts #>> '{plan,next,terms}', 'hex')
                                        AS terms_hash) x) p
      JOIN campaigns.terms t
        ON t.region_id = c.region_id
       AND t.terms_hash = CASE WHEN p.is_to_change THEN c.terms_hash
                               ELSE coalesce(p.terms_hash, c.terms_hash) END
      LEFT JOIN campaigns.terms n
        ON n.region_id = c.region_id AND n.terms_hash = p.terms_hash AND p.is_to_change
     WHERE c.kind = 'campaign' AND c.region_id = (SELECT ledger.session_region());

-- The journal's entries about campaigns and benefits themselves: none of them names a person.
CREATE VIEW campaigns.journal WITH (security_barrier = true) AS
    SELECT region_id, entry_id, seq, at, business_date, kind, actor, holder_id, other_id, refers_to,
           amount, refusal, fingerprint, facts
      FROM ledger.entry
     WHERE kind IN ('campaign.created', 'campaign.funded', 'campaign.changed', 'campaign.returned',
                    'campaign.threshold', 'campaign.end_announced', 'campaign.settled',
                    'campaign.version_created', 'campaign.version_changed',
                    'benefit.created', 'benefit.listed', 'benefit.funded', 'benefit.changed',
                    'benefit.returned')
       AND region_id = (SELECT ledger.session_region());

-- The terms of each version of a campaign.
CREATE VIEW campaigns.version WITH (security_barrier = true) AS
    SELECT e.region_id, e.entry_id AS version_id, t.terms_hash, t.form
      FROM ledger.entry e
      JOIN campaigns.terms t
        ON t.region_id = e.region_id
       AND t.terms_hash = decode(e.facts ->> 'version_terms', 'hex')
     WHERE e.kind = 'campaign.version_created' AND e.refusal IS NULL
       AND e.region_id = (SELECT ledger.session_region());

-- Requests for the approval of campaigns and benefits: of all requests, none other.
CREATE VIEW campaigns.approval WITH (security_barrier = true) AS
    SELECT region_id, request_id, kind, object_id, facts, reason, made_by, made_at, expires_at,
           state, decided_by, decided_at
      FROM access.request
     WHERE kind IN ('campaign.approval', 'benefit.approval') AND region_id = (SELECT ledger.session_region());

CREATE VIEW ledger.region_settings WITH (security_barrier = true) AS
    SELECT region_id, facts
      FROM ledger.holder
     WHERE holder_id = '00000000-0000-0000-0000-000000000000' AND kind = 'issuer'
       AND region_id = (SELECT ledger.session_region());

GRANT USAGE ON SCHEMA campaigns, ledger TO meguri_city;
GRANT EXECUTE ON FUNCTION ledger.session_region(), ledger.now() TO meguri_city;
GRANT SELECT ON campaigns.standing, campaigns.journal, campaigns.version, campaigns.approval,
    ledger.region_settings TO meguri_city, meguri_app;
