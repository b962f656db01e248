-- The bank accounts of merchants (振込先口座), version by version: none is ever written over, so that
-- a settlement can name the one that it was paid to.

CREATE TABLE merchants.bank_account (
    region_id      integer     NOT NULL,
    version_id     uuid        NOT NULL,
    merchant_id    uuid        NOT NULL,
    bank_code      text        NOT NULL,
    branch_code    text        NOT NULL,
    account_type   text        NOT NULL,
    account_number text        NOT NULL,
    holder_kana    text        NOT NULL,
    state          text        NOT NULL DEFAULT 'asked',
    asked_by       text        NOT NULL,
    asked_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Who approved it or said no, or took it back. NULL: nobody yet.
    approved_by    text,
    approved_at    timestamptz,
    -- From when on settlements are paid to it. NULL: it was never approved.
    applies_from   timestamptz,
    ended_by       text,
    ended_at       timestamptz,
    CONSTRAINT bank_account_pk PRIMARY KEY (region_id, version_id),
    CONSTRAINT bank_account_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    CONSTRAINT bank_account_codes_are_digits
        CHECK (bank_code ~ '^[0-9]{4}$' AND branch_code ~ '^[0-9]{3}$'
               AND account_number ~ '^[0-9]{7}$'),
    CONSTRAINT bank_account_type_is_known
        CHECK (account_type IN ('ordinary', 'current', 'savings')),
    CONSTRAINT bank_account_holder_is_bounded CHECK (length(holder_kana) BETWEEN 1 AND 100),
    CONSTRAINT bank_account_state_is_known
        CHECK (state IN ('asked', 'approved', 'refused', 'cancelled')),
    CONSTRAINT bank_account_approval_is_whole
        CHECK ((approved_at IS NULL) = (approved_by IS NULL)
               AND (approved_at IS NULL) = (applies_from IS NULL)
               AND (state <> 'approved' OR approved_at IS NOT NULL)
               AND (state NOT IN ('asked', 'refused') OR approved_at IS NULL)),
    CONSTRAINT bank_account_applies_after_its_approval CHECK (applies_from >= approved_at),
    CONSTRAINT bank_account_end_is_told
        CHECK ((state IN ('refused', 'cancelled')) = (ended_at IS NOT NULL)
               AND (ended_at IS NULL) = (ended_by IS NULL)),
    -- Whoever asked is not who approves.
    CONSTRAINT bank_account_has_two_people CHECK (asked_by <> approved_by),
    -- Once it applies it is history: another version follows it.
    CONSTRAINT bank_account_is_cancelled_in_time CHECK (state <> 'cancelled' OR ended_at < applies_from
                                                        OR applies_from IS NULL)
);
CREATE UNIQUE INDEX bank_account_is_asked_for_once ON merchants.bank_account (region_id, merchant_id)
    WHERE state = 'asked';
CREATE INDEX bank_account_in_force ON merchants.bank_account
    (region_id, merchant_id, applies_from, version_id) WHERE state = 'approved';
CREATE INDEX bank_account_by_merchant ON merchants.bank_account (region_id, merchant_id, version_id);

GRANT SELECT, INSERT ON merchants.bank_account TO meguri_app;
GRANT UPDATE (state, approved_by, approved_at, applies_from, ended_by, ended_at)
    ON merchants.bank_account TO meguri_app;

ALTER TABLE merchants.bank_account ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.bank_account TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
