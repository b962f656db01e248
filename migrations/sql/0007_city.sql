-- What the campaigns and city roles see: campaigns with their budgets, and their region's settings.
--
-- Their queries run as meguri_city, which reads these four views and nothing else: no table at all.
-- The views belong to the owner, so row-level security does not hold in them: each names the region.

CREATE VIEW campaigns.standing WITH (security_barrier = true) AS
    SELECT c.region_id, c.holder_id AS campaign_id, c.state, c.terms_hash, t.form,
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
      JOIN campaigns.terms t ON t.region_id = c.region_id AND t.terms_hash = c.terms_hash
     WHERE c.kind = 'campaign' AND c.region_id = (SELECT ledger.session_region());

-- The journal's entries about campaigns themselves: none of them names a person.
CREATE VIEW campaigns.journal WITH (security_barrier = true) AS
    SELECT region_id, entry_id, seq, at, business_date, kind, actor, holder_id, other_id, refers_to,
           amount, refusal, fingerprint, facts
      FROM ledger.entry
     WHERE kind IN ('campaign.created', 'campaign.funded', 'campaign.changed', 'campaign.returned',
                    'campaign.threshold', 'campaign.end_announced')
       AND region_id = (SELECT ledger.session_region());

-- Requests for a campaign's approval: of all requests, none other.
CREATE VIEW campaigns.approval WITH (security_barrier = true) AS
    SELECT region_id, request_id, kind, object_id, facts, reason, made_by, made_at, expires_at,
           state, decided_by, decided_at
      FROM access.request
     WHERE kind = 'campaign.approval' AND region_id = (SELECT ledger.session_region());

CREATE VIEW ledger.region_settings WITH (security_barrier = true) AS
    SELECT region_id, facts
      FROM ledger.holder
     WHERE holder_id = '00000000-0000-0000-0000-000000000000' AND kind = 'issuer'
       AND region_id = (SELECT ledger.session_region());

GRANT USAGE ON SCHEMA campaigns, ledger TO meguri_city;
GRANT EXECUTE ON FUNCTION ledger.session_region() TO meguri_city;
GRANT SELECT ON campaigns.standing, campaigns.journal, campaigns.approval, ledger.region_settings
    TO meguri_city, meguri_app;
