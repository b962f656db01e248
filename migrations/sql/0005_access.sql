-- Who may come in: logins with their posts and devices, and the log of acts.
--
-- region_id 0 stands for operators, who belong to no region. Secrets stand here as hashes, or sealed
-- with the vault's key, which PostgreSQL never sees.

-- A login is one person by one e-mail in a region, who works for a merchant or for the issuer.
CREATE TABLE access.login (
    region_id      integer     NOT NULL,
    login_id       uuid        NOT NULL,
    email          text        NOT NULL,
    email_key      text        NOT NULL,
    name           text        NOT NULL,
    state          text        NOT NULL DEFAULT 'active',
    password_hash  text,
    totp_sealed    bytea,
    totp_step      bigint      NOT NULL DEFAULT 0,
    upstream       text,
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When all its sessions were ended last: a sign-in that began before goes no further. NULL: never.
    sessions_ended_at timestamptz,
    CONSTRAINT login_pk PRIMARY KEY (region_id, login_id),
    CONSTRAINT login_email_is_one UNIQUE (region_id, email_key),
    CONSTRAINT login_upstream_is_one UNIQUE (region_id, upstream),
    CONSTRAINT login_state_is_known CHECK (state IN ('active', 'suspended')),
    CONSTRAINT login_texts_are_bounded
        CHECK (length(email) BETWEEN 3 AND 254 AND length(email_key) BETWEEN 3 AND 254
               AND length(name) BETWEEN 1 AND 80)
);

-- What a login may act as. One person may hold several posts, and is one actor in all of them.
CREATE TABLE access.post (
    region_id   integer     NOT NULL,
    post_id     uuid        NOT NULL,
    login_id    uuid        NOT NULL,
    face        text        NOT NULL,
    merchant_id uuid,
    role        text        NOT NULL,
    stores      uuid[],
    given_by    text        NOT NULL,
    given_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    CONSTRAINT post_pk PRIMARY KEY (region_id, post_id),
    CONSTRAINT post_login_fk FOREIGN KEY (region_id, login_id) REFERENCES access.login,
    CONSTRAINT post_is_of_a_face CHECK (face IN ('merchant', 'admin')),
    CONSTRAINT post_of_a_shop_has_a_merchant CHECK ((face = 'merchant') = (merchant_id IS NOT NULL)),
    CONSTRAINT post_role_is_known CHECK (
        (face = 'merchant' AND role IN ('owner', 'manager', 'clerk', 'accountant', 'terminal'))
        OR (face = 'admin' AND role IN ('campaigns', 'approver', 'finance', 'desk', 'city', 'auditor'))
           AND region_id <> 0
        OR (face = 'admin' AND role = 'operator' AND region_id = 0)),
    CONSTRAINT post_stores_are_of_a_shop CHECK (stores IS NULL OR face = 'merchant')
);
CREATE UNIQUE INDEX post_is_held_once ON access.post
    (region_id, login_id, face, merchant_id, role) NULLS NOT DISTINCT WHERE ended_at IS NULL;
CREATE INDEX post_by_merchant ON access.post (region_id, merchant_id, post_id)
    WHERE merchant_id IS NOT NULL;

-- An invitation to a post; its secret goes out by e-mail and stands here as a hash.
CREATE TABLE access.invitation (
    region_id     integer     NOT NULL,
    invitation_id uuid        NOT NULL,
    secret_hash   bytea       NOT NULL,
    email         text        NOT NULL,
    email_key     text        NOT NULL,
    face          text        NOT NULL,
    merchant_id   uuid,
    role          text        NOT NULL,
    stores        uuid[],
    made_by       text        NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at    timestamptz NOT NULL,
    accepted_at   timestamptz,
    withdrawn_at  timestamptz,
    CONSTRAINT invitation_pk PRIMARY KEY (region_id, invitation_id),
    CONSTRAINT invitation_secret_is_one UNIQUE (secret_hash),
    CONSTRAINT invitation_texts_are_bounded CHECK (length(email) BETWEEN 3 AND 254)
);

-- A device of a resident or of a login: a key made on it (ES256), or a passkey (WebAuthn).
CREATE TABLE access.device (
    region_id     integer     NOT NULL,
    device_id     uuid        NOT NULL,
    subject_id    uuid        NOT NULL,
    face          text        NOT NULL,
    kind          text        NOT NULL,
    public_key    bytea       NOT NULL,
    credential_id bytea,
    sign_count    bigint      NOT NULL DEFAULT 0,
    name          text        NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    usable_from   timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at       timestamptz,
    revoked_at    timestamptz,
    asked_with    uuid[]      NOT NULL DEFAULT '{}',
    CONSTRAINT device_pk PRIMARY KEY (region_id, device_id),
    CONSTRAINT device_is_of_a_face CHECK (face IN ('resident', 'staff')),
    CONSTRAINT device_kind_is_known CHECK (kind IN ('key', 'passkey')),
    CONSTRAINT device_passkey_has_a_credential CHECK ((kind = 'passkey') = (credential_id IS NOT NULL)),
    CONSTRAINT device_credential_is_one UNIQUE (region_id, credential_id),
    CONSTRAINT device_key_is_one UNIQUE (region_id, public_key),
    CONSTRAINT device_is_bounded
        CHECK (length(name) BETWEEN 1 AND 80 AND octet_length(public_key) BETWEEN 32 AND 2048
               AND octet_length(credential_id) <= 1023)
);
CREATE INDEX device_by_subject ON access.device (region_id, subject_id, device_id);

