-- Statistics that protect people: plans, the privacy budget of each year, and what was released.
--
-- The application reads these tables; of budgets and releases nobody writes but the functions below,
-- and nothing of a plan or a release is ever changed. What a release says is computed by Python
-- (insights/release_tables.py); that it is paid for, is of days that are over, comes once and follows
-- on the one before is held here.

CREATE SCHEMA insights;

-- Drafts of the plan of statistics (統計計画): public lists, kept as they were written.
CREATE TABLE insights.plan (
    region_id  integer     NOT NULL,
    plan_id    uuid        NOT NULL,
    version    integer     NOT NULL,
    -- JSON, as insights/plan.py reads it, and its SHA-256.
    document   text        NOT NULL,
    digest     bytea       NOT NULL,
    -- The first day of the first week of which it says the lists.
    first_week date        NOT NULL,
    drafted_by text        NOT NULL,
    drafted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT plan_pk PRIMARY KEY (region_id, plan_id),
    CONSTRAINT plan_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT plan_is_one_version UNIQUE (region_id, version),
    CONSTRAINT plan_version_is_bounded CHECK (version BETWEEN 1 AND 1000),
    CONSTRAINT plan_begins_on_a_monday CHECK (extract(isodow FROM first_week) = 1),
    CONSTRAINT plan_digest_is_of_its_document CHECK (digest = sha256(convert_to(document, 'UTF8'))),
    CONSTRAINT plan_is_bounded CHECK (octet_length(document) BETWEEN 2 AND 262144)
);

-- Plans that hold. Of two that begin in the same week the one that was approved later holds.
CREATE TABLE insights.plan_approval (
    region_id   integer     NOT NULL,
    plan_id     uuid        NOT NULL,
    number      integer     NOT NULL,
    approved_by text        NOT NULL,
    approved_at timestamptz NOT NULL,
    CONSTRAINT plan_approval_pk PRIMARY KEY (region_id, plan_id),
    CONSTRAINT plan_approval_plan_fk FOREIGN KEY (region_id, plan_id) REFERENCES insights.plan,
    CONSTRAINT plan_approval_is_numbered UNIQUE (region_id, number),
    CONSTRAINT plan_approval_number_is_positive CHECK (number > 0)
);

-- What may be told of people in a year (52 weeks from the first week of the first plan), and what was:
-- in billionths of rho of zero-concentrated differential privacy.
CREATE TABLE insights.budget (
    region_id integer NOT NULL,
    scope     text    NOT NULL,
    period    date    NOT NULL,
    cap       bigint  NOT NULL,
    used      bigint  NOT NULL DEFAULT 0,
    CONSTRAINT budget_pk PRIMARY KEY (region_id, scope, period),
    CONSTRAINT budget_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT budget_scope_is_known CHECK (scope = 'year'),
    CONSTRAINT budget_begins_on_a_monday CHECK (extract(isodow FROM period) = 1),
    CONSTRAINT budget_cap_is_bounded CHECK (cap BETWEEN 0 AND 520000000),
    CONSTRAINT budget_used_is_not_negative CHECK (used >= 0),
    CONSTRAINT budget_keeps_its_cap CHECK (used <= cap)
);

