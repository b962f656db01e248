-- Papers of settlements: statements (支払明細書) and qualified invoices (適格請求書). What was issued stays
-- as it is; each number follows on the one before, which must be there.

-- The last number of each kind. Whoever issues holds its row until the papers stand, or do not.
CREATE TABLE merchants.paper_counter (
    region_id   integer NOT NULL,
    kind        text    NOT NULL,
    last_number bigint  NOT NULL,
    CONSTRAINT paper_counter_pk PRIMARY KEY (region_id, kind),
    CONSTRAINT paper_counter_is_not_negative CHECK (last_number >= 0),
    CONSTRAINT paper_counter_kind_is_known CHECK (kind IN ('invoice', 'statement'))
);

CREATE TABLE merchants.paper (
    region_id     integer     NOT NULL,
    paper_id      uuid        NOT NULL,
    kind          text        NOT NULL,
    number        bigint      NOT NULL,
    -- NULL: it is the first of its kind.
    previous      bigint,
    settlement_id uuid        NOT NULL,
    merchant_id   uuid        NOT NULL,
    -- The number of the paper that it corrects, and why. NULL: it is an original.
    corrects      bigint,
    reason        text,
    -- JSON, byte for byte as it was issued, and its SHA-256.
    content       bytea       NOT NULL,
    digest        bytea       NOT NULL,
    issued_at     timestamptz NOT NULL,
    issued_by     text        NOT NULL,
    CONSTRAINT paper_pk PRIMARY KEY (region_id, paper_id),
    CONSTRAINT paper_number_is_its_own UNIQUE (region_id, kind, number),
    CONSTRAINT paper_has_the_number_after
        CHECK (number > 0 AND previous IS NOT DISTINCT FROM nullif(number - 1, 0)),
    CONSTRAINT paper_follows_the_one_before
        FOREIGN KEY (region_id, kind, previous)
        REFERENCES merchants.paper (region_id, kind, number),
    CONSTRAINT paper_is_of_one_settlement UNIQUE (region_id, kind, number, settlement_id),
    CONSTRAINT paper_corrects_one_of_its_settlement
        FOREIGN KEY (region_id, kind, corrects, settlement_id)
        REFERENCES merchants.paper (region_id, kind, number, settlement_id),
    CONSTRAINT paper_is_corrected_once UNIQUE (region_id, kind, corrects),
    CONSTRAINT paper_corrects_an_earlier_one CHECK (corrects < number),
    CONSTRAINT paper_tells_why_it_corrects CHECK ((corrects IS NULL) = (reason IS NULL)),
    CONSTRAINT paper_settlement_fk
        FOREIGN KEY (region_id, settlement_id) REFERENCES merchants.settlement,
    CONSTRAINT paper_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    CONSTRAINT paper_kind_is_known CHECK (kind IN ('invoice', 'statement')),
    CONSTRAINT paper_digest_is_of_its_content CHECK (digest = sha256(content)),
    CONSTRAINT paper_content_is_short CHECK (length(content) BETWEEN 2 AND 16384)
);
CREATE UNIQUE INDEX paper_original ON merchants.paper (region_id, kind, settlement_id)
    WHERE corrects IS NULL;
CREATE INDEX paper_by_time ON merchants.paper (region_id, issued_at, paper_id);
CREATE INDEX paper_by_merchant ON merchants.paper (region_id, merchant_id, issued_at, paper_id);

GRANT SELECT, INSERT ON merchants.paper, merchants.paper_counter TO meguri_app;
GRANT UPDATE (last_number) ON merchants.paper_counter TO meguri_app;

ALTER TABLE merchants.paper ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.paper TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
ALTER TABLE merchants.paper_counter ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.paper_counter TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
