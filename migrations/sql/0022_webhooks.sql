-- Webhooks of merchants: the endpoints that are told, a delivery for each event and endpoint, and an
-- attempt each time that one was sent.

CREATE TABLE merchants.webhook_endpoint (
    region_id        integer     NOT NULL,
    endpoint_id      uuid        NOT NULL,
    merchant_id      uuid        NOT NULL,
    url              text        NOT NULL,
    description      text        NOT NULL,
    event_types      text[]      NOT NULL,
    -- NULL: every store of the merchant, and what is about all of it.
    stores           uuid[],
    state            text        NOT NULL DEFAULT 'enabled',
    state_why        text        NOT NULL DEFAULT 'by-staff',
    state_changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Sealed by the vault's key; NULL once it is removed.
    secret           bytea,
    secret_made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The secret of before. NULL: there is none that still signs.
    old_secret       bytea,
    old_secret_until timestamptz,
    -- Events with larger numbers are told.
    after_seq        bigint      NOT NULL,
    -- Failed attempts since the last one that succeeded, and since when. NULL: the last one did.
    failures         integer     NOT NULL DEFAULT 0,
    failing_since    timestamptz,
    -- It asked to be left alone until then. NULL: it did not.
    rests_until      timestamptz,
    made_by          text        NOT NULL,
    made_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT webhook_endpoint_pk PRIMARY KEY (region_id, endpoint_id),
    CONSTRAINT webhook_endpoint_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    CONSTRAINT webhook_endpoint_texts_are_bounded
        CHECK (length(url) BETWEEN 8 AND 500 AND length(description) BETWEEN 1 AND 80),
    CONSTRAINT webhook_endpoint_lists_are_bounded
        CHECK (cardinality(event_types) BETWEEN 1 AND 20 AND cardinality(stores) BETWEEN 1 AND 50),
    CONSTRAINT webhook_endpoint_state_is_known
        CHECK (state IN ('enabled', 'failing', 'disabled', 'removed')
               AND state_why IN ('by-staff', 'failed', 'gone')),
    CONSTRAINT webhook_endpoint_has_a_secret CHECK ((secret IS NULL) = (state = 'removed')),
    CONSTRAINT webhook_endpoint_old_secret_ends
        CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
    CONSTRAINT webhook_endpoint_numbers_are_not_negative CHECK (after_seq >= 0 AND failures >= 0),
    CONSTRAINT webhook_endpoint_failures_have_a_begin
        CHECK ((failures = 0) = (failing_since IS NULL)
               AND (state <> 'failing' OR failing_since IS NOT NULL))
);
CREATE INDEX webhook_endpoint_by_merchant
    ON merchants.webhook_endpoint (region_id, merchant_id, endpoint_id);

GRANT SELECT, INSERT ON merchants.webhook_endpoint TO meguri_app;
GRANT UPDATE (url, description, event_types, stores, state, state_why, state_changed_at, secret,
              secret_made_at, old_secret, old_secret_until, failures, failing_since, rests_until)
    ON merchants.webhook_endpoint TO meguri_app;

CREATE TABLE merchants.webhook_delivery (
    region_id   integer     NOT NULL,
    delivery_id uuid        NOT NULL,
    endpoint_id uuid        NOT NULL,
    event_type  text        NOT NULL,
    -- The entry that it tells of, its number and its store. NULL: a ping; a store: of all of them.
    entry_id    uuid,
    seq         bigint,
    store_id    uuid,
    -- The very bytes that are signed and sent, each time the same.
    body        text        NOT NULL,
    state       text        NOT NULL DEFAULT 'waiting',
    -- Attempts since it was last asked for, and in all.
    tries       integer     NOT NULL DEFAULT 0,
    attempts    integer     NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    CONSTRAINT webhook_delivery_pk PRIMARY KEY (region_id, delivery_id),
    CONSTRAINT webhook_delivery_endpoint_fk
        FOREIGN KEY (region_id, endpoint_id) REFERENCES merchants.webhook_endpoint,
    CONSTRAINT webhook_delivery_state_is_known CHECK (state IN ('waiting', 'delivered', 'failed')),
    CONSTRAINT webhook_delivery_end_is_told CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT webhook_delivery_event_is_whole CHECK ((entry_id IS NULL) = (seq IS NULL)),
    CONSTRAINT webhook_delivery_is_bounded
        CHECK (length(body) BETWEEN 2 AND 2000 AND length(event_type) BETWEEN 1 AND 40
               AND tries >= 0 AND attempts >= tries)
);
CREATE INDEX webhook_delivery_due ON merchants.webhook_delivery (region_id, endpoint_id, not_before)
    WHERE state = 'waiting';
CREATE INDEX webhook_delivery_over ON merchants.webhook_delivery (region_id, expires_at)
    WHERE state = 'waiting';
CREATE INDEX webhook_delivery_by_endpoint
    ON merchants.webhook_delivery (region_id, endpoint_id, delivery_id);
CREATE INDEX webhook_delivery_by_age ON merchants.webhook_delivery (region_id, made_at);

GRANT SELECT, INSERT, DELETE ON merchants.webhook_delivery TO meguri_app;
GRANT UPDATE (state, tries, attempts, not_before, expires_at, ended_at)
    ON merchants.webhook_delivery TO meguri_app;

CREATE TABLE merchants.webhook_attempt (
    region_id   integer     NOT NULL,
    delivery_id uuid        NOT NULL,
    attempt     integer     NOT NULL,
    at          timestamptz NOT NULL,
    duration_ms integer     NOT NULL,
    -- What the endpoint answered. NULL: nothing that could be read.
    status      integer,
    outcome     text        NOT NULL,
    CONSTRAINT webhook_attempt_pk PRIMARY KEY (region_id, delivery_id, attempt),
    CONSTRAINT webhook_attempt_delivery_fk FOREIGN KEY (region_id, delivery_id)
        REFERENCES merchants.webhook_delivery ON DELETE CASCADE,
    CONSTRAINT webhook_attempt_is_bounded
        CHECK (attempt > 0 AND duration_ms >= 0 AND status BETWEEN 100 AND 999
               AND length(outcome) BETWEEN 1 AND 20)
);

GRANT SELECT, INSERT ON merchants.webhook_attempt TO meguri_app;

ALTER TABLE merchants.webhook_endpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE merchants.webhook_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE merchants.webhook_attempt ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.webhook_endpoint TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
CREATE POLICY of_its_region ON merchants.webhook_delivery TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
CREATE POLICY of_its_region ON merchants.webhook_attempt TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
