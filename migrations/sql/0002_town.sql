-- The tables of merchants, campaigns and access: what is no money, under row-level security.

CREATE SCHEMA merchants;
CREATE TABLE merchants.merchant (
    region_id      integer     NOT NULL,
    merchant_id    uuid        NOT NULL,
    name           text        NOT NULL,
    merchant_class text        NOT NULL,
    category       text        NOT NULL,
    area           text        NOT NULL,
    opened_at      timestamptz NOT NULL,
    CONSTRAINT merchant_pk PRIMARY KEY (region_id, merchant_id),
    CONSTRAINT merchant_holder_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES ledger.holder (region_id, holder_id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT merchant_class_is_known
        CHECK (merchant_class IN ('street_member', 'small', 'convenience', 'large')),
    CONSTRAINT merchant_texts_are_bounded
        CHECK (length(name) BETWEEN 1 AND 80 AND length(category) BETWEEN 1 AND 40
               AND length(area) BETWEEN 1 AND 40)
);
CREATE TABLE merchants.store (
    region_id   integer     NOT NULL,
    store_id    uuid        NOT NULL,
    merchant_id uuid        NOT NULL,
    name        text        NOT NULL,
    opened_at   timestamptz NOT NULL,
    CONSTRAINT store_pk PRIMARY KEY (region_id, store_id),
    CONSTRAINT store_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    CONSTRAINT store_holder_fk
        FOREIGN KEY (region_id, store_id) REFERENCES ledger.holder (region_id, holder_id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT store_name_is_bounded CHECK (length(name) BETWEEN 1 AND 80)
);
CREATE INDEX store_by_merchant ON merchants.store (region_id, merchant_id, store_id);

CREATE SCHEMA campaigns;
-- Terms are known by their hash and never edited.
CREATE TABLE campaigns.terms (
    region_id  integer NOT NULL,
    terms_hash bytea   NOT NULL,
    form       text    NOT NULL,
    CONSTRAINT terms_pk PRIMARY KEY (region_id, terms_hash),
    CONSTRAINT terms_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT terms_are_what_their_hash_says
        CHECK (terms_hash = sha256(convert_to(form, 'UTF8')))
);

CREATE SCHEMA access;
-- Tokens that no longer count. region_id 0 stands for tokens of no region (operators).
CREATE TABLE access.revocation (
    region_id  integer     NOT NULL,
    kind       text        NOT NULL,
    value      uuid        NOT NULL,
    revoked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT revocation_key PRIMARY KEY (region_id, kind, value),
    CONSTRAINT revocation_kind_is_known CHECK (kind IN ('jti', 'sub', 'family')),
    CONSTRAINT revocation_lasts CHECK (expires_at > revoked_at)
);
CREATE INDEX revocation_by_time ON access.revocation (revoked_at);

GRANT USAGE ON SCHEMA merchants, campaigns, access TO meguri_app;
GRANT SELECT, INSERT, UPDATE ON merchants.merchant, merchants.store TO meguri_app;
GRANT SELECT, INSERT ON campaigns.terms TO meguri_app;
GRANT SELECT, INSERT, DELETE ON access.revocation TO meguri_app;
GRANT UPDATE (revoked_at, expires_at) ON access.revocation TO meguri_app;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['merchants.merchant', 'merchants.store', 'campaigns.terms']
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON %s TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END $$;

-- Every process looks up the revocations of all regions: they hold ids and times only. A session
-- revokes in its own region (0: operators), and takes nothing back before it is over.
ALTER TABLE access.revocation ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen_by_all ON access.revocation FOR SELECT TO meguri_app USING (true);
CREATE POLICY made_in_its_region ON access.revocation FOR INSERT TO meguri_app
    WITH CHECK (region_id = (SELECT ledger.session_region()));
CREATE POLICY changed_in_its_region ON access.revocation FOR UPDATE TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
CREATE POLICY forgotten_when_over ON access.revocation FOR DELETE TO meguri_app
    USING (region_id = (SELECT ledger.session_region()) AND expires_at <= clock_timestamp());
