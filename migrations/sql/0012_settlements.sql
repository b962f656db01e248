-- Settlements (精算): what each merchant is due for a period. The figures follow from the journal up to
-- a number of it; the money of a settlement waits on the merchant's account of payouts.

INSERT INTO ledger.account_kind (kind, class, value, floor) VALUES ('payout', 'liability', NULL, 0);
INSERT INTO ledger.entry_kind (kind, needs_postings) VALUES
    ('settlement.closed', true), ('settlement.rejected', true),
    ('payout.paid', true), ('payout.returned', true);

CREATE TABLE merchants.settlement_run (
    region_id   integer     NOT NULL,
    run_id      uuid        NOT NULL,
    first_day   date        NOT NULL,
    last_day    date        NOT NULL,
    pays_on     date        NOT NULL,
    -- The last entry that it covers: the newest one of its last day.
    until_seq   bigint      NOT NULL,
    state       text        NOT NULL DEFAULT 'closing',
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- NULL: not all merchants are settled yet, nobody has looked, nobody has approved.
    closed_at   timestamptz,
    reviewed_by text,
    reviewed_at timestamptz,
    approved_by text,
    approved_at timestamptz,
    CONSTRAINT settlement_run_pk PRIMARY KEY (region_id, run_id),
    CONSTRAINT settlement_run_is_one_of_its_day UNIQUE (region_id, last_day),
    CONSTRAINT settlement_run_days_are_in_order
        CHECK (first_day <= last_day AND last_day < pays_on),
    CONSTRAINT settlement_run_until_is_not_negative CHECK (until_seq >= 0),
    CONSTRAINT settlement_run_state_is_known
        CHECK (state IN ('closing', 'draft', 'reviewed', 'approved')),
    CONSTRAINT settlement_run_steps_are_told
        CHECK ((state = 'closing') = (closed_at IS NULL)
               AND (state IN ('reviewed', 'approved')) = (reviewed_at IS NOT NULL)
               AND (state = 'approved') = (approved_at IS NOT NULL)
               AND (reviewed_at IS NULL) = (reviewed_by IS NULL)
               AND (approved_at IS NULL) = (approved_by IS NULL)),
    -- Whoever reviewed it is not who approves.
    CONSTRAINT settlement_run_has_two_people CHECK (reviewed_by <> approved_by)
);

CREATE TABLE merchants.settlement (
    region_id     integer NOT NULL,
    settlement_id uuid    NOT NULL,
    run_id        uuid    NOT NULL,
    merchant_id   uuid    NOT NULL,
    -- It covers the entries after the first number, up to the second.
    from_seq      bigint  NOT NULL,
    until_seq     bigint  NOT NULL,
    sales_yen     bigint  NOT NULL,
    refunded_yen  bigint  NOT NULL,
    -- What campaigns granted to the shop, less what refunds took back of it.
    cashback_yen  bigint  NOT NULL,
    -- What came back: transfers that a bank returned, settlements that were rejected.
    returned_yen  bigint  NOT NULL,
    -- What the merchant came to owe, less what was paid of it.
    owed_yen      bigint  NOT NULL,
    due_yen       bigint  NOT NULL,
    fee_yen       bigint  NOT NULL,
    tax_yen       bigint  NOT NULL,
    -- The rate of that tax when it was closed, in basis points.
    tax_bp        integer NOT NULL,
    payout_yen    bigint  NOT NULL,
    state         text    NOT NULL,
    -- Why nothing is paid this time: it comes with a later one.
    obstacle      text,
    -- The account that it is paid to, as it was when the run was approved. NULL: none was known, or
    -- nobody has approved yet.
    account_id    uuid,
    -- Numbers of its entries. NULL: that did not happen.
    closed_seq    bigint,
    rejected_seq  bigint,
    paid_seq      bigint,
    returned_seq  bigint,
    CONSTRAINT settlement_pk PRIMARY KEY (region_id, settlement_id),
    CONSTRAINT settlement_run_fk
        FOREIGN KEY (region_id, run_id) REFERENCES merchants.settlement_run,
    CONSTRAINT settlement_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    CONSTRAINT settlement_account_fk
        FOREIGN KEY (region_id, account_id) REFERENCES merchants.bank_account,
    CONSTRAINT settlement_is_one_of_its_run UNIQUE (region_id, run_id, merchant_id),
    CONSTRAINT settlement_covers_a_stretch CHECK (0 <= from_seq AND from_seq <= until_seq),
    CONSTRAINT settlement_parts_are_not_negative
        CHECK (sales_yen >= 0 AND refunded_yen >= 0 AND returned_yen >= 0 AND fee_yen >= 0
               AND tax_yen >= 0 AND payout_yen >= 0),
    CONSTRAINT settlement_tax_is_a_share CHECK (tax_bp BETWEEN 0 AND 10000),
    CONSTRAINT settlement_due_is_the_sum_of_its_parts
        CHECK (due_yen = sales_yen - refunded_yen + cashback_yen + returned_yen - owed_yen),
    CONSTRAINT settlement_pays_what_is_due
        CHECK (CASE WHEN state = 'carried' THEN payout_yen = 0 AND obstacle IS NOT NULL
                    ELSE payout_yen > 0 AND payout_yen = due_yen - fee_yen - tax_yen END),
    CONSTRAINT settlement_state_is_known
        CHECK (state IN ('carried', 'due', 'rejected', 'paid', 'returned')),
    CONSTRAINT settlement_obstacle_is_known
        CHECK (obstacle IN ('below-minimum', 'suspended')),
    CONSTRAINT settlement_entries_are_told
        CHECK ((closed_seq IS NULL) = (state = 'carried')
               AND (rejected_seq IS NOT NULL) = (state = 'rejected')
               AND (paid_seq IS NOT NULL) = (state IN ('paid', 'returned'))
               AND (returned_seq IS NOT NULL) = (state = 'returned'))
);
CREATE INDEX settlement_by_merchant ON merchants.settlement
    (region_id, merchant_id, until_seq, settlement_id);

GRANT SELECT, INSERT ON merchants.settlement_run, merchants.settlement TO meguri_app;
GRANT UPDATE (state, closed_at, reviewed_by, reviewed_at, approved_by, approved_at)
    ON merchants.settlement_run TO meguri_app;
GRANT UPDATE (state, account_id, rejected_seq, paid_seq, returned_seq)
    ON merchants.settlement TO meguri_app;

ALTER TABLE merchants.settlement_run ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.settlement_run TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
ALTER TABLE merchants.settlement ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.settlement TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
