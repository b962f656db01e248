-- Files of bulk transfers (総合振込) as they were made: their bytes are never changed.

CREATE TABLE merchants.transfer_file (
    region_id  integer     NOT NULL,
    file_id    uuid        NOT NULL,
    run_id     uuid        NOT NULL,
    pays_on    date        NOT NULL,
    content    bytea       NOT NULL,
    sha256     bytea       NOT NULL,
    transfers  integer     NOT NULL,
    total_yen  bigint      NOT NULL,
    state      text        NOT NULL DEFAULT 'made',
    made_by    text        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Who handed it to the bank, and who saw that it was carried out. NULL: nobody yet.
    sent_by    text,
    sent_at    timestamptz,
    paid_by    text,
    paid_at    timestamptz,
    CONSTRAINT transfer_file_pk PRIMARY KEY (region_id, file_id),
    CONSTRAINT transfer_file_run_fk
        FOREIGN KEY (region_id, run_id) REFERENCES merchants.settlement_run,
    CONSTRAINT transfer_file_hash_is_of_its_content CHECK (sha256 = sha256(content)),
    CONSTRAINT transfer_file_pays_something CHECK (transfers > 0 AND total_yen > 0),
    CONSTRAINT transfer_file_state_is_known CHECK (state IN ('made', 'sent', 'paid')),
    CONSTRAINT transfer_file_steps_are_told
        CHECK ((state IN ('sent', 'paid')) = (sent_at IS NOT NULL)
               AND (state = 'paid') = (paid_at IS NOT NULL)
               AND (sent_at IS NULL) = (sent_by IS NULL)
               AND (paid_at IS NULL) = (paid_by IS NULL)),
    -- Whoever made it does not send it.
    CONSTRAINT transfer_file_has_two_people CHECK (made_by <> sent_by)
);
CREATE INDEX transfer_file_by_run ON merchants.transfer_file (region_id, run_id, file_id);

ALTER TABLE merchants.settlement ADD COLUMN file_id uuid;
ALTER TABLE merchants.settlement ADD CONSTRAINT settlement_file_fk
    FOREIGN KEY (region_id, file_id) REFERENCES merchants.transfer_file;
CREATE INDEX settlement_by_file ON merchants.settlement (region_id, file_id)
    WHERE file_id IS NOT NULL;

GRANT SELECT, INSERT ON merchants.transfer_file TO meguri_app;
GRANT UPDATE (state, sent_by, sent_at, paid_by, paid_at) ON merchants.transfer_file TO meguri_app;
GRANT UPDATE (file_id) ON merchants.settlement TO meguri_app;

ALTER TABLE merchants.transfer_file ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.transfer_file TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
