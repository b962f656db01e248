-- Statements (入出金明細) of the region's own bank accounts, and what each of their lines stands for.
-- What a bank wrote is never changed; a match can be undone where no entry followed from it.

CREATE TABLE merchants.own_account (
    region_id      integer     NOT NULL,
    account_id     uuid        NOT NULL,
    label          text        NOT NULL,
    bank_code      text        NOT NULL,
    branch_code    text        NOT NULL,
    account_type   text        NOT NULL,
    account_number text        NOT NULL,
    opened_by      text        NOT NULL,
    opened_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT own_account_pk PRIMARY KEY (region_id, account_id),
    CONSTRAINT own_account_is_told_once
        UNIQUE (region_id, bank_code, branch_code, account_type, account_number),
    CONSTRAINT own_account_label_is_short CHECK (length(label) BETWEEN 1 AND 80),
    CONSTRAINT own_account_codes_are_digits
        CHECK (bank_code ~ '^[0-9]{4}$' AND branch_code ~ '^[0-9]{3}$'
               AND account_number ~ '^[0-9]{7}$'),
    CONSTRAINT own_account_type_is_known
        CHECK (account_type IN ('ordinary', 'current', 'savings'))
);

CREATE TABLE merchants.bank_statement (
    region_id       integer     NOT NULL,
    statement_id    uuid        NOT NULL,
    account_id      uuid        NOT NULL,
    profile         text        NOT NULL,
    profile_version integer     NOT NULL,
    content         bytea       NOT NULL,
    sha256          bytea       NOT NULL,
    first_day       date        NOT NULL,
    last_day        date        NOT NULL,
    lines           integer     NOT NULL,
    -- Of these, how many an earlier statement had already.
    known_lines     integer     NOT NULL,
    -- NULL: the bank does not say.
    opening_yen     bigint,
    closing_yen     bigint,
    imported_by     text        NOT NULL,
    imported_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT bank_statement_pk PRIMARY KEY (region_id, statement_id),
    CONSTRAINT bank_statement_account_fk
        FOREIGN KEY (region_id, account_id) REFERENCES merchants.own_account,
    CONSTRAINT bank_statement_is_imported_once UNIQUE (region_id, account_id, sha256),
    CONSTRAINT bank_statement_hash_is_of_its_content CHECK (sha256 = sha256(content)),
    CONSTRAINT bank_statement_is_not_large CHECK (octet_length(content) BETWEEN 1 AND 1048576),
    CONSTRAINT bank_statement_days_are_in_order CHECK (first_day <= last_day),
    CONSTRAINT bank_statement_has_lines
        CHECK (lines BETWEEN 1 AND 10000 AND known_lines BETWEEN 0 AND lines),
    CONSTRAINT bank_statement_has_both_balances
        CHECK ((opening_yen IS NULL) = (closing_yen IS NULL))
);
CREATE INDEX bank_statement_by_account
    ON merchants.bank_statement (region_id, account_id, statement_id);

-- A line's id follows from its day and what the bank wrote, so the same line of two statements is one.
-- Lines are written first, and their statement with their number after them.
CREATE TABLE merchants.bank_line (
    region_id    integer NOT NULL,
    line_id      uuid    NOT NULL,
    -- The first statement that had it, and its row there.
    statement_id uuid    NOT NULL,
    row_no       integer NOT NULL,
    account_id   uuid    NOT NULL,
    booked_on    date    NOT NULL,
    is_incoming  boolean NOT NULL,
    amount_yen   bigint  NOT NULL,
    balance_yen  bigint,
    said         text    NOT NULL,
    -- The same in the kana of banks, as far as it can be written so: names are looked for in it.
    said_kana    text    NOT NULL,
    reference    text    NOT NULL,
    CONSTRAINT bank_line_pk PRIMARY KEY (region_id, line_id),
    CONSTRAINT bank_line_statement_fk
        FOREIGN KEY (region_id, statement_id) REFERENCES merchants.bank_statement
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT bank_line_account_fk
        FOREIGN KEY (region_id, account_id) REFERENCES merchants.own_account,
    CONSTRAINT bank_line_is_one_of_its_row UNIQUE (region_id, statement_id, row_no),
    CONSTRAINT bank_line_moves_something CHECK (amount_yen BETWEEN 1 AND 9999999999999),
    CONSTRAINT bank_line_texts_are_short
        CHECK (length(said) <= 200 AND length(said_kana) <= 400 AND length(reference) <= 200)
);
CREATE INDEX bank_line_by_account ON merchants.bank_line (region_id, account_id, line_id);

