-- Base dates (基準日): what value had come to by the end of each 31 March and 30 September, added up
-- once. The sums follow from the journal up to the number beside them, and from nothing else.

CREATE TABLE ledger.base_date (
    region_id integer NOT NULL,
    base_date date    NOT NULL,
    -- The newest entry that is counted.
    seq       bigint  NOT NULL,
    -- One list for each kind of value, kind of entry and side: [account kind, value, entry kind,
    -- whether it is a debit, yen].
    sums      jsonb   NOT NULL,
    CONSTRAINT base_date_pk PRIMARY KEY (region_id, base_date),
    CONSTRAINT base_date_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT base_date_is_one
        CHECK (to_char(base_date, 'MM-DD') IN ('03-31', '09-30')),
    CONSTRAINT base_date_seq_is_positive CHECK (seq > 0),
    CONSTRAINT base_date_sums_are_a_list CHECK (jsonb_typeof(sums) = 'array')
);

-- What is remembered is never changed: where it is wrong, the owner takes the row away.
GRANT SELECT, INSERT ON ledger.base_date TO meguri_app;
ALTER TABLE ledger.base_date ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON ledger.base_date TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
