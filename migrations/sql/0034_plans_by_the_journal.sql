-- Lets a plan hold:
--   MG001 the session is of another region, or there is no such region
--   MG013 its first week has begun already, by the clock or by the journal: a clock that was set back
--         would let years and quarters begin anew, and weeks that were released be told of twice
CREATE OR REPLACE FUNCTION insights.approve_plan(p_region integer, p_plan uuid, p_by text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    -- One after the other: the number says who was later.
    PERFORM FROM insights.plan d WHERE d.region_id = p_region ORDER BY d.plan_id FOR UPDATE;
    IF NOT EXISTS (SELECT FROM insights.plan d JOIN ledger.region r USING (region_id)
                    JOIN ledger.head h USING (region_id)
                    WHERE d.region_id = p_region AND d.plan_id = p_plan
                      AND d.first_week > (greatest(ledger.now(), h.at) AT TIME ZONE r.zone)::date) THEN
        RAISE EXCEPTION 'the first week of plan % has begun', p_plan
            USING ERRCODE = 'MG013', CONSTRAINT = 'plan_is_of_weeks_to_come';
    END IF;
    INSERT INTO insights.plan_approval (region_id, plan_id, number, approved_by, approved_at)
    SELECT p_region, p_plan, coalesce(max(a.number), 0) + 1, p_by, ledger.now()
      FROM insights.plan_approval a WHERE a.region_id = p_region;
END $$;