-- Tables that have left, byte for byte; each names the one before by its hash.
CREATE TABLE insights.release (
    region_id          integer     NOT NULL,
    release_no         bigint      NOT NULL,
    table_name         text        NOT NULL,
    first_day          date        NOT NULL,
    last_day           date        NOT NULL,
    plan_id            uuid        NOT NULL,
    scope              text        NOT NULL,
    period             date        NOT NULL,
    -- SHA-256 of what was asked, and of how the table is made: of its keys, bounds and noise. None of
    -- the two is of any true figure, which a hash would let everybody try out.
    query_hash         bytea       NOT NULL,
    table_hash         bytea       NOT NULL,
    sigma_yen          bigint      NOT NULL,
    sigma_payers_milli bigint      NOT NULL,
    cost               bigint      NOT NULL,
    output             bytea       NOT NULL,
    output_sha256      bytea       NOT NULL,
    prev_hash          bytea       NOT NULL,
    hash               bytea       NOT NULL,
    released_at        timestamptz NOT NULL,
    CONSTRAINT release_pk PRIMARY KEY (region_id, release_no),
    CONSTRAINT release_plan_fk FOREIGN KEY (region_id, plan_id) REFERENCES insights.plan_approval,
    CONSTRAINT release_budget_fk FOREIGN KEY (region_id, scope, period) REFERENCES insights.budget,
    CONSTRAINT release_number_is_positive CHECK (release_no > 0),
    CONSTRAINT release_of_a_query_is_one UNIQUE (region_id, query_hash),
    CONSTRAINT release_of_a_period_is_one UNIQUE (region_id, table_name, first_day),
    CONSTRAINT release_has_one_after_it UNIQUE (region_id, prev_hash),
    CONSTRAINT release_table_is_known
        CHECK (table_name IN ('area_category', 'district', 'area_age_band', 'hour_weekday')),
    CONSTRAINT release_is_of_whole_weeks
        CHECK (extract(isodow FROM first_day) = 1
               AND last_day - first_day
                   = CASE table_name WHEN 'hour_weekday' THEN 7 * 13 ELSE 7 END - 1),
    CONSTRAINT release_is_of_its_year CHECK (period <= first_day AND last_day < period + 7 * 52),
    CONSTRAINT release_has_noise CHECK (sigma_yen > 0 AND sigma_payers_milli > 0),
    CONSTRAINT release_costs_something CHECK (cost > 0),
    CONSTRAINT release_hashes_are_whole
        CHECK (octet_length(query_hash) = 32 AND octet_length(table_hash) = 32
               AND octet_length(prev_hash) = 32 AND octet_length(hash) = 32),
    CONSTRAINT release_output_is_what_its_hash_says CHECK (output_sha256 = sha256(output)),
    CONSTRAINT release_output_is_bounded CHECK (octet_length(output) BETWEEN 2 AND 4194304)
);

