-- People (利用者): who a resident is and what was verified. Everything personal stands here and in
-- access; the ledger knows a person by id alone.

CREATE SCHEMA residents;

CREATE TABLE residents.person (
    region_id      integer     NOT NULL,
    person_id      uuid        NOT NULL,
    phone          text,
    name           text,
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at      timestamptz,
    pin_hash       text,
    pin_failures   integer     NOT NULL DEFAULT 0,
    pin_locked_until timestamptz,
    CONSTRAINT person_pk PRIMARY KEY (region_id, person_id),
    CONSTRAINT person_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT person_phone_is_one UNIQUE (region_id, phone),
    CONSTRAINT person_phone_is_e164 CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    CONSTRAINT person_name_is_bounded CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT person_failures_are_not_negative CHECK (pin_failures >= 0),
    CONSTRAINT person_closed_is_nobody
        CHECK (closed_at IS NULL OR (phone IS NULL AND name IS NULL AND pin_hash IS NULL))
);

-- A change of number waits, and the old number is told. asked_with: with which
-- sessions and devices it was asked for and confirmed; it falls with each of them.
CREATE TABLE residents.number_change (
    region_id    integer     NOT NULL,
    change_id    uuid        NOT NULL,
    person_id    uuid        NOT NULL,
    new_phone    text        NOT NULL,
    asked_with   uuid[]      NOT NULL DEFAULT '{}',
    asked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    holds_from   timestamptz NOT NULL,
    state        text        NOT NULL DEFAULT 'waiting',
    ended_at     timestamptz,
    CONSTRAINT number_change_pk PRIMARY KEY (region_id, change_id),
    CONSTRAINT number_change_person_fk FOREIGN KEY (region_id, person_id) REFERENCES residents.person,
    CONSTRAINT number_change_state_is_known CHECK (state IN ('waiting', 'made', 'cancelled', 'refused')),
    CONSTRAINT number_change_end_is_told CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT number_change_is_forgotten CHECK (state = 'waiting' OR new_phone = '')
);
CREATE UNIQUE INDEX number_change_waits_once ON residents.number_change (region_id, person_id)
    WHERE state = 'waiting';
CREATE INDEX number_change_by_phone ON residents.number_change (region_id, new_phone)
    WHERE state = 'waiting';
CREATE INDEX number_change_by_time ON residents.number_change (region_id, holds_from)
    WHERE state = 'waiting';

-- What was verified about a person, by whom, and until when; `unverified` takes it back. Never the
-- document's number.
CREATE TABLE residents.verification (
    region_id       integer     NOT NULL,
    verification_id uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    tier            text        NOT NULL,
    method          text        NOT NULL,
    evidence        text        NOT NULL,
    verified_by     text        NOT NULL,
    verified_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_on      date,
    area            text,
    age_band        text,
    CONSTRAINT verification_pk PRIMARY KEY (region_id, verification_id),
    CONSTRAINT verification_person_fk FOREIGN KEY (region_id, person_id) REFERENCES residents.person,
    CONSTRAINT verification_tier_is_known
        CHECK (tier IN ('unverified', 'verified_resident', 'verified_visitor')),
    CONSTRAINT verification_ends_unless_taken_back
        CHECK ((tier = 'unverified') = (expires_on IS NULL)),
    CONSTRAINT verification_is_bounded
        CHECK (length(method) BETWEEN 1 AND 40 AND length(evidence) BETWEEN 1 AND 40
               AND length(area) BETWEEN 1 AND 40 AND length(age_band) BETWEEN 1 AND 20)
);
CREATE INDEX verification_by_person ON residents.verification
    (region_id, person_id, verification_id);

-- Consents (同意): each giving and each withdrawal, for ever; the newest of a purpose holds.
CREATE TABLE residents.consent (
    region_id  integer     NOT NULL,
    consent_id uuid        NOT NULL,
    person_id  uuid        NOT NULL,
    purpose    text        NOT NULL,
    is_given   boolean     NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT consent_pk PRIMARY KEY (region_id, consent_id),
    CONSTRAINT consent_person_fk FOREIGN KEY (region_id, person_id) REFERENCES residents.person,
    CONSTRAINT consent_purpose_is_bounded CHECK (length(purpose) BETWEEN 1 AND 60)
);
CREATE INDEX consent_by_person ON residents.consent (region_id, person_id, consent_id);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON residents.consent
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Why somebody looked at a person may tell something of that person: it goes when the account is
-- closed, in the same transaction. Who looked, when and at whom (by id) stays for good.
CREATE FUNCTION access.erase_reasons(p_region integer, p_person uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    erased integer;
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    IF NOT EXISTS (SELECT FROM residents.person p WHERE p.region_id = p_region
                      AND p.person_id = p_person AND p.closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the account of % is not closed', p_person
            USING ERRCODE = 'MG008', CONSTRAINT = 'journal_only_grows';
    END IF;
    PERFORM set_config('meguri.erasing', 'on', true);
    UPDATE access.act a SET reason = '-'
     WHERE a.region_id = p_region AND a.person_id = p_person AND a.reason <> '-';
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('meguri.erasing', 'off', true);
    RETURN erased;
END $$;
REVOKE EXECUTE ON FUNCTION access.erase_reasons FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.erase_reasons TO meguri_app;

-- What campaigns knew about a person when they decided goes with the account: the commitments that
-- stay in the entries tell nothing without it.
CREATE FUNCTION ledger.erase_person_facts(p_region integer, p_person uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    erased bigint;
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    IF NOT EXISTS (SELECT FROM residents.person p WHERE p.region_id = p_region
                      AND p.person_id = p_person AND p.closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the account of % is not closed', p_person
            USING ERRCODE = 'MG008', CONSTRAINT = 'journal_only_grows';
    END IF;
    PERFORM set_config('meguri.erasing', 'on', true);
    DELETE FROM ledger.person_facts f
     USING ledger.holder w, ledger.entry e
     WHERE w.region_id = p_region AND w.subject_id = p_person
       AND e.region_id = p_region AND e.holder_id = w.holder_id
       AND f.region_id = p_region AND f.entry_id = e.entry_id;
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('meguri.erasing', 'off', true);
    RETURN erased;
END $$;
REVOKE EXECUTE ON FUNCTION ledger.erase_person_facts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.erase_person_facts TO meguri_app;

GRANT USAGE ON SCHEMA residents TO meguri_app;
GRANT SELECT, INSERT, UPDATE ON residents.person, residents.number_change TO meguri_app;
GRANT SELECT, INSERT ON residents.verification, residents.consent TO meguri_app;
-- For the erasure of what it says of a person whose account is closed.
GRANT UPDATE (evidence, area, age_band) ON residents.verification TO meguri_app;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['person', 'number_change', 'verification', 'consent']
    LOOP
        EXECUTE format('ALTER TABLE residents.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON residents.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END $$;
