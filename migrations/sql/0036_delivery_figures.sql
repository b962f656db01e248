-- Figures of deliveries: of each notice how many read it and how many have it unread, told once, 72
-- hours after it was put down, with noise that the year's privacy budget pays for.
--
-- A person gets four notices of a calendar month at most (received_at_most_four_a_month), and is in
-- one of a notice's two numbers: 250,000 billionths of rho for each notice, 1,000,000 for a month,
-- whatever the number of its notices. 52 weeks have twelve first days of a month at most.

CREATE TABLE insights.delivery_month (
    region_id integer NOT NULL,
    -- Its first day, by the region's clock.
    month     date    NOT NULL,
    scope     text    NOT NULL,
    period    date    NOT NULL,
    cost      bigint  NOT NULL,
    CONSTRAINT delivery_month_pk PRIMARY KEY (region_id, month),
    CONSTRAINT delivery_month_budget_fk FOREIGN KEY (region_id, scope, period)
        REFERENCES insights.budget,
    CONSTRAINT delivery_month_is_one CHECK (extract(day FROM month) = 1),
    CONSTRAINT delivery_month_costs_four_notices CHECK (cost = 1000000)
);

CREATE TABLE insights.delivery_figure (
    region_id     integer     NOT NULL,
    message_id    uuid        NOT NULL,
    -- Its first month and its last one: 72 hours may begin in the one and end in the other.
    first_month   date        NOT NULL,
    last_month    date        NOT NULL,
    -- People, with noise: they may be below zero.
    read_people   bigint      NOT NULL,
    unread_people bigint      NOT NULL,
    -- Standard deviation of the noise in each of them, in thousandths.
    sigma_milli   bigint      NOT NULL,
    released_at   timestamptz NOT NULL,
    CONSTRAINT delivery_figure_pk PRIMARY KEY (region_id, message_id),
    CONSTRAINT delivery_figure_message_fk FOREIGN KEY (region_id, message_id)
        REFERENCES notifications.message,
    CONSTRAINT delivery_figure_first_month_fk FOREIGN KEY (region_id, first_month)
        REFERENCES insights.delivery_month,
    CONSTRAINT delivery_figure_last_month_fk FOREIGN KEY (region_id, last_month)
        REFERENCES insights.delivery_month,
    -- rho is (1,000 / sigma)² / 2, and 250,000 billionths are paid.
    CONSTRAINT delivery_figure_has_the_noise_it_pays_for
        CHECK (2::numeric * 250000 * sigma_milli * sigma_milli >= 1000::numeric * 1000 * 1000000000)
);

-- Pays for the months of a notice, those that are not paid yet, and keeps its figures, in one go:
--   MG001 the session is of another region, or there is no such region
--   MG012 there is no such notice, its 72 hours are not over, or no plan held in its first month
-- The budget's check refuses what is over the cap, and a unique key a second time.
CREATE FUNCTION insights.append_delivery(
    p_region integer, p_message uuid, p_read bigint, p_unread bigint, p_sigma_milli bigint
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    months date[];
    each date;
    year date;
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    SELECT ARRAY[date_trunc('month', m.made_at AT TIME ZONE r.zone)::date,
                 date_trunc('month', (m.made_at + interval '72 hours') AT TIME ZONE r.zone)::date]
      INTO months
      FROM notifications.message m JOIN ledger.region r USING (region_id)
     WHERE m.region_id = p_region AND m.message_id = p_message
       AND m.kind IN ('public_service', 'campaign')
       AND m.made_at + interval '72 hours' <= ledger.now();
    IF months IS NULL THEN
        RAISE EXCEPTION 'no figures of % are due', p_message
            USING ERRCODE = 'MG012', CONSTRAINT = 'delivery_figure_is_due';
    END IF;
    FOREACH each IN ARRAY months LOOP
        SELECT l.period INTO year FROM insights.lock_budget(p_region, each) l;
        IF year IS NULL THEN
            RAISE EXCEPTION 'no plan of statistics holds on %', each
                USING ERRCODE = 'MG012', CONSTRAINT = 'delivery_figure_is_due';
        END IF;
        INSERT INTO insights.delivery_month (region_id, month, scope, period, cost)
        VALUES (p_region, each, 'year', year, 1000000)
            ON CONFLICT ON CONSTRAINT delivery_month_pk DO NOTHING;
        IF FOUND THEN
            UPDATE insights.budget b SET used = b.used + 1000000
             WHERE b.region_id = p_region AND b.scope = 'year' AND b.period = year;
        END IF;
    END LOOP;
    INSERT INTO insights.delivery_figure (region_id, message_id, first_month, last_month,
                                          read_people, unread_people, sigma_milli, released_at)
    VALUES (p_region, p_message, months[1], months[2], p_read, p_unread, p_sigma_milli,
            ledger.now());
END $$;

DO $guards$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['delivery_month', 'delivery_figure'] LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON insights.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', guarded);
        EXECUTE format('ALTER TABLE insights.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON insights.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END
$guards$;

-- What everybody may see: the titles are public as well.
CREATE VIEW insights.delivery_told WITH (security_barrier = true) AS
    SELECT f.region_id, f.message_id, m.kind, m.texts #>> '{ja,title}' AS title, m.made_at,
           f.read_people, f.unread_people, f.sigma_milli, f.released_at
      FROM insights.delivery_figure f JOIN notifications.message m USING (region_id, message_id)
     WHERE f.region_id = (SELECT ledger.session_region());

GRANT SELECT ON insights.delivery_told TO meguri_app, meguri_city;
GRANT SELECT ON insights.delivery_month, insights.delivery_figure TO meguri_app;
REVOKE EXECUTE ON FUNCTION insights.append_delivery FROM PUBLIC;
GRANT EXECUTE ON FUNCTION insights.append_delivery TO meguri_app;
