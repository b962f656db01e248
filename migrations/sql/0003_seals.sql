-- Sealed history: blocks of the journal chained by hash, the salts of their leaves, publications.
--
-- Blocks are appended through seals.append() alone, by the sealer's role alone, and only after the
-- newest one. What a block says about the journal is computed by Python (seals/seal.py); that it
-- follows on is held here.

CREATE SCHEMA seals;

CREATE TABLE seals.block (
    region_id integer     NOT NULL,
    number    bigint      NOT NULL,
    first_seq bigint      NOT NULL,
    last_seq  bigint      NOT NULL,
    root      bytea       NOT NULL,
    previous  bytea       NOT NULL,
    skip      bytea       NOT NULL,
    sealed_at timestamptz NOT NULL,
    hash      bytea       NOT NULL,
    key_id    text        NOT NULL,
    signature bytea       NOT NULL,
    -- The leaves in order, 32 bytes each; and for each leaf how many parts it has (2 bytes) with the
    -- first 4 bytes of each part's digest. Where a leaf is not as it was, they tell which part.
    leaves    bytea       NOT NULL,
    hints     bytea       NOT NULL,
    CONSTRAINT block_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT block_number_is_positive CHECK (number > 0 AND first_seq > 0),
    CONSTRAINT block_is_bounded CHECK (last_seq - first_seq BETWEEN 0 AND 4095),
    CONSTRAINT block_hashes_are_whole
        CHECK (octet_length(root) = 32 AND octet_length(previous) = 32 AND octet_length(skip) = 32
               AND octet_length(hash) = 32 AND octet_length(signature) = 64),
    CONSTRAINT block_has_a_leaf_for_each_entry
        CHECK (octet_length(leaves) = 32 * (last_seq - first_seq + 1)),
    CONSTRAINT block_by_last_seq UNIQUE (region_id, last_seq),
    CONSTRAINT block_pk PRIMARY KEY (region_id, number)
);
-- Digests do not get smaller by compression.
ALTER TABLE seals.block ALTER leaves SET STORAGE EXTERNAL, ALTER hints SET STORAGE EXTERNAL;

-- 16 bytes for each leaf of a block. Zeros, once a text of that entry was erased: then what can
-- still be shown stands in seals.erasure.
CREATE TABLE seals.salt (
    region_id integer NOT NULL,
    number    bigint  NOT NULL,
    salts     bytea   NOT NULL,
    CONSTRAINT salt_pk PRIMARY KEY (region_id, number),
    CONSTRAINT salt_block_fk FOREIGN KEY (region_id, number) REFERENCES seals.block
);
ALTER TABLE seals.salt ALTER salts SET STORAGE EXTERNAL;

-- An entry of which texts were erased: for each of its parts, in order, either the salt or, where
-- the part was erased, the digest that it left in the leaf.
CREATE TABLE seals.erasure (
    region_id integer     NOT NULL,
    seq       bigint      NOT NULL,
    erased_at timestamptz NOT NULL,
    salts     bytea[]     NOT NULL,
    digests   bytea[]     NOT NULL,
    CONSTRAINT erasure_pk PRIMARY KEY (region_id, seq),
    CONSTRAINT erasure_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region
);

-- Whose turn it is to seal: who has the lock of a region's row works alone. An advisory lock could
-- be taken by any login, and sealing would stand still.
CREATE TABLE seals.turn (
    region_id integer NOT NULL,
    CONSTRAINT turn_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT turn_pk PRIMARY KEY (region_id)
);

-- Which head was published on which day.
CREATE TABLE seals.publication (
    region_id    integer     NOT NULL,
    day          date        NOT NULL,
    number       bigint      NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT publication_pk PRIMARY KEY (region_id, day),
    CONSTRAINT publication_block_fk FOREIGN KEY (region_id, number) REFERENCES seals.block
);

