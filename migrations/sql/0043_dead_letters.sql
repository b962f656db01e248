-- Dead letters: what could not be sent to anybody, as those see it who may have it tried again.

-- Nothing in it is of a person: no id, no address, no item, and the hour alone, so that none of it can
-- be laid beside the instant of a payment. 'over' says why trying again would tell nobody.
CREATE VIEW notifications.dead_letter WITH (security_barrier = true) AS
    SELECT o.region_id, o.delivery_id, o.channel, o.kind, o.message_id, o.why, o.tries,
           date_trunc('hour', o.ended_at) AS ended_at,
           CASE WHEN o.expires_at <= (SELECT ledger.now()) THEN 'expired'
                WHEN m.state <> 'active' THEN m.state
                WHEN a.state <> 'active' THEN 'no-address' END AS over
      FROM notifications.outbox o
      LEFT JOIN notifications.message m
        ON m.region_id = o.region_id AND m.message_id = o.message_id
      LEFT JOIN notifications.address a
        ON a.region_id = o.region_id AND a.address_id = o.address_id
     WHERE o.region_id = (SELECT ledger.session_region()) AND o.state = 'dead';

-- In the order in which they were queued, which is how they are listed.
DROP INDEX notifications.outbox_dead;
CREATE INDEX outbox_dead ON notifications.outbox (region_id, delivery_id) WHERE state = 'dead';

GRANT SELECT ON notifications.dead_letter TO meguri_app;
-- Whoever tries again begins to count anew.
GRANT UPDATE (tries) ON notifications.outbox TO meguri_app;
