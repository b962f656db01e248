-- Who may do what: grants, row-level security by region, and journals that only grow.

-- Entries and postings are never changed and never deleted, by nobody: to undo, reverse.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger.% only grows: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'MG008', CONSTRAINT = 'journal_only_grows';
END $$;
CREATE TRIGGER entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER posting_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER person_facts_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.person_facts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

SELECT ledger.guard_partition('entry_default'), ledger.guard_partition('posting_default');

GRANT USAGE ON SCHEMA ledger TO meguri_app;
GRANT SELECT ON ledger.deployment, ledger.region, ledger.account_kind, ledger.entry_kind,
    ledger.head, ledger.holder, ledger.account, ledger.entry, ledger.posting, ledger.counter,
    ledger.person_facts, ledger.reader, ledger.event TO meguri_app;
GRANT INSERT, UPDATE (seq) ON ledger.reader TO meguri_app;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['head', 'holder', 'account', 'entry', 'posting', 'counter', 'person_facts',
                                 'reader']
    LOOP
        EXECUTE format('ALTER TABLE ledger.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON ledger.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END $$;

-- Functions run by whoever was granted them by name, and by nobody else.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.session_region(), ledger.now() TO meguri_app;
GRANT EXECUTE ON FUNCTION ledger.load, ledger.write, ledger.open_region, ledger.make_partitions
    TO meguri_app;