-- At which devices a login ever signed in: two logins that share one are taken for one person.
CREATE TABLE access.login_device (
    region_id integer     NOT NULL,
    login_id  uuid        NOT NULL,
    device_id uuid        NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT login_device_pk PRIMARY KEY (region_id, login_id, device_id),
    CONSTRAINT login_device_login_fk FOREIGN KEY (region_id, login_id) REFERENCES access.login
);

-- Recovery codes that a login has left, as MACs; one that was used is gone.
CREATE TABLE access.recovery_code (
    region_id integer NOT NULL,
    login_id  uuid    NOT NULL,
    code_hash bytea   NOT NULL,
    CONSTRAINT recovery_code_pk PRIMARY KEY (region_id, login_id, code_hash),
    CONSTRAINT recovery_code_login_fk FOREIGN KEY (region_id, login_id) REFERENCES access.login,
    CONSTRAINT recovery_code_hash_is_whole CHECK (octet_length(code_hash) = 32)
);

-- Secrets of tills and servers (client credentials).
CREATE TABLE access.client (
    region_id   integer     NOT NULL,
    client_id   uuid        NOT NULL,
    secret_hash bytea       NOT NULL,
    merchant_id uuid        NOT NULL,
    stores      uuid[],
    name        text        NOT NULL,
    made_by     text        NOT NULL,
    kept_by     uuid        NOT NULL,  -- the login that saw the secret last
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at     timestamptz,
    stopped_at  timestamptz,           -- since then its keeper holds no post of an owner
    revoked_at  timestamptz,
    CONSTRAINT client_pk PRIMARY KEY (region_id, client_id),
    CONSTRAINT client_hash_is_whole CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT client_name_is_bounded CHECK (length(name) BETWEEN 1 AND 80)
);
CREATE INDEX client_by_merchant ON access.client (region_id, merchant_id, client_id);
CREATE INDEX client_by_keeper ON access.client (region_id, kept_by, client_id);

-- A request that needs a second person (four eyes).
CREATE TABLE access.request (
    region_id   integer     NOT NULL,
    request_id  uuid        NOT NULL,
    kind        text        NOT NULL,
    object_id   uuid        NOT NULL,
    facts       jsonb       NOT NULL,
    reason      text        NOT NULL,
    made_by     uuid        NOT NULL,
    made_with   uuid[]      NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    state       text        NOT NULL DEFAULT 'open',
    decided_by  uuid,
    decided_at  timestamptz,
    CONSTRAINT request_pk PRIMARY KEY (region_id, request_id),
    CONSTRAINT request_state_is_known CHECK (state IN ('open', 'approved', 'refused', 'withdrawn')),
    CONSTRAINT request_decision_is_told CHECK ((state = 'open') = (decided_at IS NULL)),
    CONSTRAINT request_needs_four_eyes CHECK (state <> 'approved' OR decided_by <> made_by),
    CONSTRAINT request_reason_is_bounded CHECK (length(reason) BETWEEN 1 AND 200)
);
CREATE INDEX request_by_state ON access.request (region_id, state, request_id);

-- The log of acts (監査記録): what administrators and staff did and looked at outside the journal.
CREATE TABLE access.act (
    region_id integer     NOT NULL,
    act_id    uuid        NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor     text        NOT NULL,
    role      text,
    act       text        NOT NULL,
    object_id uuid,
    person_id uuid,
    reason    text,
    facts     jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT act_pk PRIMARY KEY (region_id, act_id),
    CONSTRAINT act_look_has_a_reason CHECK (act <> 'person.looked_at' OR reason IS NOT NULL),
    CONSTRAINT act_is_bounded CHECK (length(act) BETWEEN 3 AND 60 AND length(reason) BETWEEN 1 AND 200)
);
CREATE INDEX act_by_person ON access.act (region_id, person_id, act_id) WHERE person_id IS NOT NULL;
CREATE INDEX act_by_actor ON access.act (region_id, actor, act_id);
CREATE INDEX act_by_object ON access.act (region_id, object_id, act_id) WHERE object_id IS NOT NULL;

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON access.act
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

GRANT SELECT, INSERT, UPDATE ON access.login, access.post, access.invitation, access.device,
    access.login_device, access.client, access.request TO meguri_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON access.recovery_code TO meguri_app;
GRANT SELECT, INSERT ON access.act TO meguri_app;
-- Whoever enters an act does not choose when it was.
REVOKE INSERT ON access.act FROM meguri_app;
GRANT INSERT (region_id, act_id, actor, role, act, object_id, person_id, reason, facts)
    ON access.act TO meguri_app;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['login', 'post', 'invitation', 'device', 'login_device', 'recovery_code',
                                   'client', 'request', 'act']
    LOOP
        EXECUTE format('ALTER TABLE access.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON access.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END $$;
