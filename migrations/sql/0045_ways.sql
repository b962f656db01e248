-- Ways to people: by which of them a worker carries notices, and how many could be told by each. So that
-- somebody hears of it where addresses wait by a way that the deployment has not set up.

CREATE TABLE notifications.way (
    region_id  integer     NOT NULL,
    channel    text        NOT NULL,
    -- When a worker that carries by it was last at work. NULL: none ever was.
    carried_at timestamptz,
    -- How many addresses there are, in hundreds, rounded down; counted once a day.
    addresses  bigint      NOT NULL,
    counted_at timestamptz NOT NULL,
    CONSTRAINT way_pk PRIMARY KEY (region_id, channel),
    CONSTRAINT way_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT way_channel_is_known
        CHECK (channel IN ('web_push', 'fcm', 'email', 'sms', 'webhook')),
    CONSTRAINT way_tells_no_small_count CHECK (addresses >= 0 AND addresses % 100 = 0)
);

ALTER TABLE notifications.way ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_region ON notifications.way TO meguri_app, meguri_sender
    USING (region_id = (SELECT ledger.session_region()))
    WITH CHECK (region_id = (SELECT ledger.session_region()));

CREATE VIEW notifications.way_told WITH (security_barrier = true) AS
    SELECT region_id, channel, carried_at, addresses, counted_at
      FROM notifications.way WHERE region_id = (SELECT ledger.session_region());

GRANT SELECT ON notifications.way, notifications.way_told TO meguri_app;
GRANT SELECT ON notifications.way_told TO meguri_city;
GRANT SELECT, INSERT ON notifications.way TO meguri_sender;
GRANT UPDATE (carried_at, addresses, counted_at) ON notifications.way TO meguri_sender;
