-- Alerts (緊急情報): typed once by one person, let out by another, told to everybody at once.
--
-- An exercise cannot reach residents: a message of an emergency stands on an alert whose reach is
-- 'residents', and only an alert that is Actual and was approved by another person has that reach.

CREATE TABLE notifications.alert (
    region_id    integer     NOT NULL,
    alert_id     uuid        NOT NULL,
    -- As CAP 1.2 says them.
    status       text        NOT NULL,
    message_type text        NOT NULL,
    -- The alert that this one updates or cancels.
    earlier      uuid,
    -- JSON, as notifications/alert.py reads it.
    document     text        NOT NULL,
    drafted_by   text        NOT NULL,
    drafted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    approved_by  text,
    approved_at  timestamptz,
    -- The CAP XML that went out, which never changes after that.
    cap          text,
    reach        text        NOT NULL DEFAULT 'nobody',
    expires_at   timestamptz NOT NULL,
    -- How far the outbox was filled: the last person, and when all were in it.
    spread_after uuid,
    spread_at    timestamptz,
    CONSTRAINT alert_pk PRIMARY KEY (region_id, alert_id),
    CONSTRAINT alert_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT alert_has_one_status UNIQUE (region_id, alert_id, status),
    CONSTRAINT alert_has_one_reach UNIQUE (region_id, alert_id, reach),
    -- What updates or cancels an exercise is an exercise.
    CONSTRAINT alert_earlier_fk FOREIGN KEY (region_id, earlier, status)
        REFERENCES notifications.alert (region_id, alert_id, status),
    CONSTRAINT alert_status_is_known CHECK (status IN ('Actual', 'Exercise')),
    CONSTRAINT alert_type_is_known
        CHECK (message_type IN ('Alert', 'Update', 'Cancel')
               AND (message_type = 'Alert') = (earlier IS NULL)),
    CONSTRAINT alert_is_bounded
        CHECK (octet_length(document) BETWEEN 2 AND 65536 AND octet_length(cap) <= 131072),
    CONSTRAINT alert_is_approved_by_another
        CHECK ((approved_by IS NULL) = (approved_at IS NULL) AND approved_by <> drafted_by),
    CONSTRAINT alert_goes_out_as_cap CHECK ((cap IS NULL) = (approved_at IS NULL)),
    CONSTRAINT alert_of_an_exercise_reaches_nobody
        CHECK (reach = CASE WHEN status = 'Actual' AND approved_at IS NOT NULL
                            THEN 'residents' ELSE 'nobody' END),
    CONSTRAINT alert_is_spread_where_it_reaches
        CHECK (reach = 'residents' OR (spread_after IS NULL AND spread_at IS NULL))
);
CREATE UNIQUE INDEX alert_is_followed_once ON notifications.alert (region_id, earlier)
    WHERE approved_at IS NOT NULL;
CREATE INDEX alert_to_spread ON notifications.alert (region_id)
    WHERE reach = 'residents' AND spread_at IS NULL;

ALTER TABLE notifications.message
    ADD COLUMN reach text,
    ADD CONSTRAINT message_of_an_emergency_reaches_residents
        CHECK ((kind = 'emergency') = (reach IS NOT NULL) AND reach = 'residents'),
    ADD CONSTRAINT message_alert_fk FOREIGN KEY (region_id, message_id, reach)
        REFERENCES notifications.alert (region_id, alert_id, reach);

ALTER TABLE notifications.alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON notifications.alert TO meguri_app
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));

-- An alert, and by which one it was followed.
CREATE VIEW notifications.alert_told WITH (security_barrier = true) AS
    SELECT a.region_id, a.alert_id, a.document, a.drafted_by, a.drafted_at, a.approved_by,
           a.approved_at, a.cap, a.reach, a.expires_at, l.alert_id AS later,
           l.message_type AS later_type
      FROM notifications.alert a
      LEFT JOIN notifications.alert l
        ON l.region_id = a.region_id AND l.earlier = a.alert_id AND l.approved_at IS NOT NULL
     WHERE a.region_id = (SELECT ledger.session_region());

-- Whom an emergency is for: everybody with an open account, whatever they agreed to.
CREATE VIEW notifications.match_everybody WITH (security_barrier = true) AS
    SELECT region_id, person_id FROM residents.person
     WHERE region_id = (SELECT ledger.session_region()) AND closed_at IS NULL;

GRANT SELECT ON notifications.alert_told TO meguri_app, meguri_city;
GRANT SELECT ON notifications.match_everybody TO meguri_matcher;
GRANT SELECT,
    INSERT (region_id, alert_id, status, message_type, earlier, document, drafted_by, expires_at),
    UPDATE (approved_by, approved_at, cap, reach, spread_after, spread_at)
    ON notifications.alert TO meguri_app;
