-- Simulations: what somebody asked about a form, how far the worker has come, and what it came to.
--
-- The worker runs them as the application does. The campaigns and city roles read a view, which has
-- neither exact figures nor simulations of forms that single somebody out.

CREATE TABLE campaigns.simulation (
    region_id     integer     NOT NULL,
    simulation_id uuid        NOT NULL,
    asked_by      text        NOT NULL,
    role          text        NOT NULL,
    asked_at      timestamptz NOT NULL,
    asked_on      date        NOT NULL,
    form_hash     bytea       NOT NULL,
    question      text        NOT NULL,
    is_narrow     boolean     NOT NULL,
    state         text        NOT NULL DEFAULT 'queued',
    attempts      integer     NOT NULL DEFAULT 0,
    payments      bigint      NOT NULL DEFAULT 0,
    entries       bigint      NOT NULL DEFAULT 0,
    started_at    timestamptz,
    ended_at      timestamptz,
    failure       text,
    exact         jsonb,
    rounded       jsonb,
    CONSTRAINT simulation_pk PRIMARY KEY (region_id, simulation_id),
    CONSTRAINT simulation_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT simulation_state_is_known
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    CONSTRAINT simulation_end_is_told
        CHECK ((state IN ('done', 'failed', 'cancelled')) = (ended_at IS NOT NULL)),
    CONSTRAINT simulation_result_is_of_what_is_done
        CHECK ((state = 'done') = (exact IS NOT NULL) AND (exact IS NULL) = (rounded IS NULL)),
    CONSTRAINT simulation_failure_is_told CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT simulation_is_bounded
        CHECK (length(question) <= 200000 AND length(failure) <= 64 AND length(role) <= 20
               AND octet_length(form_hash) = 32)
);
CREATE INDEX simulation_waits ON campaigns.simulation (region_id, simulation_id)
    WHERE state IN ('queued', 'running');
CREATE INDEX simulation_by_day ON campaigns.simulation (region_id, asked_on);

CREATE VIEW campaigns.simulation_told WITH (security_barrier = true) AS
    SELECT region_id, simulation_id, asked_by, role, asked_at, form_hash, question, state, payments,
           entries, started_at, ended_at, failure, rounded
      FROM campaigns.simulation
     WHERE NOT is_narrow AND region_id = (SELECT ledger.session_region());

GRANT SELECT, INSERT ON campaigns.simulation TO meguri_app;
GRANT UPDATE (state, attempts, payments, entries, started_at, ended_at, failure,
              exact, rounded)
    ON campaigns.simulation TO meguri_app;
GRANT SELECT ON campaigns.simulation_told TO meguri_city, meguri_app;

ALTER TABLE campaigns.simulation ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON campaigns.simulation TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