-- A release as it is hashed: insights/chain.py writes the same text.
CREATE FUNCTION insights.header_of(p_code text, p_release insights.release) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('{"cost":%s,"first_day":"%s","last_day":"%s","number":%s,"output":"%s",'
                  '"previous":"%s","query":"%s","region":"%s","released_at":"%s",'
                  '"sigma_payers_milli":%s,"sigma_yen":%s,"table":"%s","table_hash":"%s"}',
                  p_release.cost, to_char(p_release.first_day, 'YYYY-MM-DD'),
                  to_char(p_release.last_day, 'YYYY-MM-DD'), p_release.release_no,
                  encode(p_release.output_sha256, 'hex'), encode(p_release.prev_hash, 'hex'),
                  encode(p_release.query_hash, 'hex'), p_code,
                  to_char(p_release.released_at AT TIME ZONE 'UTC',
                          'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
                  p_release.sigma_payers_milli, p_release.sigma_yen, p_release.table_name,
                  encode(p_release.table_hash, 'hex'))
$$;

-- Lets a plan hold:
--   MG001 the session is of another region, or there is no such region
--   MG013 its first week has begun already
CREATE FUNCTION insights.approve_plan(p_region integer, p_plan uuid, p_by text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    -- One after the other: the number says who was later.
    PERFORM FROM insights.plan d WHERE d.region_id = p_region ORDER BY d.plan_id FOR UPDATE;
    IF NOT EXISTS (SELECT FROM insights.plan d JOIN ledger.region r USING (region_id)
                    WHERE d.region_id = p_region AND d.plan_id = p_plan
                      AND d.first_week > (ledger.now() AT TIME ZONE r.zone)::date) THEN
        RAISE EXCEPTION 'the first week of plan % has begun', p_plan
            USING ERRCODE = 'MG013', CONSTRAINT = 'plan_is_of_weeks_to_come';
    END IF;
    INSERT INTO insights.plan_approval (region_id, plan_id, number, approved_by, approved_at)
    SELECT p_region, p_plan, coalesce(max(a.number), 0) + 1, p_by, ledger.now()
      FROM insights.plan_approval a WHERE a.region_id = p_region;
END $$;

-- The budget that a release of these days is paid from, and the newest release. Whoever asked is the
-- only one in the region until the transaction has ended. No row: no plan holds by then.
CREATE FUNCTION insights.lock_budget(
    p_region integer, p_day date,
    OUT period date, OUT cap bigint, OUT used bigint, OUT release_no bigint, OUT hash bytea
) RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_week date;
    year date;
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    SELECT min(d.first_week) INTO first_week
      FROM insights.plan d JOIN insights.plan_approval a USING (region_id, plan_id)
     WHERE d.region_id = p_region;
    IF first_week IS NULL OR p_day < first_week THEN
        RETURN;
    END IF;
    year := p_day - (p_day - first_week) % (7 * 52);
    INSERT INTO insights.budget AS b (region_id, scope, period, cap)
    VALUES (p_region, 'year', year, 520000000)
        ON CONFLICT ON CONSTRAINT budget_pk DO NOTHING;
    -- The region's first row stands for all of its years: the chain is one.
    PERFORM FROM insights.budget b WHERE b.region_id = p_region ORDER BY b.period LIMIT 1 FOR UPDATE;
    RETURN QUERY
    SELECT b.period, b.cap, b.used, coalesce(l.release_no, 0),
           coalesce(l.hash, decode(repeat('00', 32), 'hex'))
      FROM insights.budget b
      LEFT JOIN LATERAL (SELECT r.release_no, r.hash FROM insights.release r
                          WHERE r.region_id = p_region ORDER BY r.release_no DESC LIMIT 1) l ON true
     WHERE b.region_id = p_region AND b.scope = 'year' AND b.period = year;
END $$;

-- Pays for a table and keeps it, in one go; the caller has the lock of lock_budget:
--   MG001 the session is of another region, or there is no such region
--   40001 another release came meanwhile: begin anew
--   MG012 it does not follow on, or is of days of which entries may still come
-- The budget's check refuses what is over the cap, and unique keys what was released before.
CREATE FUNCTION insights.append(
    p_region integer, p_number bigint, p_table text, p_first date, p_last date, p_plan uuid,
    p_query bytea, p_table_hash bytea, p_sigma_yen bigint, p_sigma_payers_milli bigint,
    p_cost bigint, p_output bytea, p_hash bytea, p_at timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made insights.release%ROWTYPE;
    budget record;
    code text;
    is_over boolean;
BEGIN
    SELECT * INTO budget FROM insights.lock_budget(p_region, p_first);
    IF budget IS NULL OR p_number IS DISTINCT FROM budget.release_no + 1 THEN
        RAISE EXCEPTION 'release % of region % does not come next', p_number, p_region
            USING ERRCODE = '40001', CONSTRAINT = 'release_comes_next';
    END IF;
    -- Entries never go back in time: once the head is past the last day, none of it comes any more.
    SELECT r.code, (h.at AT TIME ZONE r.zone)::date > p_last INTO code, is_over
      FROM ledger.region r JOIN ledger.head h USING (region_id) WHERE r.region_id = p_region;
    made.region_id := p_region;
    made.release_no := p_number;
    made.table_name := p_table;
    made.first_day := p_first;
    made.last_day := p_last;
    made.plan_id := p_plan;
    made.scope := 'year';
    made.period := budget.period;
    made.query_hash := p_query;
    made.table_hash := p_table_hash;
    made.sigma_yen := p_sigma_yen;
    made.sigma_payers_milli := p_sigma_payers_milli;
    made.cost := p_cost;
    made.output := p_output;
    made.output_sha256 := sha256(p_output);
    made.prev_hash := budget.hash;
    made.hash := p_hash;
    made.released_at := p_at;
    IF (is_over AND p_at <= ledger.now() + interval '1 hour'
        AND p_hash = sha256('\x04'::bytea
                            || convert_to(insights.header_of(code, made), 'UTF8'))) IS NOT TRUE THEN
        RAISE EXCEPTION 'release % of region % does not follow on', p_number, p_region
            USING ERRCODE = 'MG012', CONSTRAINT = 'release_follows_on';
    END IF;
    UPDATE insights.budget b SET used = b.used + p_cost
     WHERE b.region_id = p_region AND b.scope = 'year' AND b.period = budget.period;
    INSERT INTO insights.release SELECT made.*;
END $$;

-- Budgets are used up, and nothing else: no year is made larger, given back or taken away.
CREATE FUNCTION insights.refuse_giving_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND (new.region_id, new.scope, new.period, new.cap)
           = (old.region_id, old.scope, old.period, old.cap) AND new.used > old.used THEN
        RETURN new;
    END IF;
    RAISE EXCEPTION 'a budget is only used up: % is refused', TG_OP
        USING ERRCODE = 'MG008', CONSTRAINT = 'budget_is_only_used_up';
END $$;

DO $guards$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['plan', 'plan_approval', 'release'] LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON insights.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', guarded);
    END LOOP;
    CREATE TRIGGER only_used_up BEFORE UPDATE OR DELETE ON insights.budget
        FOR EACH ROW EXECUTE FUNCTION insights.refuse_giving_back();
    CREATE TRIGGER never_emptied BEFORE TRUNCATE ON insights.budget
        FOR EACH STATEMENT EXECUTE FUNCTION insights.refuse_giving_back();
    FOREACH guarded IN ARRAY ARRAY['plan', 'plan_approval', 'budget', 'release'] LOOP
        EXECUTE format('ALTER TABLE insights.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON insights.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END
$guards$;

-- What everybody may see, and the campaigns and city roles with them.
CREATE VIEW insights.released WITH (security_barrier = true) AS
    SELECT region_id, release_no, table_name, first_day, last_day, plan_id, period, query_hash,
           table_hash, sigma_yen, sigma_payers_milli, cost, output, output_sha256, prev_hash, hash,
           released_at
      FROM insights.release
     WHERE region_id = (SELECT ledger.session_region());

CREATE VIEW insights.budget_told WITH (security_barrier = true) AS
    SELECT region_id, scope, period, cap, used FROM insights.budget
     WHERE region_id = (SELECT ledger.session_region());

CREATE VIEW insights.plan_told WITH (security_barrier = true) AS
    SELECT d.region_id, d.plan_id, d.version, d.document, d.digest, d.first_week, d.drafted_by,
           d.drafted_at, a.number AS approval_no, a.approved_by, a.approved_at
      FROM insights.plan d
      LEFT JOIN insights.plan_approval a USING (region_id, plan_id)
     WHERE d.region_id = (SELECT ledger.session_region());

GRANT USAGE ON SCHEMA insights TO meguri_app, meguri_city;
GRANT SELECT ON insights.released, insights.budget_told, insights.plan_told
    TO meguri_app, meguri_city;
GRANT SELECT ON insights.plan, insights.plan_approval, insights.budget, insights.release
    TO meguri_app;
GRANT INSERT (region_id, plan_id, version, document, digest, first_week, drafted_by)
    ON insights.plan TO meguri_app;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA insights FROM PUBLIC;
GRANT EXECUTE ON FUNCTION insights.approve_plan, insights.lock_budget, insights.append TO meguri_app;

-- Where a store is, more closely than its area: a district of the plan of statistics.
ALTER TABLE merchants.store_details ADD COLUMN district text
    CONSTRAINT store_details_district_is_bounded CHECK (length(district) BETWEEN 1 AND 40);
GRANT UPDATE (district) ON merchants.store_details TO meguri_app;