-- What a person said that a line stands for.
CREATE TABLE merchants.line_match (
    region_id     integer     NOT NULL,
    match_id      uuid        NOT NULL,
    line_id       uuid        NOT NULL,
    kind          text        NOT NULL,
    -- NULL: it is set aside, and stands for nothing of the books.
    target_id     uuid,
    -- What the target is given; the bank's fee made the line larger or smaller by the rest.
    amount_yen    bigint      NOT NULL,
    fee_yen       bigint      NOT NULL,
    reason        text        NOT NULL,
    decided_by    text        NOT NULL,
    decided_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- NULL: it holds.
    undone_by     text,
    undone_at     timestamptz,
    undone_reason text,
    CONSTRAINT line_match_pk PRIMARY KEY (region_id, match_id),
    CONSTRAINT line_match_line_fk
        FOREIGN KEY (region_id, line_id) REFERENCES merchants.bank_line,
    CONSTRAINT line_match_kind_is_known
        CHECK (kind IN ('file', 'transfer', 'return', 'funding', 'provider', 'aside')),
    CONSTRAINT line_match_has_a_target CHECK ((kind = 'aside') = (target_id IS NULL)),
    CONSTRAINT line_match_amounts_are_bounded
        CHECK (amount_yen BETWEEN 1 AND 9999999999999 AND fee_yen BETWEEN 0 AND 10000000),
    CONSTRAINT line_match_fee_is_of_transfers
        CHECK (fee_yen = 0 OR kind IN ('file', 'transfer', 'return')),
    CONSTRAINT line_match_reason_is_short
        CHECK (length(reason) BETWEEN 1 AND 200 AND length(undone_reason) BETWEEN 1 AND 200),
    CONSTRAINT line_match_undoing_is_told
        CHECK ((undone_at IS NULL) = (undone_by IS NULL)
               AND (undone_at IS NULL) = (undone_reason IS NULL)),
    -- Entries followed from the others: they are reversed by entries.
    CONSTRAINT line_match_of_entries_holds
        CHECK (undone_at IS NULL OR kind IN ('funding', 'provider', 'aside'))
);
-- A line stands for one thing, and a transfer is made and comes back once.
CREATE UNIQUE INDEX line_match_is_one_of_its_line ON merchants.line_match (region_id, line_id)
    WHERE undone_at IS NULL;
CREATE UNIQUE INDEX line_match_is_one_of_its_transfer
    ON merchants.line_match (region_id, kind, target_id)
    WHERE kind IN ('file', 'transfer', 'return');
CREATE INDEX line_match_by_line ON merchants.line_match (region_id, line_id, match_id);
CREATE INDEX line_match_by_target ON merchants.line_match (region_id, target_id)
    WHERE target_id IS NOT NULL AND undone_at IS NULL;

-- Transfers are looked for by what they come to.
CREATE INDEX settlement_by_payout ON merchants.settlement (region_id, payout_yen)
    WHERE file_id IS NOT NULL;

GRANT SELECT, INSERT ON merchants.own_account, merchants.bank_statement, merchants.bank_line,
    merchants.line_match TO meguri_app;
GRANT UPDATE (undone_by, undone_at, undone_reason) ON merchants.line_match TO meguri_app;

ALTER TABLE merchants.own_account ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.own_account TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
ALTER TABLE merchants.bank_statement ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.bank_statement TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
ALTER TABLE merchants.bank_line ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.bank_line TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
ALTER TABLE merchants.line_match ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.line_match TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
