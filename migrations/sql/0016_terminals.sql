-- Terminals of a store: tills or tables that have a code of their own, each known by its label.

CREATE TABLE merchants.terminal (
    region_id   integer     NOT NULL,
    terminal_id uuid        NOT NULL,
    store_id    uuid        NOT NULL,
    -- What its code says, and each sale by it: never changed, so that sales keep their terminal.
    label       text        NOT NULL,
    name        text        NOT NULL,
    state       text        NOT NULL DEFAULT 'open',
    made_by     text        NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by  text        NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT terminal_pk PRIMARY KEY (region_id, terminal_id),
    CONSTRAINT terminal_label_is_once UNIQUE (region_id, store_id, label),
    CONSTRAINT terminal_store_fk FOREIGN KEY (region_id, store_id) REFERENCES merchants.store,
    CONSTRAINT terminal_label_is_plain CHECK (label ~ '^[ -~]{1,25}$'),
    CONSTRAINT terminal_name_is_bounded CHECK (length(name) BETWEEN 1 AND 40),
    CONSTRAINT terminal_state_is_known CHECK (state IN ('open', 'closed'))
);

GRANT SELECT, INSERT ON merchants.terminal TO meguri_app;
GRANT UPDATE (name, state, changed_by, changed_at) ON merchants.terminal TO meguri_app;

ALTER TABLE merchants.terminal ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.terminal TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));

-- Those that codes have named until now, as far as they were ever paid at.
INSERT INTO merchants.terminal (region_id, terminal_id, store_id, label, name, made_by, changed_by)
SELECT region_id, gen_random_uuid(), store_id, label, label, 'job:terminals', 'job:terminals'
  FROM (SELECT region_id, store_id, part AS label FROM merchants.sales_day
         WHERE cut = 'terminal' AND part <> ''
        UNION
        SELECT e.region_id, e.other_id, e.facts ->> 'terminal' FROM ledger.entry e
          LEFT JOIN ledger.reader r ON r.region_id = e.region_id AND r.name = 'sales'
         WHERE e.seq > coalesce(r.seq, 0) AND e.kind = 'payment' AND e.refusal IS NULL
           AND e.facts ? 'terminal') AS named;
