-- What the other side keeps beside the ledger's own tables.

CREATE SCHEMA bench;

-- What the terms of the one live campaign say for each class of merchant, ready to be used.
CREATE TABLE bench.terms (
    region_id      integer NOT NULL,
    merchant_class text    NOT NULL,
    zone           text    NOT NULL,
    payment_limit  bigint  NOT NULL,
    campaign_id    uuid    NOT NULL,
    budget_no      bigint  NOT NULL,
    terms_hash     text    NOT NULL,
    starts_on      date    NOT NULL,
    ends_on        date    NOT NULL,
    minimum        bigint  NOT NULL,
    reasons        jsonb   NOT NULL,
    rebate_bp      bigint  NOT NULL,
    cashback_bp    bigint  NOT NULL,
    payment_cap    bigint  NOT NULL,
    month_cap      bigint  NOT NULL,
    campaign_cap   bigint  NOT NULL,
    points_months  integer NOT NULL,
    campaign_name  text    NOT NULL,
    CONSTRAINT terms_pk PRIMARY KEY (region_id, merchant_class)
);

-- For "one durable commit": one row, changed by one client.
CREATE TABLE bench.one_row (n bigint NOT NULL);
INSERT INTO bench.one_row VALUES (0);
