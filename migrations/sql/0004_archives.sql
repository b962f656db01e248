-- For a region that moves in with old entries: ledger.make_partitions() only looks ahead.

-- Makes the partitions of one month, unless they are there. The owner's alone: it runs before an
-- import, in a transaction of its own, since it locks the default partition for a moment.
CREATE FUNCTION ledger.make_month(p_month date) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month_start timestamp := date_trunc('month', p_month::timestamp);
    part text := to_char(p_month, '"_"YYYY"_"MM');
    bounds uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger.make_partitions'));
    IF to_regclass('ledger.entry' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    SELECT array_agg((lpad(to_hex((extract(epoch FROM edge) * 1000)::bigint), 12, '0')
                      || '00000000000000000000')::uuid ORDER BY edge)
      INTO bounds
      FROM unnest(ARRAY[month_start, month_start + interval '1 month']) AS edge;
    EXECUTE format('CREATE TABLE ledger.%I PARTITION OF ledger.entry FOR VALUES FROM (%L) TO (%L)',
                   'entry' || part, bounds[1], bounds[2]);
    EXECUTE format('CREATE TABLE ledger.%I PARTITION OF ledger.posting FOR VALUES FROM (%L) TO (%L)',
                   'posting' || part, bounds[1], bounds[2]);
    PERFORM ledger.guard_partition('entry' || part);
    PERFORM ledger.guard_partition('posting' || part);
    RETURN true;
EXCEPTION WHEN check_violation THEN
    RETURN false;  -- the default partition has entries of that month: the new ones go there too
END $$;
REVOKE EXECUTE ON FUNCTION ledger.make_month FROM PUBLIC;
