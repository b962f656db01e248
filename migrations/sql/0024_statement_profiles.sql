-- Profiles of bank statements that a region made itself. A version is never changed.

CREATE TABLE merchants.statement_profile (
    region_id  integer     NOT NULL,
    profile_id uuid        NOT NULL,
    name       text        NOT NULL,
    version    integer     NOT NULL,
    -- JSON, as merchants/statement_profile.py reads it.
    document   text        NOT NULL,
    made_by    text        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT statement_profile_pk PRIMARY KEY (region_id, profile_id),
    CONSTRAINT statement_profile_is_one_version UNIQUE (region_id, name, version),
    CONSTRAINT statement_profile_name_is_a_slug CHECK (name ~ '^[a-z][a-z0-9-]{1,38}[a-z0-9]$'),
    CONSTRAINT statement_profile_version_is_bounded CHECK (version BETWEEN 1 AND 1000),
    CONSTRAINT statement_profile_is_short CHECK (octet_length(document) BETWEEN 2 AND 16384)
);

GRANT SELECT, INSERT ON merchants.statement_profile TO meguri_app;

ALTER TABLE merchants.statement_profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.statement_profile TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
