-- The other side: a payment as one call and one transaction, as one would write it without an engine.
--
-- It leaves the same rows as payments/pay.py (tests/bench compares them) under the same rules,
-- without row-level security and without checking anything twice. What it does not know: several
-- campaigns at once, caps per day, receivables, repeated ids (the second call fails).
--
-- Locks: the wallet's lots, the person's counters, the shop's accounts, the budget, the head. What
-- many payments want at once is locked last, when all that can be done without it is done.

-- Pays, and returns the number of the entry, accepted or refused. Raises where the engine would
-- answer 404, and 40001 where the day ends between the decision and the head.
CREATE FUNCTION bench.pay(
    p_region integer, p_id uuid, p_person uuid, p_wallet uuid, p_store uuid, p_amount bigint)
    RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    t record;
    today date;
    this_month date;
    moment timestamptz;
    number bigint;
    newest_account bigint;
    refusal text;
    facts jsonb;
    lot record;
    usable bigint := 0;
    part bigint;
    remaining bigint := p_amount;
    coin bigint := 0;
    paid_with jsonb := '[]';
    points_lot bigint;
    points_until date;
    points_version bigint := 0;
    points_balance bigint := 0;
    new_lots integer := 0;
    used record;
    month_left bigint;
    campaign_left bigint;
    budget_left bigint;
    points bigint := 0;
    cashback bigint := 0;
    reasons jsonb;
    -- The postings, line by line; those of shop and campaign are kept apart until all are known.
    accounts bigint[] := '{}';
    sides boolean[] := '{}';
    amounts bigint[] := '{}';
    versions bigint[] := '{}';
    balances bigint[] := '{}';
    account bigint;
    version_now bigint;
    balance_now bigint;
    cashback_no bigint;
    cashback_version bigint;
    cashback_balance bigint;
