-- The only door through which the journal grows and a balance changes: ledger.write().
--
-- It decides nothing. It writes a batch as it was decided, or refuses all of it:
--   MG001 the session is of another region, or there is no such region
--   40001 the head moved since the batch was loaded, or the batch that it stands on never came:
--         load and decide again
--   MG002 an entry does not balance, or has postings or none where it must not
--   MG003 an account that is touched is closed, of another region, or none
--   MG004 an account does not stand afterwards as it was decided, or left its bounds on the way
--   MG005 a holder is not as it was loaded
--   MG006 a counter is not as it was loaded
--   MG011 facts about a person are not what an entry is committed to, or are not there
--   MG007 the arrays are not lists that count from 1, or the time is not the deployment's
-- Unique keys and checks of the tables refuse the rest (an id that exists, an amount of 0, …).

CREATE FUNCTION ledger.write(
    p_region integer, p_seq bigint, p_account_no bigint, p_stamp uuid, p_new_stamp uuid,
    p_at timestamptz, p_date date,
    -- entries in order; the first is numbered p_seq + 1
    e_id uuid[], e_kind text[], e_actor text[], e_holder uuid[], e_other uuid[],
    e_refers uuid[], e_amount bigint[], e_refusal text[], e_print bytea[], e_facts text[],
    -- postings in order, p_line within their entry; p_entry and p_touch count the entries and the
    -- accounts that are named here from 1
    p_entry integer[], p_line smallint[], p_touch integer[], p_is_debit boolean[],
    p_amount bigint[],
    -- every account that the postings touch, as it must stand afterwards
    a_no bigint[], a_version bigint[], a_balance bigint[], a_is_open boolean[],
    -- new accounts; the first is numbered p_account_no + 1
    n_holder uuid[] = '{}', n_kind text[] = '{}', n_source uuid[] = '{}', n_expires date[] = '{}',
    n_ceiling bigint[] = '{}',
    -- accounts that close without a posting
    x_no bigint[] = '{}',
    -- holders made (h_before 0) or changed, with the version that was loaded
    h_id uuid[] = '{}', h_kind text[] = '{}', h_parent uuid[] = '{}', h_subject uuid[] = '{}',
    h_state text[] = '{}', h_terms bytea[] = '{}', h_facts text[] = '{}',
    h_before integer[] = '{}', h_version integer[] = '{}',
    -- counters
    c_subject uuid[] = '{}', c_name text[] = '{}', c_scope uuid[] = '{}', c_period date[] = '{}',
    c_before bigint[] = '{}', c_after bigint[] = '{}', c_cap bigint[] = '{}',
    -- facts about people, of the entries that are committed to some, in their order
    f_salt bytea[] = '{}', f_facts text[] = '{}'
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    entries integer := cardinality(e_id);
    postings integer := cardinality(p_entry);
    touched integer := cardinality(a_no);
    holders integer := cardinality(h_id);
    counters integer := cardinality(c_subject);
    newest timestamptz;
    zone text;
    found_rows bigint;
    agreeing bigint;
    culprit integer;
    moving text[];
    committed uuid[];
    commitments text[];
    versions bigint[];
    balances bigint[];
    floors bigint[];
    ceilings bigint[];
    signs integer[];
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    -- The checks below count and look up by place: that means the same place only in plain lists.
    IF num_nulls(e_id, p_entry, a_no, n_holder, x_no, h_id, c_subject, f_salt, f_facts) > 0
       OR array_lower(e_id, 1) <> 1 OR array_lower(e_kind, 1) <> 1
       OR array_lower(e_refusal, 1) <> 1 OR array_lower(a_no, 1) <> 1
       OR array_lower(a_is_open, 1) <> 1
       OR array_ndims(e_id) <> 1 OR array_ndims(e_kind) <> 1
       OR array_ndims(e_refusal) <> 1 OR array_ndims(a_no) <> 1
       OR array_ndims(a_is_open) <> 1
       OR (cardinality(e_kind), cardinality(e_refusal), cardinality(p_line), cardinality(p_touch),
           cardinality(p_is_debit), cardinality(p_amount), cardinality(a_version),
           cardinality(a_balance), cardinality(a_is_open)) IS DISTINCT FROM
          (entries, entries, postings, postings, postings, postings, touched, touched,
           touched) THEN
        RAISE EXCEPTION 'the arrays of a batch are lists that count from 1'
            USING ERRCODE = 'MG007', CONSTRAINT = 'batch_is_made_of_lists';
    END IF;
    -- An hour, because the machine's clock may be set back between load and write.
    -- The lock waits for the batch before, and then shows what that one left; an UPDATE that asked
    -- for the stamp would look before it waits.
    SELECT h.at, r.zone INTO newest, zone
      FROM ledger.head h JOIN ledger.region r USING (region_id)
     WHERE h.region_id = p_region FOR NO KEY UPDATE OF h;
    IF NOT FOUND OR p_date IS DISTINCT FROM (p_at AT TIME ZONE zone)::date
       OR p_at > greatest(newest, ledger.now() + interval '1 hour') THEN
        RAISE EXCEPTION 'it is not % on % in region %', p_at, p_date, p_region
            USING ERRCODE = 'MG007', CONSTRAINT = 'entry_time_is_the_deployments';
    END IF;
    UPDATE ledger.head h
       SET seq = h.seq + entries, at = p_at, account_no = h.account_no + cardinality(n_holder),
           stamp = p_new_stamp
     WHERE h.region_id = p_region AND h.seq = p_seq AND h.account_no = p_account_no
       AND h.stamp = p_stamp AND p_new_stamp <> p_stamp AND h.at <= p_at AND entries > 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the head of region % is not at %', p_region, p_seq
            USING ERRCODE = '40001', CONSTRAINT = 'head_is_as_loaded';
    END IF;

    IF holders > 0 THEN
        INSERT INTO ledger.holder (region_id, holder_id, kind, parent_id, subject_id, state,
                                   terms_hash, facts, version)
        SELECT p_region, n.id, n.kind, n.parent, n.subject, n.state, n.terms, n.facts::jsonb,
               n.version
          FROM unnest(h_id, h_kind, h_parent, h_subject, h_state, h_terms, h_facts,
                      h_before, h_version)
               AS n(id, kind, parent, subject, state, terms, facts, before, version)
         WHERE n.before = 0
         ORDER BY n.parent NULLS FIRST, n.id;
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        UPDATE ledger.holder h
           SET state = n.state, terms_hash = n.terms, facts = n.facts::jsonb, version = n.version
          FROM unnest(h_id, h_kind, h_parent, h_subject, h_state, h_terms, h_facts,
                      h_before, h_version)
               AS n(id, kind, parent, subject, state, terms, facts, before, version)
         WHERE n.before > 0 AND h.region_id = p_region AND h.holder_id = n.id
           AND h.version = n.before AND n.version > n.before AND h.kind = n.kind
           AND h.subject_id IS NOT DISTINCT FROM n.subject;
        GET DIAGNOSTICS agreeing = ROW_COUNT;
        IF found_rows + agreeing <> holders THEN
            RAISE EXCEPTION 'a holder is not as it was loaded'
                USING ERRCODE = 'MG005', CONSTRAINT = 'holder_is_as_loaded';
        END IF;
    END IF;

    IF cardinality(n_holder) > 0 THEN
        INSERT INTO ledger.account (region_id, account_no, holder_id, kind, class, value,
                                    source_id, expires_on, floor, ceiling)
        SELECT p_region, p_account_no + n.line, n.holder, n.kind, k.class, k.value, n.source,
               n.expires, k.floor, n.ceiling
          FROM unnest(n_holder, n_kind, n_source, n_expires, n_ceiling) WITH ORDINALITY
               AS n(holder, kind, source, expires, ceiling, line)
          LEFT JOIN ledger.account_kind k ON k.kind = n.kind
         ORDER BY n.line;
    END IF;

    -- Every entry must balance, and have postings exactly where its kind moves value.
    SELECT array_agg(k.kind) INTO moving FROM ledger.entry_kind k WHERE k.needs_postings;
    SELECT count(*) INTO found_rows
      FROM unnest(e_kind, e_refusal) AS e(kind, refusal)
     WHERE e.kind = ANY (moving) AND e.refusal IS NULL;
    SELECT count(*) FILTER (WHERE p.is_sound), min(p.entry) FILTER (WHERE NOT p.is_sound)
      INTO agreeing, culprit
      FROM (SELECT n.entry,
                   coalesce(sum(n.amount) FILTER (WHERE n.is_debit)
                            = sum(n.amount) FILTER (WHERE NOT n.is_debit)
                            AND e_kind[n.entry] = ANY (moving)
                            AND e_refusal[n.entry] IS NULL, false) AS is_sound
              FROM unnest(p_entry, p_is_debit, p_amount) AS n(entry, is_debit, amount)
             GROUP BY n.entry) p;
    IF agreeing <> found_rows OR culprit IS NOT NULL THEN
        RAISE EXCEPTION 'an entry does not balance, or has postings or none where it must not: %',
                        e_id[culprit]
            USING ERRCODE = 'MG002', CONSTRAINT = 'entry_balances';
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(e_kind) AS e(kind)
                WHERE NOT EXISTS (SELECT 1 FROM ledger.entry_kind k WHERE k.kind = e.kind)) THEN
        RAISE EXCEPTION 'an entry is of no known kind'
            USING ERRCODE = 'MG002', CONSTRAINT = 'entry_kind_is_known';
    END IF;

    WITH written AS (
        INSERT INTO ledger.entry (region_id, entry_id, seq, at, business_date, kind, actor,
                                  holder_id, other_id, refers_to, amount, refusal, fingerprint,
                                  facts)
        SELECT p_region, e.id, p_seq + e.line, p_at, p_date, e.kind, e.actor, e.holder, e.other,
               e.refers, e.amount, e.refusal, e.print, e.facts::jsonb
          FROM unnest(e_id, e_kind, e_actor, e_holder, e_other, e_refers, e_amount, e_refusal,
                      e_print, e_facts) WITH ORDINALITY
               AS e(id, kind, actor, holder, other, refers, amount, refusal, print, facts, line)
        RETURNING seq, entry_id, facts ->> 'person_facts' AS commitment
    )
    SELECT array_agg(w.entry_id ORDER BY w.seq), array_agg(w.commitment ORDER BY w.seq)
      INTO committed, commitments
      FROM written w WHERE w.commitment IS NOT NULL;

    -- Each commitment has its facts, and they are what it says.
    IF committed IS NOT NULL OR cardinality(f_salt) > 0 OR cardinality(f_facts) > 0 THEN
        INSERT INTO ledger.person_facts (region_id, entry_id, salt, facts)
        SELECT p_region, f.id, f.salt, f.facts
          FROM unnest(committed, commitments, f_salt, f_facts) AS f(id, commitment, salt, facts)
         WHERE f.commitment = encode(sha256(f.salt || convert_to(f.facts, 'UTF8')), 'hex');
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        IF (found_rows, found_rows, found_rows) IS DISTINCT FROM
           (cardinality(committed), cardinality(f_salt), cardinality(f_facts)) THEN
            RAISE EXCEPTION 'facts about a person are not what their entry is committed to'
                USING ERRCODE = 'MG011', CONSTRAINT = 'person_facts_are_as_committed';
        END IF;
    END IF;

    -- The balances follow from the postings alone; what was decided is only compared with them.
    -- What closes does so in the same change: of a row that is changed twice in one transaction
    -- all foreign keys are looked up anew.
    WITH moved AS (
        SELECT p_region AS region, p.touch, a_no[p.touch] AS account, count(*) AS times,
               sum(CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END)::bigint AS debited
          FROM unnest(p_touch, p_is_debit, p_amount) AS p(touch, is_debit, amount)
         GROUP BY p.touch
    ), stands AS (
        UPDATE ledger.account a
           SET version = a.version + m.times,
               balance = a.balance + CASE a.class WHEN 'asset' THEN m.debited ELSE -m.debited END,
               is_open = a_is_open[m.touch]
          FROM moved m
         WHERE a.region_id = m.region AND a.account_no = m.account AND a.is_open
        RETURNING m.touch, a.version, a.balance, a.floor, a.ceiling, m.times, m.debited,
                  CASE a.class WHEN 'asset' THEN 1 ELSE -1 END AS sign
    )
    SELECT count(*) FILTER (WHERE s.touch BETWEEN 1 AND touched),
           count(*) FILTER (WHERE s.version = a_version[s.touch] AND s.balance = a_balance[s.touch]),
           array_agg(s.version - s.times ORDER BY s.touch),
           array_agg(s.balance - s.sign * s.debited ORDER BY s.touch),
           array_agg(s.floor ORDER BY s.touch), array_agg(s.ceiling ORDER BY s.touch),
           array_agg(s.sign ORDER BY s.touch)
      INTO found_rows, agreeing, versions, balances, floors, ceilings, signs
      FROM stands s;
    IF found_rows <> touched THEN
        RAISE EXCEPTION 'an account that is touched is closed or not of region %', p_region
            USING ERRCODE = 'MG003', CONSTRAINT = 'posting_has_an_open_account';
    END IF;
    IF agreeing <> touched THEN
        RAISE EXCEPTION 'an account would not stand as it was decided'
            USING ERRCODE = 'MG004', CONSTRAINT = 'account_is_as_decided';
    END IF;

    -- A posting that takes its account out of its bounds, even for a moment, is left out here,
    -- and then the count is short. Moments follow on as the journal tells them, however listed.
    INSERT INTO ledger.posting (region_id, entry_id, line, seq, account_no, is_debit, amount,
                                version, balance_after)
    SELECT p_region, e_id[p.entry], p.line, p_seq + p.entry, a_no[p.touch], p.is_debit, p.amount,
           versions[p.touch] + p.nth, balances[p.touch] + signs[p.touch] * p.debited
      FROM (SELECT n.entry, n.line, n.touch, n.is_debit, n.amount,
                   row_number() OVER of_account AS nth,
                   sum(CASE WHEN n.is_debit THEN n.amount ELSE -n.amount END)
                       OVER (of_account ROWS UNBOUNDED PRECEDING)::bigint AS debited
              FROM unnest(p_entry, p_line, p_touch, p_is_debit, p_amount)
                   AS n(entry, line, touch, is_debit, amount)
            WINDOW of_account AS (PARTITION BY n.touch ORDER BY n.entry, n.line)) p
     WHERE balances[p.touch] + signs[p.touch] * p.debited
           BETWEEN floors[p.touch] AND ceilings[p.touch];
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows <> postings THEN
        RAISE EXCEPTION 'a posting takes its account out of its bounds'
            USING ERRCODE = 'MG004', CONSTRAINT = 'posting_keeps_the_bounds';
    END IF;

    IF cardinality(x_no) > 0 THEN
        UPDATE ledger.account SET is_open = false
         WHERE region_id = p_region AND account_no = ANY (x_no) AND is_open;
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        IF found_rows <> cardinality(x_no) THEN
            RAISE EXCEPTION 'an account to close is closed already or not of region %', p_region
                USING ERRCODE = 'MG003', CONSTRAINT = 'closing_has_an_open_account';
        END IF;
    END IF;

    -- Most counters exist already. A new one had been loaded as 0.
    IF counters > 0 THEN
        UPDATE ledger.counter c SET value = n.after, cap = n.cap
          FROM (SELECT p_region AS region, w.*
                  FROM unnest(c_subject, c_name, c_scope, c_period, c_before, c_after, c_cap)
                       AS w(subject, name, scope, period, before, after, cap)
                OFFSET 0) n
         WHERE c.region_id = n.region AND c.subject_id = n.subject AND c.name = n.name
           AND c.scope_id = n.scope AND c.period = n.period AND c.value = n.before;
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        IF found_rows < counters THEN
            INSERT INTO ledger.counter (region_id, subject_id, name, scope_id, period, value, cap)
            SELECT p_region, n.subject, n.name, n.scope, n.period, n.after, n.cap
              FROM unnest(c_subject, c_name, c_scope, c_period, c_before, c_after, c_cap)
                   AS n(subject, name, scope, period, before, after, cap)
             WHERE n.before = 0
                ON CONFLICT (region_id, subject_id, name, scope_id, period) DO NOTHING;
            GET DIAGNOSTICS agreeing = ROW_COUNT;
            IF found_rows + agreeing <> counters THEN
                RAISE EXCEPTION 'a counter is not as it was loaded'
                    USING ERRCODE = 'MG006', CONSTRAINT = 'counter_is_as_loaded';
            END IF;
        END IF;
    END IF;
END $$;
