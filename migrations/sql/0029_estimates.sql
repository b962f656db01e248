-- Roles that see no person are told of a simulation that it was asked and how far it is; what it
-- would come to is estimated for them from released tables (simulations/estimate.py). A rounded copy
-- of the exact result, and forms that they might not try, are no more.
DROP VIEW campaigns.simulation_told;
ALTER TABLE campaigns.simulation
    DROP CONSTRAINT simulation_result_is_of_what_is_done,
    DROP COLUMN rounded,
    DROP COLUMN is_narrow,
    ADD CONSTRAINT simulation_result_is_of_what_is_done
        CHECK ((state = 'done') = (exact IS NOT NULL));

-- Neither how many payments were looked at, nor how long that took.
CREATE VIEW campaigns.simulation_told WITH (security_barrier = true) AS
    SELECT region_id, simulation_id, asked_by, role, asked_at, form_hash, question, state, failure
      FROM campaigns.simulation
     WHERE region_id = (SELECT ledger.session_region());

-- Merchants that are open, as the public directory tells them.
CREATE VIEW campaigns.trader WITH (security_barrier = true) AS
    SELECT region_id, holder_id AS merchant_id, facts ->> 'merchant_class' AS merchant_class,
           coalesce(facts ->> 'category', '') AS category, coalesce(facts ->> 'area', '') AS area,
           facts ->> 'street' AS street
      FROM ledger.holder
     WHERE kind = 'merchant' AND state = 'open' AND region_id = (SELECT ledger.session_region());

GRANT SELECT ON campaigns.simulation_told, campaigns.trader TO meguri_city, meguri_app;
