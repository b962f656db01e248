-- The ceiling: 100 payments as a few statements over sets, which decide nothing.
--
-- Who pays where, from which lot, and what is granted stands in tables that were filled before the
-- clock starts (bench/pay_in_sets.py), as do the facts, down to their JSON. What is left is what no
-- writer can be spared: numbers, versions and balances that only the database knows, and the rows.
-- The budget's headroom in the facts is that of the drawing.

CREATE SCHEMA IF NOT EXISTS bench;

-- Payments that were drawn, in batches; all of them from coin, all granted in full.
CREATE TABLE bench.drawn (
    batch       integer  NOT NULL,
    place       integer  NOT NULL,
    actor       text     NOT NULL,
    person_id   uuid     NOT NULL,
    wallet_id   uuid     NOT NULL,
    store_id    uuid     NOT NULL,
    amount      bigint   NOT NULL,
    points      bigint   NOT NULL,
    fingerprint bytea    NOT NULL,
    facts       jsonb    NOT NULL,
    CONSTRAINT drawn_pk PRIMARY KEY (batch, place)
);

-- Their postings. nth counts those of an account within the batch; balance is what it has been
-- changed by until then.
CREATE TABLE bench.drawn_posting (
    batch      integer  NOT NULL,
    place      integer  NOT NULL,
    line       smallint NOT NULL,
    account_no bigint   NOT NULL,
    is_debit   boolean  NOT NULL,
    amount     bigint   NOT NULL,
    nth        bigint   NOT NULL,
    balance    bigint   NOT NULL,
    CONSTRAINT drawn_posting_pk PRIMARY KEY (batch, place, line)
);

-- By how much each account changes in a batch, in all.
CREATE TABLE bench.drawn_account (
    batch      integer NOT NULL,
    account_no bigint  NOT NULL,
    times      bigint  NOT NULL,
    balance    bigint  NOT NULL,
    CONSTRAINT drawn_account_pk PRIMARY KEY (batch, account_no)
);

-- By how much each person's counters change in a batch, in all.
CREATE TABLE bench.drawn_counter (
    batch     integer NOT NULL,
    person_id uuid    NOT NULL,
    points    bigint  NOT NULL,
    CONSTRAINT drawn_counter_pk PRIMARY KEY (batch, person_id)
);

-- Writes a batch. Whoever has the head writes alone, so no order of locks matters after it.
CREATE FUNCTION bench.write_batch(p_region integer, p_batch integer, p_zone text, p_campaign uuid)
    RETURNS bigint LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    ids uuid[];
    before bigint;
    moment timestamptz;
    today date;
BEGIN
    SELECT array_agg(uuidv7()) INTO ids FROM bench.drawn d WHERE d.batch = p_batch;
    UPDATE ledger.head h
       SET seq = h.seq + cardinality(ids), at = greatest(h.at, clock_timestamp())
     WHERE h.region_id = p_region
    RETURNING h.seq - cardinality(ids), h.at INTO before, moment;
    today := (moment AT TIME ZONE p_zone)::date;

    INSERT INTO ledger.entry (region_id, entry_id, seq, at, business_date, kind, actor, holder_id,
                              other_id, amount, fingerprint, facts)
    SELECT p_region, ids[d.place], before + d.place, moment, today, 'payment', d.actor, d.wallet_id,
           d.store_id, d.amount, d.fingerprint, d.facts
      FROM bench.drawn d WHERE d.batch = p_batch;

    WITH stands AS (
        UPDATE ledger.account a
           SET version = a.version + n.times, balance = a.balance + n.balance
          FROM bench.drawn_account n
         WHERE n.batch = p_batch AND a.region_id = p_region AND a.account_no = n.account_no
        RETURNING a.account_no, a.version - n.times AS version, a.balance - n.balance AS balance
    )
    INSERT INTO ledger.posting (region_id, entry_id, line, seq, account_no, is_debit, amount,
                                version, balance_after)
    SELECT p_region, ids[p.place], p.line, before + p.place, p.account_no, p.is_debit, p.amount,
           s.version + p.nth, s.balance + p.balance
      FROM bench.drawn_posting p JOIN stands s USING (account_no)
     WHERE p.batch = p_batch;

    UPDATE ledger.counter c SET value = c.value + n.points
      FROM bench.drawn_counter n,
           (VALUES ('rebate.campaign', 'infinity'::date),
                   ('rebate.month', date_trunc('month', today::timestamp)::date)) AS w(name, period)
     WHERE n.batch = p_batch AND c.region_id = p_region AND c.subject_id = n.person_id
       AND c.name = w.name AND c.scope_id = p_campaign AND c.period = w.period;
    RETURN before;
END $$;
