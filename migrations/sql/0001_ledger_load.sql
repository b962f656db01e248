-- Reading for a decision: the clock, regions, partitions, and ledger.load().

-- The region of the session: set by core/database.py at the start of each transaction.
CREATE FUNCTION ledger.session_region() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('meguri.region', true), '')::integer $$;

CREATE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN is_demo
                THEN town_anchor + (clock_timestamp() - real_anchor) * factor
                ELSE clock_timestamp() END
      FROM ledger.deployment
$$;

-- Opens a region, or returns the one that has this code already.
CREATE FUNCTION ledger.open_region(p_code text, p_name text, p_zone text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r_region integer;
BEGIN
    PERFORM 1 FROM pg_timezone_names WHERE name = p_zone;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no time zone is called %', p_zone
            USING ERRCODE = 'MG009', CONSTRAINT = 'region_zone_is_known';
    END IF;
    INSERT INTO ledger.region (code, name, zone, opened_at)
        VALUES (p_code, p_name, p_zone, ledger.now())
        ON CONFLICT (code) DO NOTHING RETURNING region_id INTO r_region;
    IF r_region IS NULL THEN
        SELECT region_id INTO STRICT r_region FROM ledger.region WHERE code = p_code;
    ELSE
        INSERT INTO ledger.head (region_id) VALUES (r_region);
    END IF;
    RETURN r_region;
END $$;

-- Statement triggers of the parent do not stand on its partitions, so each gets its own.
CREATE FUNCTION ledger.guard_partition(p_table text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', p_table);
END $$;

-- Makes the monthly partitions of journal and postings that are missing, from this month on.
-- Ids begin with their time in milliseconds, so a month is a range of ids.
CREATE FUNCTION ledger.make_partitions(p_months integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month_start timestamp := date_trunc('month', ledger.now() AT TIME ZONE 'UTC');
    made integer := 0;
    part text;
    bounds uuid[];
BEGIN
    IF p_months NOT BETWEEN 1 AND 24 THEN
        RAISE EXCEPTION 'from 1 to 24 months can be made at once, not %', p_months
            USING ERRCODE = 'MG009';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ledger.make_partitions'));
    FOR ahead IN 0 .. p_months LOOP
        part := to_char(month_start + make_interval(months => ahead), '"_"YYYY"_"MM');
        CONTINUE WHEN to_regclass('ledger.entry' || part) IS NOT NULL;
        SELECT array_agg((lpad(to_hex((extract(epoch FROM edge) * 1000)::bigint), 12, '0')
                          || '00000000000000000000')::uuid ORDER BY edge)
          INTO bounds
          FROM unnest(ARRAY[month_start + make_interval(months => ahead),
                            month_start + make_interval(months => ahead + 1)]) AS edge;
        -- A month of which entries lie in the default partition already cannot be made: they stay
        -- there, and the other months are made all the same.
        BEGIN
            EXECUTE format('CREATE TABLE ledger.%I PARTITION OF ledger.entry '
                           'FOR VALUES FROM (%L) TO (%L)', 'entry' || part, bounds[1], bounds[2]);
            EXECUTE format('CREATE TABLE ledger.%I PARTITION OF ledger.posting '
                           'FOR VALUES FROM (%L) TO (%L)', 'posting' || part, bounds[1], bounds[2]);
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING 'ledger.entry% was not made: the default partition has entries of it', part;
            CONTINUE;
        END;
        PERFORM ledger.guard_partition('entry' || part);
        PERFORM ledger.guard_partition('posting' || part);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Takes the region's head and returns what a batch of commands needs, as arrays, one a column.
-- p_lock false reads without a lock, for a quote. The caller's session must be set to the region.
-- Holders come with their parents and subjects, with every campaign that is live or may be by the
-- time of the batch (scheduled), and with the issuer (the nil id), and with their open accounts; so
-- do all holders of p_owners. Counters come of subjects, and of these campaigns, which count what all
-- people together were granted. Suspense has an account for each item: it comes with the item, which
-- p_referring names.
CREATE FUNCTION ledger.load(
    p_region integer, p_lock boolean,
    p_holders uuid[], p_entries uuid[], p_referring uuid[], p_accounts bigint[],
    p_subjects uuid[], p_periods date[], p_owners uuid[],
    OUT seq bigint, OUT account_no bigint, OUT stamp uuid, OUT at timestamptz, OUT zone text,
    OUT business_date date,
    OUT h_id uuid[], OUT h_kind text[], OUT h_parent uuid[], OUT h_subject uuid[],
    OUT h_state text[], OUT h_terms bytea[], OUT h_facts text[], OUT h_version integer[],
    OUT a_no bigint[], OUT a_holder uuid[], OUT a_kind text[],
    OUT a_source uuid[], OUT a_expires date[], OUT a_floor bigint[], OUT a_ceiling bigint[],
    OUT a_balance bigint[], OUT a_version bigint[], OUT a_open boolean[],
    OUT e_id uuid[], OUT e_seq bigint[], OUT e_at timestamptz[], OUT e_date date[],
    OUT e_kind text[], OUT e_actor text[], OUT e_holder uuid[], OUT e_other uuid[],
    OUT e_refers uuid[], OUT e_amount bigint[], OUT e_refusal text[], OUT e_print bytea[],
    OUT e_facts text[],
    OUT c_subject uuid[], OUT c_name text[], OUT c_scope uuid[], OUT c_period date[],
    OUT c_value bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$ -- or short lists are planned anew each time
DECLARE
    referring uuid[];
    holders uuid[];
    subjects uuid[];
    live uuid[];
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    IF p_lock THEN
        SELECT h.seq, h.account_no, h.stamp, h.at INTO seq, account_no, stamp, at
          FROM ledger.head h WHERE h.region_id = p_region FOR NO KEY UPDATE;
    ELSE
        SELECT h.seq, h.account_no, h.stamp, h.at INTO seq, account_no, stamp, at
          FROM ledger.head h WHERE h.region_id = p_region;
    END IF;
    IF seq IS NULL THEN
        RAISE EXCEPTION 'there is no region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'region_is_known';
    END IF;
    at := greatest(at, ledger.now());
    SELECT r.zone INTO STRICT zone FROM ledger.region r WHERE r.region_id = p_region;
    business_date := (at AT TIME ZONE zone)::date;

    -- Each statement below sees what was committed before the head was taken: nobody else can
    -- commit in this region until it is given back. Without the lock somebody can, between two
    -- statements: what was read so is worth as much as the stamp, which ledger.write() compares.
    -- Each goes from a list of keys to one index: a plan that is kept then fits a young region and
    -- an old one.
    IF cardinality(p_referring) > 0 THEN
        SELECT array_agg(e.entry_id) INTO referring
          FROM ledger.entry e
         WHERE e.region_id = p_region AND e.refers_to = ANY (p_referring);
    END IF;
    SELECT array_agg(e.entry_id), array_agg(e.seq), array_agg(e.at), array_agg(e.business_date),
           array_agg(e.kind), array_agg(e.actor), array_agg(e.holder_id), array_agg(e.other_id),
           array_agg(e.refers_to), array_agg(e.amount), array_agg(e.refusal),
           array_agg(e.fingerprint), array_agg(e.facts::text)
      INTO e_id, e_seq, e_at, e_date, e_kind, e_actor, e_holder, e_other, e_refers, e_amount,
           e_refusal, e_print, e_facts
      FROM (SELECT DISTINCT p_region AS region, id FROM unnest(p_entries || referring) AS id) w
     CROSS JOIN LATERAL (SELECT * FROM ledger.entry e
                          WHERE e.region_id = w.region AND e.entry_id = w.id OFFSET 0) e;

    SELECT array_agg(DISTINCT n.id) FILTER (WHERE n.id IS NOT NULL),
           array_agg(n.subject) FILTER (WHERE n.subject IS NOT NULL),
           array_agg(n.id) FILTER (WHERE n.is_live)
      INTO holders, subjects, live
      FROM (SELECT unnest(p_holders) AS id, NULL::uuid AS subject, false AS is_live
            UNION ALL SELECT '00000000-0000-0000-0000-000000000000'::uuid, NULL, false
            UNION ALL
            SELECT h.holder_id, NULL, true FROM ledger.holder h
             WHERE h.region_id = p_region AND h.kind = 'campaign'
               AND h.state IN ('live', 'scheduled')
            UNION ALL
            SELECT h.parent_id, h.subject_id, false
              FROM (SELECT p_region AS region, unnest(p_holders) AS id OFFSET 0) w
              JOIN ledger.holder h ON h.region_id = w.region AND h.holder_id = w.id
            UNION ALL
            SELECT h.holder_id, h.subject_id, false
              FROM (SELECT p_region AS region, unnest(p_owners) AS id OFFSET 0) w
              JOIN ledger.holder h ON h.region_id = w.region AND h.subject_id = w.id) n;

    -- A person has no accounts, so subjects are looked for here alone. One may come twice.
    SELECT array_agg(h.holder_id), array_agg(h.kind), array_agg(h.parent_id),
           array_agg(h.subject_id), array_agg(h.state), array_agg(h.terms_hash),
           array_agg(h.facts::text), array_agg(h.version)
      INTO h_id, h_kind, h_parent, h_subject, h_state, h_terms, h_facts, h_version
      FROM (SELECT p_region AS region, unnest(holders || subjects) AS id OFFSET 0) w
      JOIN ledger.holder h ON h.region_id = w.region AND h.holder_id = w.id;

    SELECT array_agg(a.account_no), array_agg(a.holder_id), array_agg(a.kind),
           array_agg(a.source_id), array_agg(a.expires_on),
           array_agg(a.floor), array_agg(a.ceiling), array_agg(a.balance),
           array_agg(a.version), array_agg(a.is_open)
      INTO a_no, a_holder, a_kind, a_source, a_expires, a_floor, a_ceiling, a_balance,
           a_version, a_open
      FROM (SELECT a.*
              FROM (SELECT p_region AS region, unnest(holders) AS id OFFSET 0) w
              JOIN ledger.account a ON a.region_id = w.region AND a.holder_id = w.id AND a.is_open
             WHERE a.kind <> 'suspense'
            UNION ALL
            SELECT a.*
              FROM (SELECT p_region AS region, unnest(p_accounts) AS no OFFSET 0) w
              JOIN ledger.account a ON a.region_id = w.region AND a.account_no = w.no
             WHERE NOT (a.is_open AND a.holder_id = ANY (holders) AND a.kind <> 'suspense')
            UNION ALL
            SELECT a.*
              FROM (SELECT p_region AS region, unnest(p_referring) AS id OFFSET 0) w
              JOIN ledger.account a
                ON a.region_id = w.region AND a.kind = 'suspense' AND a.source_id = w.id
               AND a.holder_id = '00000000-0000-0000-0000-000000000000') a;

    SELECT array_agg(c.subject_id), array_agg(c.name), array_agg(c.scope_id),
           array_agg(c.period), array_agg(c.value)
      INTO c_subject, c_name, c_scope, c_period, c_value
      FROM (SELECT DISTINCT p_region AS region, id
              FROM unnest(subjects || p_subjects || live) AS id) w
      JOIN ledger.counter c ON c.region_id = w.region AND c.subject_id = w.id
     WHERE c.period = ANY (p_periods || ARRAY[business_date,
                           date_trunc('month', business_date::timestamp)::date,
                           'infinity'::date]);
END $$;
