-- Bulletins (公報): where and when something happened, signed, for phones to compare with their own
-- receipts. Nobody is looked up by them, so nothing here names or concerns a person.

CREATE TABLE notifications.bulletin (
    region_id    integer     NOT NULL,
    bulletin_id  uuid        NOT NULL,
    -- JSON, as notifications/bulletin.py reads it.
    document     text        NOT NULL,
    drafted_by   text        NOT NULL,
    drafted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    approved_by  text,
    approved_at  timestamptz,
    -- The very JSON that is published, with its signature. NULL: the worker has not signed it yet.
    published    text,
    published_at timestamptz,
    withdrawn_by text,
    withdrawn_at timestamptz,
    -- Until when it is published.
    until        timestamptz NOT NULL,
    CONSTRAINT bulletin_pk PRIMARY KEY (region_id, bulletin_id),
    CONSTRAINT bulletin_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT bulletin_is_bounded
        CHECK (octet_length(document) BETWEEN 2 AND 65536 AND octet_length(published) <= 131072),
    -- Drafted by one person, approved by another, and only then published.
    CONSTRAINT bulletin_is_approved_by_another
        CHECK ((approved_by IS NULL) = (approved_at IS NULL) AND approved_by <> drafted_by),
    CONSTRAINT bulletin_is_published_once_approved
        CHECK ((published IS NULL) = (published_at IS NULL)
               AND (published IS NULL OR approved_at IS NOT NULL)),
    CONSTRAINT bulletin_withdrawal_is_told
        CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
CREATE INDEX bulletin_to_sign ON notifications.bulletin (region_id)
    WHERE approved_at IS NOT NULL AND published IS NULL AND withdrawn_at IS NULL;
CREATE INDEX bulletin_by_end ON notifications.bulletin (region_id, until);

ALTER TABLE notifications.bulletin ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON notifications.bulletin TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));

-- What everybody may see, and those who draft: nothing in it is secret but who wrote it.
CREATE VIEW notifications.bulletin_told WITH (security_barrier = true) AS
    SELECT * FROM notifications.bulletin WHERE region_id = (SELECT ledger.session_region());

GRANT USAGE ON SCHEMA notifications TO meguri_city;
GRANT SELECT ON notifications.bulletin_told TO meguri_app, meguri_city;
GRANT SELECT, INSERT (region_id, bulletin_id, document, drafted_by, until)
    ON notifications.bulletin TO meguri_app;
GRANT UPDATE (approved_by, approved_at, published, published_at, withdrawn_by, withdrawn_at)
    ON notifications.bulletin TO meguri_app;
