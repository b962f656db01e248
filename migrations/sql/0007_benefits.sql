-- Lists of benefits (対象者名簿): who may take one. Whom a line is about stands here as a keyed hash
-- alone, whose key PostgreSQL never sees; the reference is the city's own, and no name.

CREATE TABLE campaigns.benefit_list (
    region_id  integer     NOT NULL,
    list_id    uuid        NOT NULL,
    benefit_id uuid        NOT NULL,
    made_by    uuid        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT benefit_list_pk PRIMARY KEY (region_id, list_id),
    CONSTRAINT benefit_list_holder_fk FOREIGN KEY (region_id, benefit_id) REFERENCES ledger.holder
);
CREATE INDEX benefit_list_by_benefit ON campaigns.benefit_list (region_id, benefit_id);

-- mac is null once the benefit is closed: nobody needs to be found any more. Only what is not null
-- is compared, so the references stay.
CREATE TABLE campaigns.benefit_line (
    region_id  integer NOT NULL,
    line_id    uuid    NOT NULL,
    list_id    uuid    NOT NULL,
    line       integer NOT NULL,
    reference  text    NOT NULL,
    mac        bytea,
    group_name text,
    CONSTRAINT benefit_line_pk PRIMARY KEY (region_id, line_id),
    CONSTRAINT benefit_line_list_fk
        FOREIGN KEY (region_id, list_id) REFERENCES campaigns.benefit_list,
    CONSTRAINT benefit_line_is_one UNIQUE (region_id, list_id, line),
    CONSTRAINT benefit_line_reference_is_one UNIQUE (region_id, list_id, reference),
    CONSTRAINT benefit_line_person_is_one UNIQUE (region_id, list_id, mac),
    CONSTRAINT benefit_line_number_is_bounded CHECK (line BETWEEN 1 AND 200000),
    CONSTRAINT benefit_line_reference_is_a_code CHECK (reference ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$'),
    CONSTRAINT benefit_line_mac_is_whole CHECK (octet_length(mac) = 32),
    CONSTRAINT benefit_line_group_is_bounded CHECK (length(group_name) BETWEEN 1 AND 40)
);

-- Who said no. It may become a yes; that is an entry of the journal, and counts more than this.
CREATE TABLE campaigns.benefit_decline (
    region_id integer     NOT NULL,
    line_id   uuid        NOT NULL,
    person_id uuid        NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT benefit_decline_pk PRIMARY KEY (region_id, line_id, person_id),
    CONSTRAINT benefit_decline_line_fk
        FOREIGN KEY (region_id, line_id) REFERENCES campaigns.benefit_line
);
CREATE INDEX benefit_decline_by_person ON campaigns.benefit_decline
    (region_id, person_id, line_id);

-- What the campaigns and city roles see of benefits: not how many took one, from which it could be
-- told, by a list of few, who did.
CREATE VIEW campaigns.benefit_standing WITH (security_barrier = true) AS
    SELECT b.region_id, b.holder_id AS benefit_id, b.state, b.facts,
           (SELECT coalesce(sum(f.amount), 0)::bigint FROM ledger.entry f
             WHERE f.region_id = b.region_id AND f.holder_id = b.holder_id
               AND f.kind = 'benefit.funded' AND f.refusal IS NULL) AS funded_yen,
           (SELECT coalesce(sum(r.amount), 0)::bigint FROM ledger.entry r
             WHERE r.region_id = b.region_id AND r.holder_id = b.holder_id
               AND r.kind = 'benefit.returned' AND r.refusal IS NULL) AS returned_yen
      FROM ledger.holder b
     WHERE b.kind = 'benefit' AND b.region_id = (SELECT ledger.session_region());

GRANT SELECT ON campaigns.benefit_standing TO meguri_city, meguri_app;
GRANT SELECT, INSERT, DELETE ON campaigns.benefit_list, campaigns.benefit_line TO meguri_app;
GRANT UPDATE (mac) ON campaigns.benefit_line TO meguri_app;
GRANT SELECT, INSERT ON campaigns.benefit_decline TO meguri_app;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['benefit_list', 'benefit_line', 'benefit_decline']
    LOOP
        EXECUTE format('ALTER TABLE campaigns.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON campaigns.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END $$;
