-- What a store tells the public of itself, and how the directory finds it by a part of its name.

CREATE TABLE merchants.store_details (
    region_id    integer     NOT NULL,
    store_id     uuid        NOT NULL,
    -- NULL in any of these: the store does not tell.
    postal_code  text,
    address      text,
    area         text,
    latitude_e6  integer,
    longitude_e6 integer,
    website      text,
    telephone    text,
    about_ja     text,
    about_en     text,
    hours        jsonb,
    tags         text[]      NOT NULL DEFAULT '{}',
    changed_by   text        NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT store_details_pk PRIMARY KEY (region_id, store_id),
    CONSTRAINT store_details_store_fk FOREIGN KEY (region_id, store_id) REFERENCES merchants.store,
    CONSTRAINT store_details_postal_code_is_digits CHECK (postal_code ~ '^[0-9]{7}$'),
    CONSTRAINT store_details_position_is_whole
        CHECK ((latitude_e6 IS NULL) = (longitude_e6 IS NULL)),
    CONSTRAINT store_details_position_is_on_earth
        CHECK (latitude_e6 BETWEEN -90000000 AND 90000000
               AND longitude_e6 BETWEEN -180000000 AND 180000000),
    CONSTRAINT store_details_tags_are_few CHECK (cardinality(tags) <= 10),
    CONSTRAINT store_details_texts_are_bounded
        CHECK (length(address) BETWEEN 1 AND 200 AND length(area) BETWEEN 1 AND 40
               AND length(about_ja) BETWEEN 1 AND 200 AND length(about_en) BETWEEN 1 AND 200
               AND length(website) BETWEEN 1 AND 200 AND length(telephone) BETWEEN 1 AND 20),
    CONSTRAINT store_details_hours_are_bounded CHECK (length(hours::text) <= 20000)
);
CREATE INDEX store_details_by_position
    ON merchants.store_details (region_id, latitude_e6, longitude_e6);

GRANT SELECT, INSERT ON merchants.store_details TO meguri_app;
GRANT UPDATE (postal_code, address, area, latitude_e6, longitude_e6, website, telephone, about_ja,
              about_en, hours, tags, changed_by, changed_at) ON merchants.store_details TO meguri_app;

ALTER TABLE merchants.store_details ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON merchants.store_details TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));

-- A name as searches compare it: without width and case, katakana as hiragana.
CREATE FUNCTION merchants.folded(p_name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(lower(normalize(p_name, NFKC)),
        'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ',
        'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ');

-- Its single characters and its pairs: Japanese is searched by two characters, which no trigram has.
CREATE FUNCTION merchants.name_parts(p_name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_agg(DISTINCT substr(whole.folded, begins, size))
      FROM (SELECT merchants.folded(p_name) AS folded) AS whole,
           generate_series(1, length(whole.folded)) AS begins, generate_series(1, 2) AS size
     WHERE begins + size - 1 <= length(whole.folded);
END;

CREATE INDEX store_by_name_parts ON merchants.store USING gin (merchants.name_parts(name));

-- The stores of the session's region whose name has this in it. Row-level security would let no such
-- index be used (its operator may leak), so the function looks as the owner, in that region alone.
CREATE FUNCTION merchants.stores_called(p_folded text, p_parts text[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT store_id FROM merchants.store
     WHERE merchants.name_parts(name) @> p_parts AND region_id = ledger.session_region()
       AND strpos(merchants.folded(name), p_folded) > 0
$$;

REVOKE ALL ON FUNCTION merchants.stores_called(text, text[]), merchants.folded(text),
    merchants.name_parts(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION merchants.stores_called(text, text[]), merchants.folded(text),
    merchants.name_parts(text) TO meguri_app;
