-- Alerts from upstream (CAP 1.2 in): whoever is registered by two people may let one out without
-- a second person here, and what came is kept byte for byte.

-- Who may: by a public key, so nobody here holds anything that could sign in its place.
CREATE TABLE notifications.alert_upstream (
    region_id   integer     NOT NULL,
    upstream_id uuid        NOT NULL,
    -- The <sender> that it speaks for, and no other.
    sender      text        NOT NULL,
    -- JSON, as notifications/upstream.py reads it. It never changes: another key is another upstream.
    document    text        NOT NULL,
    drafted_by  text        NOT NULL,
    drafted_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    approval    text        NOT NULL DEFAULT 'asked',
    approved_by text,
    approved_at timestamptz,
    revoked_by  text,
    revoked_at  timestamptz,
    CONSTRAINT alert_upstream_pk PRIMARY KEY (region_id, upstream_id),
    CONSTRAINT alert_upstream_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT alert_upstream_has_one_approval UNIQUE (region_id, upstream_id, approval),
    CONSTRAINT alert_upstream_approval_is_known CHECK (approval IN ('asked', 'approved')),
    CONSTRAINT alert_upstream_is_approved_by_another
        CHECK ((approval = 'approved') = (approved_at IS NOT NULL)
               AND (approved_by IS NULL) = (approved_at IS NULL) AND approved_by <> drafted_by),
    CONSTRAINT alert_upstream_revocation_is_told
        CHECK ((revoked_by IS NULL) = (revoked_at IS NULL)),
    CONSTRAINT alert_upstream_is_bounded
        CHECK (octet_length(document) BETWEEN 2 AND 131072 AND length(sender) BETWEEN 1 AND 200)
);
CREATE UNIQUE INDEX alert_upstream_speaks_for_its_sender
    ON notifications.alert_upstream (region_id, sender)
    WHERE approval = 'approved' AND revoked_at IS NULL;

-- An alert is approved by another person, or comes from an upstream that two people registered, and
-- then nobody here has typed or approved it.
ALTER TABLE notifications.alert
    ADD COLUMN upstream_id uuid,
    ADD COLUMN upstream_approval text,
    ADD CONSTRAINT alert_upstream_fk FOREIGN KEY (region_id, upstream_id, upstream_approval)
        REFERENCES notifications.alert_upstream (region_id, upstream_id, approval),
    ADD CONSTRAINT alert_upstream_was_approved
        CHECK ((upstream_id IS NULL) = (upstream_approval IS NULL)
               AND upstream_approval = 'approved'),
    DROP CONSTRAINT alert_is_approved_by_another,
    ADD CONSTRAINT alert_is_approved_by_another
        CHECK ((approved_by IS NULL) = (approved_at IS NULL)
               AND CASE WHEN upstream_id IS NULL
                        THEN drafted_by NOT LIKE 'upstream:%' AND approved_by NOT LIKE 'upstream:%'
                             AND approved_by <> drafted_by
                        ELSE drafted_by = 'upstream:' || upstream_id AND approved_by = drafted_by
                   END);

-- What was revoked lets out nothing more, whatever the program believes.
CREATE POLICY of_an_upstream_that_stands ON notifications.alert AS RESTRICTIVE
    FOR INSERT TO meguri_app
    WITH CHECK (upstream_id IS NULL OR EXISTS (
        SELECT FROM notifications.alert_upstream u
         WHERE u.region_id = alert.region_id AND u.upstream_id = alert.upstream_id
           AND u.approval = 'approved' AND u.revoked_at IS NULL));

-- What an upstream sent, as it came. What was refused is kept too: somebody has to read it.
CREATE TABLE notifications.cap_arrival (
    region_id   integer     NOT NULL,
    arrival_id  uuid        NOT NULL,
    upstream_id uuid        NOT NULL,
    at          timestamptz NOT NULL,
    xml         bytea       NOT NULL,
    -- SHA-256 of the XML.
    digest      bytea       NOT NULL,
    outcome     text        NOT NULL,
    -- The slug of the refusal.
    refusal     text,
    -- By which CAP names an alert. NULL: of what was refused.
    sender      text,
    identifier  text,
    sent_at     timestamptz,
    -- Which registered kind of event it is, for what updates or cancels it.
    event       text,
    -- NULL: of a test too, so there is nothing that a message could stand on.
    alert_id    uuid,
    CONSTRAINT cap_arrival_pk PRIMARY KEY (region_id, arrival_id),
    CONSTRAINT cap_arrival_upstream_fk FOREIGN KEY (region_id, upstream_id)
        REFERENCES notifications.alert_upstream,
    CONSTRAINT cap_arrival_alert_fk FOREIGN KEY (region_id, alert_id)
        REFERENCES notifications.alert,
    CONSTRAINT cap_arrival_outcome_is_known
        CHECK (outcome IN ('out', 'exercise', 'test', 'refused')),
    CONSTRAINT cap_arrival_outcome_is_told
        CHECK ((outcome = 'refused') = (refusal IS NOT NULL)
               AND (outcome <> 'refused') = (sender IS NOT NULL)
               AND (outcome <> 'refused') = (identifier IS NOT NULL)
               AND (outcome <> 'refused') = (sent_at IS NOT NULL)
               AND (outcome IN ('out', 'exercise')) = (alert_id IS NOT NULL)
               AND (alert_id IS NULL) = (event IS NULL)),
    CONSTRAINT cap_arrival_is_kept_whole CHECK (digest = sha256(xml)),
    CONSTRAINT cap_arrival_is_bounded
        CHECK (octet_length(xml) <= 131072 AND length(refusal) <= 64
               AND length(sender) <= 200 AND length(identifier) <= 200 AND length(event) <= 80)
);
CREATE UNIQUE INDEX cap_arrival_is_taken_once
    ON notifications.cap_arrival (region_id, sender, identifier) WHERE outcome <> 'refused';
CREATE UNIQUE INDEX cap_arrival_is_refused_once
    ON notifications.cap_arrival (region_id, upstream_id, digest, refusal)
    WHERE outcome = 'refused';
CREATE UNIQUE INDEX cap_arrival_of_alert ON notifications.cap_arrival (region_id, alert_id)
    WHERE alert_id IS NOT NULL;

ALTER TABLE notifications.alert_upstream ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON notifications.alert_upstream TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
ALTER TABLE notifications.cap_arrival ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON notifications.cap_arrival TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));
CREATE POLICY of_what_let_nothing_out ON notifications.cap_arrival AS RESTRICTIVE
    FOR DELETE TO meguri_app USING (alert_id IS NULL);

CREATE OR REPLACE VIEW notifications.alert_told WITH (security_barrier = true) AS
    SELECT a.region_id, a.alert_id, a.document, a.drafted_by, a.drafted_at, a.approved_by,
           a.approved_at, a.cap, a.reach, a.expires_at, l.alert_id AS later,
           l.message_type AS later_type, a.upstream_id
      FROM notifications.alert a
      LEFT JOIN notifications.alert l
        ON l.region_id = a.region_id AND l.earlier = a.alert_id AND l.approved_at IS NOT NULL
     WHERE a.region_id = (SELECT ledger.session_region());

GRANT INSERT (upstream_id, upstream_approval) ON notifications.alert TO meguri_app;
GRANT SELECT, INSERT (region_id, upstream_id, sender, document, drafted_by),
    UPDATE (approval, approved_by, approved_at, revoked_by, revoked_at)
    ON notifications.alert_upstream TO meguri_app;
GRANT SELECT, INSERT, DELETE ON notifications.cap_arrival TO meguri_app;