BEGIN
    SELECT w.state AS wallet_state, least(s.state, m.state) AS store_state,
           s.facts ->> 'name' AS store_name, m.holder_id AS merchant, terms.*
      INTO t
      FROM ledger.holder w, ledger.holder s
      JOIN ledger.holder m ON m.region_id = p_region AND m.holder_id = s.parent_id
      JOIN bench.terms terms ON terms.region_id = p_region
                            AND terms.merchant_class = m.facts ->> 'merchant_class'
     WHERE w.region_id = p_region AND w.holder_id = p_wallet AND w.kind = 'wallet'
       AND w.subject_id = p_person
       AND s.region_id = p_region AND s.holder_id = p_store AND s.kind = 'store';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such wallet of this person, or no such store';
    END IF;
    today := (clock_timestamp() AT TIME ZONE t.zone)::date;
    this_month := date_trunc('month', today::timestamp)::date;

    IF t.wallet_state <> 'open' THEN
        refusal := 'wallet-frozen';
        facts := '{}';
    ELSIF t.store_state <> 'open' THEN
        refusal := 'store-closed';
        facts := '{}';
    ELSIF p_amount > t.payment_limit THEN
        refusal := 'payment-over-limit';
        facts := jsonb_build_object('limit_yen', t.payment_limit);
    ELSE
        -- The wallet's lots, in the order of use: points by expiry, then coin by expiry.
        points_until := this_month + make_interval(months => t.points_months + 1)
                        - interval '1 day';
        FOR lot IN SELECT a.account_no, a.kind, a.balance, a.version, a.expires_on, a.source_id
                     FROM ledger.account a
                    WHERE a.region_id = p_region AND a.holder_id = p_wallet AND a.is_open
                      AND a.kind IN ('points', 'coin')
                      AND (a.expires_on IS NULL OR a.expires_on >= today)
                    ORDER BY a.kind DESC, a.expires_on, a.account_no
                      FOR NO KEY UPDATE
        LOOP
            usable := usable + lot.balance;
            part := least(remaining, lot.balance);
            IF lot.source_id = t.campaign_id AND lot.expires_on = points_until THEN
                points_lot := lot.account_no;
                points_version := lot.version + (part > 0)::integer;
                points_balance := lot.balance - part;
            END IF;
            CONTINUE WHEN part = 0;
            remaining := remaining - part;
            accounts := accounts || lot.account_no;
            sides := sides || true;
            amounts := amounts || part;
            versions := versions || (lot.version + 1);
            balances := balances || (lot.balance - part);
            paid_with := paid_with || jsonb_build_object('lot', lot.account_no, 'kind', lot.kind,
                                                  'amount', part, 'expires_on', lot.expires_on);
            IF lot.kind = 'coin' THEN
                coin := coin + part;
            END IF;
        END LOOP;
        IF remaining > 0 THEN
            refusal := 'insufficient-funds';
            facts := jsonb_build_object('usable_yen', usable);
        END IF;
    END IF;

    IF refusal IS NULL THEN
        -- Headrooms. The budget is only looked at while it is far from its end. Near its end it is
        -- locked before the decision, and before it the shop's accounts, as everywhere.
        month_left := t.month_cap;
        campaign_left := t.campaign_cap;
        FOR used IN SELECT c.name, c.value
                      FROM ledger.counter c
                     WHERE c.region_id = p_region AND c.subject_id = p_person
                       AND c.name IN ('rebate.campaign', 'rebate.month')
                       AND c.scope_id = t.campaign_id AND c.period IN (this_month, 'infinity')
                     ORDER BY c.name FOR NO KEY UPDATE
        LOOP
            IF used.name = 'rebate.month' THEN
                month_left := greatest(0, t.month_cap - used.value);
            ELSE
                campaign_left := greatest(0, t.campaign_cap - used.value);
            END IF;
        END LOOP;
        SELECT a.balance INTO STRICT budget_left
          FROM ledger.account a WHERE a.region_id = p_region AND a.account_no = t.budget_no;
        IF budget_left < 10000000 THEN
            PERFORM FROM ledger.account a
              WHERE a.region_id = p_region AND a.holder_id = t.merchant AND a.is_open
              ORDER BY a.kind DESC FOR NO KEY UPDATE;
            SELECT a.balance INTO STRICT budget_left
              FROM ledger.account a WHERE a.region_id = p_region AND a.account_no = t.budget_no
               FOR NO KEY UPDATE;
        END IF;

        -- The decision, in the order of campaigns/decide.py.
        IF today < t.starts_on THEN
            reasons := jsonb_build_array(
                jsonb_build_array('not-started', to_char(t.starts_on, 'YYYYMMDD')::integer));
        ELSIF today > t.ends_on THEN
            reasons := jsonb_build_array(
                jsonb_build_array('ended', to_char(t.ends_on, 'YYYYMMDD')::integer));
        ELSIF coin = 0 THEN
            reasons := '[["no-coin-part"]]';
        ELSIF p_amount < t.minimum THEN
            reasons := jsonb_build_array(jsonb_build_array('below-minimum', t.minimum));
        ELSIF budget_left = 0 THEN
            reasons := '[["budget-empty"]]';
        ELSE
            reasons := t.reasons;
            points := coin * t.rebate_bp / 10000;
            IF points > t.payment_cap THEN
                points := t.payment_cap;
                reasons := reasons || jsonb_build_array(
                    jsonb_build_array('cut-by-payment-cap', points));
            END IF;
            IF points > month_left THEN
                points := month_left;
                reasons := reasons || jsonb_build_array(
                    jsonb_build_array('cut-by-month-cap', points));
            END IF;
            IF points > campaign_left THEN
                points := campaign_left;
                reasons := reasons || jsonb_build_array(
                    jsonb_build_array('cut-by-campaign-cap', points));
            END IF;
            IF points > budget_left THEN
                points := budget_left;
                reasons := reasons || jsonb_build_array(
                    jsonb_build_array('cut-by-budget', points));
            END IF;
            cashback := coin * t.cashback_bp / 10000;
            IF cashback > budget_left - points THEN
                cashback := budget_left - points;
                reasons := reasons || jsonb_build_array(
                    jsonb_build_array('cashback-cut-by-budget', cashback));
            END IF;
        END IF;

        -- Accounts and counters: one person's first, then the shop's, then the campaign's. A lot
        -- that pays and is granted points is changed once: it is locked, so all is known of it.
        FOR place IN 1 .. cardinality(accounts) LOOP
            CONTINUE WHEN accounts[place] = points_lot AND points > 0;
            UPDATE ledger.account a SET balance = balances[place], version = versions[place]
             WHERE a.region_id = p_region AND a.account_no = accounts[place];
        END LOOP;
        IF points > 0 THEN
            points_version := points_version + 1;
            points_balance := points_balance + points;
            IF points_lot IS NULL THEN
                new_lots := 1;
            ELSE
                UPDATE ledger.account a SET balance = points_balance, version = points_version
                 WHERE a.region_id = p_region AND a.account_no = points_lot;
            END IF;
            INSERT INTO ledger.counter AS c
                   (region_id, subject_id, name, scope_id, period, value, cap)
            VALUES (p_region, p_person, 'rebate.campaign', t.campaign_id, 'infinity', points,
                    t.campaign_cap),
                   (p_region, p_person, 'rebate.month', t.campaign_id, this_month, points,
                    t.month_cap)
                ON CONFLICT (region_id, subject_id, name, scope_id, period)
                DO UPDATE SET value = c.value + excluded.value, cap = excluded.cap;
        END IF;
        UPDATE ledger.account a SET balance = a.balance + p_amount, version = a.version + 1
         WHERE a.region_id = p_region AND a.holder_id = t.merchant AND a.kind = 'payable'
           AND a.source_id IS NULL AND a.expires_on IS NULL
        RETURNING a.account_no, a.version, a.balance INTO STRICT account, version_now, balance_now;
        accounts := accounts || account;
        sides := sides || false;
        amounts := amounts || p_amount;
        versions := versions || version_now;
        balances := balances || balance_now;
        IF cashback > 0 THEN
            UPDATE ledger.account a SET balance = a.balance + cashback, version = a.version + 1
             WHERE a.region_id = p_region AND a.holder_id = t.merchant AND a.kind = 'cashback'
               AND a.source_id IS NULL AND a.expires_on IS NULL
            RETURNING a.account_no, a.version, a.balance
                 INTO STRICT cashback_no, cashback_version, cashback_balance;
        END IF;
        -- From here to the commit, everybody waits.
        IF points + cashback > 0 THEN
            UPDATE ledger.account a
               SET balance = a.balance - points - cashback, version = a.version + 1
             WHERE a.region_id = p_region AND a.account_no = t.budget_no
            RETURNING a.version, a.balance INTO version_now, balance_now;
            budget_left := balance_now + points + cashback;
        END IF;
    END IF;

    UPDATE ledger.head h
       SET seq = h.seq + 1, at = greatest(h.at, clock_timestamp()),
           account_no = h.account_no + new_lots
     WHERE h.region_id = p_region
    RETURNING h.seq, h.account_no, h.at INTO number, newest_account, moment;
    IF (moment AT TIME ZONE t.zone)::date <> today THEN
        RAISE EXCEPTION 'the day is over: try again' USING ERRCODE = '40001';
    END IF;
    IF refusal IS NULL THEN
        IF new_lots > 0 THEN
            points_lot := newest_account;
            INSERT INTO ledger.account (region_id, account_no, holder_id, kind, class, value,
                                  source_id, expires_on, floor, ceiling, balance, version)
            VALUES (p_region, points_lot, p_wallet, 'points', 'liability', 'free', t.campaign_id,
                    points_until, 0, 9007199254740991, points, 1);
        END IF;
        facts := jsonb_build_object(
            'store_name', t.store_name, 'paid_with', paid_with,
            'merchant_class', t.merchant_class, 'points_settled', 0,
            'grants', jsonb_build_array(jsonb_build_object(
                'campaign_id', t.campaign_id, 'hash', t.terms_hash, 'rebate_points', points,
                'cashback_yen', cashback, 'reasons', reasons,
                'name', t.campaign_name, 'points_expire_on', points_until,
                'headroom', jsonb_build_object('budget', budget_left, 'month', month_left,
                                               'campaign', campaign_left))));
        INSERT INTO ledger.posting (region_id, entry_id, line, seq, account_no, is_debit, amount,
                                    version, balance_after)
        SELECT p_region, p_id, row_number() OVER (), number, p.account_no, p.is_debit, p.amount,
               p.version, p.balance
          FROM unnest(accounts || t.budget_no || points_lot || cashback_no,
                      sides || true || false || false,
                      amounts || (points + cashback) || points || cashback,
                      versions || version_now || points_version || cashback_version,
                      balances || balance_now || points_balance || cashback_balance)
               AS p(account_no, is_debit, amount, version, balance)
         WHERE p.amount > 0;
    END IF;
    INSERT INTO ledger.entry (region_id, entry_id, seq, at, business_date, kind, actor, holder_id,
                              other_id, amount, refusal, fingerprint, facts)
    VALUES (p_region, p_id, number, moment, today, 'payment', 'resident:' || p_person, p_wallet,
            p_store, p_amount, refusal, decode(md5(p_wallet || ' ' || p_store || ' ' || p_amount),
            'hex'), facts);
    RETURN number;
END $$;
