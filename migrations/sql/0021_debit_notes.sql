-- Debit notes (請求書): what merchants owe and nothing nets any more. The money of one comes through the
-- bank, by an entry that refers to the note's own.

INSERT INTO ledger.entry_kind (kind, needs_postings) VALUES
    ('debit_note.issued', false), ('debit_note.paid', true);

CREATE TABLE merchants.debit_note (
    region_id   integer     NOT NULL,
    -- The id of its entry, too.
    note_id     uuid        NOT NULL,
    number      bigint      NOT NULL,
    -- NULL: it is the first.
    previous    bigint,
    merchant_id uuid        NOT NULL,
    amount_yen  bigint      NOT NULL,
    due_on      date        NOT NULL,
    -- Whatever is credited to the merchant's debts after this number goes off the note.
    issued_seq  bigint      NOT NULL,
    -- JSON, byte for byte as it was issued, and its SHA-256.
    content     bytea       NOT NULL,
    digest      bytea       NOT NULL,
    issued_at   timestamptz NOT NULL,
    issued_by   text        NOT NULL,
    CONSTRAINT debit_note_pk PRIMARY KEY (region_id, note_id),
    CONSTRAINT debit_note_number_is_its_own UNIQUE (region_id, number),
    CONSTRAINT debit_note_has_the_number_after
        CHECK (number > 0 AND previous IS NOT DISTINCT FROM nullif(number - 1, 0)),
    CONSTRAINT debit_note_follows_the_one_before
        FOREIGN KEY (region_id, previous) REFERENCES merchants.debit_note (region_id, number),
    CONSTRAINT debit_note_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    CONSTRAINT debit_note_asks_for_something CHECK (amount_yen > 0),
    CONSTRAINT debit_note_seq_is_not_negative CHECK (issued_seq >= 0),
    CONSTRAINT debit_note_digest_is_of_its_content CHECK (digest = sha256(content)),
    CONSTRAINT debit_note_content_is_short CHECK (length(content) BETWEEN 2 AND 16384)
);
CREATE INDEX debit_note_by_merchant ON merchants.debit_note (region_id, merchant_id, number);

GRANT SELECT, INSERT ON merchants.debit_note TO meguri_app;

ALTER TABLE merchants.debit_note ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.debit_note TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
