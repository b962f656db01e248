-- Sales of merchants, added up: what each day came to in each store, and how many customers came.
--
-- All of it follows from the journal up to the number that the reader 'sales' has reached, and moves
-- with that number in one transaction. `meguri sales` proves it equal to the postings.

-- One row for a day of a store, cut in several ways: whole (all), by hour, till, clerk or campaign.
-- part names the piece of the cut. A refund counts on the day on which it is made.
CREATE TABLE merchants.sales_day (
    region_id          integer NOT NULL,
    merchant_id        uuid    NOT NULL,
    cut                text    NOT NULL,
    day                date    NOT NULL,
    store_id           uuid    NOT NULL,
    part               text    NOT NULL,
    payments           bigint  NOT NULL DEFAULT 0,
    paid_yen           bigint  NOT NULL DEFAULT 0,
    refunds            bigint  NOT NULL DEFAULT 0,
    refunded_yen       bigint  NOT NULL DEFAULT 0,
    voids              bigint  NOT NULL DEFAULT 0,
    voided_yen         bigint  NOT NULL DEFAULT 0,
    cashback_yen       bigint  NOT NULL DEFAULT 0,
    cashback_taken_yen bigint  NOT NULL DEFAULT 0,
    CONSTRAINT sales_day_pk PRIMARY KEY (region_id, merchant_id, cut, day, store_id, part),
    CONSTRAINT sales_day_store_fk FOREIGN KEY (region_id, store_id) REFERENCES merchants.store,
    CONSTRAINT sales_day_cut_is_known CHECK (cut IN ('all', 'hour', 'terminal', 'clerk', 'campaign')),
    CONSTRAINT sales_day_whole_has_no_part CHECK (cut <> 'all' OR part = ''),
    CONSTRAINT sales_day_part_is_bounded CHECK (length(part) <= 36),
    CONSTRAINT sales_day_is_not_negative
        CHECK (least(payments, paid_yen, refunds, refunded_yen, voids, voided_yen, cashback_yen,
                     cashback_taken_yen) >= 0)
);

-- How many people paid in a day, a week (from Monday) or a month, and for how many of them it was
-- the first time: at a merchant, in all its stores together, or at one store (the scope).
CREATE TABLE merchants.sales_customers (
    region_id     integer NOT NULL,
    scope_id      uuid    NOT NULL,
    grain         text    NOT NULL,
    begins_on     date    NOT NULL,
    customers     bigint  NOT NULL DEFAULT 0,
    new_customers bigint  NOT NULL DEFAULT 0,
    CONSTRAINT sales_customers_pk PRIMARY KEY (region_id, scope_id, grain, begins_on),
    CONSTRAINT sales_customers_scope_fk FOREIGN KEY (region_id, scope_id) REFERENCES ledger.holder,
    CONSTRAINT sales_customers_grain_is_known CHECK (grain IN ('day', 'week', 'month')),
    CONSTRAINT sales_customers_begin_where_their_grain_does
        CHECK (begins_on = date_trunc(grain, begins_on::timestamp)::date),
    CONSTRAINT sales_customers_new_ones_are_among_them
        CHECK (new_customers BETWEEN 0 AND customers)
);

-- When a person paid last at a merchant or a store: all that it takes to count each person once.
-- Nobody is shown a row of it. Rows of a person who closes the account go with that event.
CREATE TABLE merchants.sales_visitor (
    region_id integer NOT NULL,
    scope_id  uuid    NOT NULL,
    person_id uuid    NOT NULL,
    last_day  date    NOT NULL,
    CONSTRAINT sales_visitor_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region
);
CREATE INDEX sales_visitor_by_person ON merchants.sales_visitor (region_id, person_id);
ALTER TABLE merchants.sales_visitor ADD CONSTRAINT sales_visitor_pk
    PRIMARY KEY (region_id, scope_id, person_id);

GRANT SELECT, INSERT, DELETE ON merchants.sales_day, merchants.sales_customers,
    merchants.sales_visitor TO meguri_app;
GRANT UPDATE (payments, paid_yen, refunds, refunded_yen, voids, voided_yen, cashback_yen,
              cashback_taken_yen) ON merchants.sales_day TO meguri_app;
GRANT UPDATE (customers, new_customers) ON merchants.sales_customers TO meguri_app;
GRANT UPDATE (last_day) ON merchants.sales_visitor TO meguri_app;

DO $policies$
DECLARE
    each text;
BEGIN
    FOREACH each IN ARRAY ARRAY['sales_day', 'sales_customers', 'sales_visitor'] LOOP
        EXECUTE format('ALTER TABLE merchants.%I ENABLE ROW LEVEL SECURITY', each);
        EXECUTE format('CREATE POLICY of_its_region ON merchants.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', each);
    END LOOP;
END
$policies$;
