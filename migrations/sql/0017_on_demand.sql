-- Settlements on demand (随時精算): a run of one merchant, asked for by its own staff, for a fee.

ALTER TABLE merchants.settlement_run
    -- Whose it is, and who of its staff asked for it. NULL: it is a period's, of all merchants.
    ADD COLUMN merchant_id uuid,
    ADD COLUMN asked_by    text;
ALTER TABLE merchants.settlement_run
    ADD CONSTRAINT settlement_run_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    ADD CONSTRAINT settlement_run_is_asked_for_by_somebody
        CHECK ((merchant_id IS NULL) = (asked_by IS NULL)),
    -- Of a period there is one; on demand there may be several on a day.
    DROP CONSTRAINT settlement_run_is_one_of_its_day;
CREATE UNIQUE INDEX settlement_run_is_one_of_its_day
    ON merchants.settlement_run (region_id, last_day) WHERE merchant_id IS NULL;

ALTER TABLE merchants.settlement
    -- The part of its fee that is for being settled on demand.
    ADD COLUMN on_demand_fee_yen bigint NOT NULL DEFAULT 0;
ALTER TABLE merchants.settlement
    ADD CONSTRAINT settlement_on_demand_fee_is_part_of_its_fee
        CHECK (on_demand_fee_yen BETWEEN 0 AND fee_yen);
