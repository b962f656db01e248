-- Applications to become a merchant (加盟申請), their documents, and what is known of the business of
-- a merchant. What is personal of an application that came to nothing is forgotten.

CREATE TABLE merchants.application (
    region_id      integer     NOT NULL,
    application_id uuid        NOT NULL,
    -- SHA-256 of the reference that its applicant has. NULL: staff entered it, nobody else may see it.
    reference_hash bytea,
    state          text        NOT NULL DEFAULT 'submitted',
    version        integer     NOT NULL DEFAULT 1,
    -- The form; NULL once it is forgotten.
    form           jsonb,
    -- What lists search: the name as it compares. Empty once it is forgotten.
    search         text        NOT NULL,
    merchant_class text        NOT NULL,
    category       text        NOT NULL,
    area           text        NOT NULL,
    made_by        text        NOT NULL,
    -- The logins of staff that entered or amended it: none of them approves it.
    written_by     uuid[]      NOT NULL DEFAULT '{}',
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- What the applicant is told of the last review. NULL: there was none.
    told           text,
    -- NULL until it is approved.
    merchant_id    uuid,
    forgotten_at   timestamptz,
    CONSTRAINT application_pk PRIMARY KEY (region_id, application_id),
    CONSTRAINT application_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    CONSTRAINT application_state_is_known
        CHECK (state IN ('submitted', 'more_asked', 'recommended', 'refused', 'withdrawn', 'approved')),
    CONSTRAINT application_has_a_merchant_once_approved
        CHECK ((state = 'approved') = (merchant_id IS NOT NULL)),
    CONSTRAINT application_is_forgotten_whole
        CHECK ((forgotten_at IS NULL) = (form IS NOT NULL)
               AND (forgotten_at IS NULL OR search = '' AND told IS NULL
                                            AND state IN ('refused', 'withdrawn'))),
    CONSTRAINT application_class_is_known
        CHECK (merchant_class IN ('street_member', 'small', 'convenience', 'large')),
    CONSTRAINT application_is_bounded
        CHECK (octet_length(reference_hash) = 32 AND length(search) <= 200
               AND length(category) BETWEEN 1 AND 40 AND length(area) BETWEEN 1 AND 40
               AND length(told) BETWEEN 1 AND 400 AND cardinality(written_by) <= 100
               AND pg_column_size(form) <= 20000 AND version BETWEEN 1 AND 1000)
);
CREATE INDEX application_by_state ON merchants.application (region_id, state, application_id);
CREATE INDEX application_to_forget ON merchants.application (region_id, changed_at)
    WHERE forgotten_at IS NULL AND state IN ('more_asked', 'refused', 'withdrawn');

CREATE TABLE merchants.application_document (
    region_id      integer     NOT NULL,
    document_id    uuid        NOT NULL,
    application_id uuid        NOT NULL,
    kind           text        NOT NULL,
    media_type     text        NOT NULL,
    sha256         bytea       NOT NULL,
    content        bytea       NOT NULL,
    made_by        text        NOT NULL,
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT application_document_pk PRIMARY KEY (region_id, document_id),
    CONSTRAINT application_document_application_fk
        FOREIGN KEY (region_id, application_id) REFERENCES merchants.application,
    CONSTRAINT application_document_kind_is_known
        CHECK (kind IN ('identity', 'licence', 'bank_book', 'shop', 'other')),
    CONSTRAINT application_document_type_is_known
        CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png')),
    CONSTRAINT application_document_is_bounded CHECK (octet_length(content) BETWEEN 1 AND 2097152),
    CONSTRAINT application_document_is_what_its_hash_says CHECK (sha256 = sha256(content))
);
CREATE INDEX application_document_by_application ON merchants.application_document
    (region_id, application_id, document_id);
-- Pictures and PDFs are compressed already.
ALTER TABLE merchants.application_document ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE merchants.business (
    region_id           integer     NOT NULL,
    merchant_id         uuid        NOT NULL,
    legal_name          text        NOT NULL,
    representative      text        NOT NULL,
    postal_code         text        NOT NULL,
    address             text        NOT NULL,
    email               text        NOT NULL,
    telephone               text        NOT NULL,
    -- NULL: a business of one person has none.
    corporate_number    text,
    -- NULL: it issues no qualified invoices.
    registration_number text,
    changed_by          text        NOT NULL,
    changed_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT business_pk PRIMARY KEY (region_id, merchant_id),
    CONSTRAINT business_merchant_fk
        FOREIGN KEY (region_id, merchant_id) REFERENCES merchants.merchant,
    CONSTRAINT business_numbers_are_shaped
        CHECK (corporate_number ~ '^[1-9][0-9]{12}$' AND registration_number ~ '^T[1-9][0-9]{12}$'
               AND postal_code ~ '^[0-9]{7}$'),
    CONSTRAINT business_texts_are_bounded
        CHECK (length(legal_name) BETWEEN 1 AND 80 AND length(representative) BETWEEN 1 AND 80
               AND length(address) BETWEEN 1 AND 200 AND length(email) BETWEEN 3 AND 254
               AND length(telephone) BETWEEN 6 AND 20)
);

GRANT SELECT, INSERT ON merchants.application, merchants.application_document, merchants.business
    TO meguri_app;
GRANT UPDATE (state, version, form, search, merchant_class, category, area, written_by, changed_at,
              told, merchant_id, forgotten_at)
    ON merchants.application TO meguri_app;
GRANT DELETE ON merchants.application_document TO meguri_app;
GRANT UPDATE (legal_name, representative, postal_code, address, email, telephone, corporate_number,
              registration_number, changed_by, changed_at)
    ON merchants.business TO meguri_app;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['application', 'application_document', 'business']
    LOOP
        EXECUTE format('ALTER TABLE merchants.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON merchants.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END $$;