-- The public halves of the keys that signed.
CREATE TABLE seals.key (
    key_id     text        NOT NULL,
    public     bytea       NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT key_pk PRIMARY KEY (key_id),
    CONSTRAINT key_is_named_by_its_hash
        CHECK (octet_length(public) = 32 AND key_id = left(encode(sha256(public), 'hex'), 16))
);
ALTER TABLE seals.block ADD CONSTRAINT block_key_fk FOREIGN KEY (key_id) REFERENCES seals.key;

-- The header of a block as it is hashed: seals/check_proof.py writes the same text.
CREATE FUNCTION seals.header_of(
    p_code text, p_number bigint, p_first bigint, p_last bigint, p_root bytea, p_previous bytea,
    p_skip bytea, p_sealed_at timestamptz
) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('{"first_seq":%s,"last_seq":%s,"number":%s,"previous":"%s","region":"%s",'
                  '"root":"%s","sealed_at":"%s","skip":"%s"}',
                  p_first, p_last, p_number, encode(p_previous, 'hex'), p_code,
                  encode(p_root, 'hex'),
                  to_char(p_sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
                  encode(p_skip, 'hex'))
$$;

-- The earlier block that block p_number names besides the one before it, or 0:
-- seals/check_proof.py computes the same, and says why.
CREATE FUNCTION seals.skipped_to(p_number bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rest bigint := p_number;
    part bigint := 0;
BEGIN
    WHILE rest > 0 LOOP
        part := 1;
        WHILE 2 * part + 1 <= rest LOOP
            part := 2 * part + 1;
        END LOOP;
        rest := rest - part;
    END LOOP;
    RETURN p_number - part;
END $$;

-- Appends a block after the newest one of its region, or refuses it:
--   MG001 the session is of another region, or there is no such region
--   40001 another block was sealed meanwhile: begin anew
--   MG010 it does not follow on, is not what its hash says, or seals what is not in the journal
CREATE FUNCTION seals.append(
    p_region integer, p_number bigint, p_first bigint, p_last bigint, p_root bytea,
    p_sealed_at timestamptz, p_hash bytea, p_key text, p_signature bytea,
    p_leaves bytea, p_hints bytea, p_salts bytea
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    code text;
    before seals.block%ROWTYPE;
    skipped bytea;
    nothing CONSTANT bytea := decode(repeat('00', 32), 'hex');
BEGIN
    IF ledger.session_region() IS DISTINCT FROM p_region THEN
        RAISE EXCEPTION 'this session is not set to region %', p_region
            USING ERRCODE = 'MG001', CONSTRAINT = 'session_is_of_the_region';
    END IF;
    SELECT r.code INTO code FROM ledger.region r WHERE r.region_id = p_region;
    SELECT b.* INTO before FROM seals.block b
     WHERE b.region_id = p_region ORDER BY b.number DESC LIMIT 1;
    IF p_number IS DISTINCT FROM coalesce(before.number, 0) + 1
       OR p_first IS DISTINCT FROM coalesce(before.last_seq, 0) + 1 THEN
        RAISE EXCEPTION 'block % of region % does not come next', p_number, p_region
            USING ERRCODE = '40001', CONSTRAINT = 'block_comes_next';
    END IF;
    SELECT b.hash INTO skipped FROM seals.block b
     WHERE b.region_id = p_region AND b.number = seals.skipped_to(p_number);
    IF (p_hash = sha256('\x03'::bytea || convert_to(seals.header_of(
            code, p_number, p_first, p_last, p_root, coalesce(before.hash, nothing),
            coalesce(skipped, nothing), p_sealed_at), 'UTF8'))
        AND octet_length(p_salts) = 16 * (p_last - p_first + 1)
        AND p_sealed_at >= coalesce(before.sealed_at, '-infinity')
        AND p_sealed_at <= greatest(before.sealed_at, ledger.now() + interval '1 hour')
        AND EXISTS (SELECT FROM ledger.head h WHERE h.region_id = p_region AND h.seq >= p_last))
       IS NOT TRUE THEN
        RAISE EXCEPTION 'block % of region % does not follow on', p_number, p_region
            USING ERRCODE = 'MG010', CONSTRAINT = 'block_follows_on';
    END IF;
    INSERT INTO seals.block (region_id, number, first_seq, last_seq, root, previous, skip,
                             sealed_at, hash, key_id, signature, leaves, hints)
    VALUES (p_region, p_number, p_first, p_last, p_root, coalesce(before.hash, nothing),
            coalesce(skipped, nothing), p_sealed_at, p_hash, p_key, p_signature, p_leaves, p_hints);
    INSERT INTO seals.salt (region_id, number, salts) VALUES (p_region, p_number, p_salts);
END $$;

-- Nothing that is sealed is changed or deleted, by nobody, but for one thing: the owner erases a
-- text of the journal together with its salt (seals/erase.py), and says so to its own transaction.
CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('meguri.erasing', true) = 'on'
       AND (TG_TABLE_NAME LIKE 'entry\_%' OR TG_TABLE_NAME = 'entry'
            OR TG_TABLE_SCHEMA = 'seals' AND TG_TABLE_NAME IN ('salt', 'erasure')
            OR TG_TABLE_SCHEMA = 'access' AND TG_TABLE_NAME = 'act') THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' AND current_setting('meguri.erasing', true) = 'on'
       AND TG_TABLE_SCHEMA = 'ledger' AND TG_TABLE_NAME = 'person_facts' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '%.% only grows: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'MG008', CONSTRAINT = 'journal_only_grows';
END $$;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['block', 'salt', 'erasure', 'publication', 'key']
    LOOP
        EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON seals.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['block', 'salt', 'erasure', 'publication', 'turn']
    LOOP
        EXECUTE format('ALTER TABLE seals.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON seals.%I TO meguri_app, meguri_sealer '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
    -- The sealer reads what leaves are made of, one region at a time like everybody.
    FOREACH guarded IN ARRAY ARRAY['head', 'entry', 'posting', 'account', 'holder']
    LOOP
        EXECUTE format('ALTER POLICY of_its_region ON ledger.%I TO meguri_app, meguri_sealer',
                       guarded);
    END LOOP;
END $$;

-- The application only reads. Whoever holds its login could otherwise append a false block, after
-- which no true one fits, or let a key be known that is not ours.
GRANT USAGE ON SCHEMA seals TO meguri_app, meguri_sealer;
GRANT SELECT ON seals.block, seals.salt, seals.erasure, seals.publication, seals.key TO meguri_app;

-- The sealer appends, and moves nothing. Of accounts and holders it reads what never changes
-- (seals/read.py): no balance, no state. Nobody but the owner erases.
GRANT SELECT ON seals.block, seals.publication, seals.key TO meguri_sealer;
GRANT INSERT ON seals.publication TO meguri_sealer;
GRANT INSERT (key_id, public) ON seals.key TO meguri_sealer;
GRANT SELECT, INSERT ON seals.turn TO meguri_sealer;
GRANT UPDATE (region_id) ON seals.turn TO meguri_sealer; -- or it could not lock a row
GRANT USAGE ON SCHEMA ledger TO meguri_sealer;
GRANT SELECT ON ledger.region, ledger.entry, ledger.posting TO meguri_sealer;
GRANT SELECT (region_id, seq) ON ledger.head TO meguri_sealer;
GRANT SELECT (region_id, account_no, holder_id, kind, class, value, source_id, expires_on, floor,
              ceiling) ON ledger.account TO meguri_sealer;
GRANT SELECT (region_id, holder_id, kind, parent_id, subject_id) ON ledger.holder TO meguri_sealer;
GRANT EXECUTE ON FUNCTION ledger.session_region(), ledger.now() TO meguri_sealer;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA seals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seals.append TO meguri_sealer;
