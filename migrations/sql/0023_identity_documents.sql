-- Identity documents of an application are forgotten some time after its approval. That there was one,
-- by its hash, and who saw it, stays.

ALTER TABLE merchants.application_document
    ADD COLUMN seen_by      text[] NOT NULL DEFAULT '{}',
    ADD COLUMN forgotten_at timestamptz,
    -- NULL: it was forgotten.
    ALTER COLUMN content DROP NOT NULL,
    ADD CONSTRAINT application_document_is_forgotten_if_of_identity
        CHECK ((forgotten_at IS NULL) = (content IS NOT NULL)
               AND (forgotten_at IS NULL OR kind = 'identity')),
    ADD CONSTRAINT application_document_is_seen_by_few CHECK (cardinality(seen_by) <= 50);

UPDATE merchants.application_document d
   SET seen_by = (SELECT (array_agg(DISTINCT a.actor))[:50] FROM access.act a
                   WHERE a.region_id = d.region_id AND a.act = 'application.document_read'
                     AND a.facts ->> 'document_id' = d.document_id::text)
 WHERE EXISTS (SELECT FROM access.act a
                WHERE a.region_id = d.region_id AND a.act = 'application.document_read'
                  AND a.facts ->> 'document_id' = d.document_id::text);

CREATE INDEX application_document_to_forget ON merchants.application_document
    (region_id, application_id) WHERE kind = 'identity' AND forgotten_at IS NULL;

GRANT UPDATE (content, seen_by, forgotten_at) ON merchants.application_document TO meguri_app;
