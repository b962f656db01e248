-- How people come in: sessions with their refresh tokens, challenges, allowances, messages.

-- A session is one sign-in: the family (fam) of all tokens that descend from it. The installation is
-- the app or browser in which somebody signed in, by what it showed of itself; for 60 days.
CREATE TABLE access.session (
    region_id  integer     NOT NULL,
    session_id uuid        NOT NULL,
    face       text        NOT NULL,
    subject_id uuid        NOT NULL,
    post_id    uuid,
    device_id  uuid,
    installation_id uuid,
    method     text        NOT NULL,
    client     text        NOT NULL DEFAULT '',
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    end_reason text,
    CONSTRAINT session_pk PRIMARY KEY (region_id, session_id),
    CONSTRAINT session_is_of_a_face CHECK (face IN ('resident', 'merchant', 'admin')),
    CONSTRAINT session_of_staff_has_a_post CHECK ((face = 'resident') = (post_id IS NULL)),
    CONSTRAINT session_post_fk FOREIGN KEY (region_id, post_id) REFERENCES access.post,
    CONSTRAINT session_device_fk FOREIGN KEY (region_id, device_id) REFERENCES access.device,
    CONSTRAINT session_method_is_known CHECK (
        method IN ('sms', 'device', 'passkey', 'password', 'oidc', 'recovery', 'bulk')),
    CONSTRAINT session_end_is_told CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT session_client_is_bounded CHECK (length(client) <= 100)
);
CREATE INDEX session_by_subject ON access.session (region_id, subject_id, session_id);
CREATE INDEX session_by_installation ON access.session (region_id, installation_id)
    WHERE installation_id IS NOT NULL;

-- Refresh tokens by their SHA-256. One that was used comes again only if it was stolen.
CREATE TABLE access.refresh (
    region_id  integer     NOT NULL,
    token_hash bytea       NOT NULL,
    session_id uuid        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT refresh_pk PRIMARY KEY (region_id, token_hash),
    CONSTRAINT refresh_session_fk FOREIGN KEY (region_id, session_id) REFERENCES access.session,
    CONSTRAINT refresh_hash_is_whole CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX refresh_by_time ON access.refresh (region_id, expires_at);
CREATE INDEX refresh_by_session ON access.refresh (region_id, session_id);

-- Something asked once of somebody: a code by SMS, a nonce to sign, a state of another provider.
CREATE TABLE access.challenge (
    region_id    integer     NOT NULL,
    challenge_id uuid        NOT NULL,
    purpose      text        NOT NULL,
    subject_id   uuid,
    secret_hash  bytea       NOT NULL,
    facts        jsonb       NOT NULL DEFAULT '{}',
    tries_left   smallint    NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz,
    CONSTRAINT challenge_pk PRIMARY KEY (region_id, challenge_id),
    CONSTRAINT challenge_tries_are_not_negative CHECK (tries_left >= 0),
    CONSTRAINT challenge_hash_is_whole CHECK (octet_length(secret_hash) = 32)
);
CREATE INDEX challenge_by_time ON access.challenge (region_id, expires_at);

-- How often something was done in a window of time: by number, device, network, login.
CREATE TABLE access.allowance (
    region_id  integer     NOT NULL,
    name       text        NOT NULL,
    key        bytea       NOT NULL,
    begins_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    used       integer     NOT NULL,
    CONSTRAINT allowance_pk PRIMARY KEY (region_id, name, key, begins_at),
    CONSTRAINT allowance_is_used CHECK (used > 0),
    CONSTRAINT allowance_key_is_whole CHECK (octet_length(key) = 32)
) WITH (fillfactor = 70);
CREATE INDEX allowance_by_time ON access.allowance (region_id, ends_at);

-- Tries in a row of whoever guesses, by the MAC of a name; blocked until its wait is over.
CREATE TABLE access.failure (
    region_id     integer     NOT NULL,
    name          text        NOT NULL,
    key           bytea       NOT NULL,
    failures      integer     NOT NULL,
    counted_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    blocked_until timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT failure_pk PRIMARY KEY (region_id, name, key),
    CONSTRAINT failure_is_counted CHECK (failures > 0),
    CONSTRAINT failure_key_is_whole CHECK (octet_length(key) = 32)
) WITH (fillfactor = 70);
CREATE INDEX failure_by_time ON access.failure (region_id, counted_at);

-- Messages on their way: codes and notices of security. Address and text go when they were sent.
CREATE TABLE access.message (
    region_id   integer     NOT NULL,
    message_id  uuid        NOT NULL,
    channel     text        NOT NULL,
    purpose     text        NOT NULL,
    address     text        NOT NULL,
    body        text        NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    not_before  timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries       smallint    NOT NULL DEFAULT 0,
    state       text        NOT NULL DEFAULT 'waiting',
    ended_at    timestamptz,
    failure     text,
    CONSTRAINT message_pk PRIMARY KEY (region_id, message_id),
    CONSTRAINT message_channel_is_known CHECK (channel IN ('sms', 'email')),
    CONSTRAINT message_state_is_known CHECK (state IN ('waiting', 'sent', 'failed', 'expired')),
    CONSTRAINT message_end_is_told CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT message_is_forgotten CHECK (state = 'waiting' OR (address = '' AND body = '')),
    CONSTRAINT message_is_bounded CHECK (length(address) <= 254 AND length(body) <= 2000)
);
CREATE INDEX message_waiting ON access.message (region_id, not_before) WHERE state = 'waiting';

GRANT SELECT, INSERT, UPDATE ON access.session TO meguri_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON access.refresh, access.challenge, access.allowance,
    access.failure, access.message TO meguri_app;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['session', 'refresh', 'challenge', 'allowance', 'failure',
                                   'message']
    LOOP
        EXECUTE format('ALTER TABLE access.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON access.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END $$;
