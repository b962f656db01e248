-- Partners (連携先): a community radio, a town's portal, a disaster portal. They are told, signed, what
-- everybody may read, and that it holds no more. They are addresses without a person.

ALTER TABLE notifications.address
    -- Of a partner: what it is told of.
    ADD COLUMN kinds text[],
    -- The secret of before. NULL: there is none that still signs.
    ADD COLUMN old_secret bytea,
    ADD COLUMN old_secret_until timestamptz,
    ADD COLUMN secret_made_at timestamptz,
    ADD COLUMN made_by text;

-- Nothing registered a partner before: what stands there was put by hand.
UPDATE notifications.address
   SET kinds = '{emergency}', secret_made_at = made_at, made_by = 'owner' WHERE channel = 'webhook';

ALTER TABLE notifications.address
    DROP CONSTRAINT address_state_is_known,
    ADD CONSTRAINT address_state_is_known
        CHECK (state IN ('unconfirmed', 'active', 'paused', 'dropped')
               AND (state <> 'paused' OR channel = 'webhook')),
    -- Never what happened to somebody's own money or data.
    ADD CONSTRAINT address_of_a_partner_is_whole
        CHECK ((channel = 'webhook') = (kinds IS NOT NULL)
               AND (channel = 'webhook') = (secret_made_at IS NOT NULL)
               AND (channel = 'webhook') = (made_by IS NOT NULL)
               AND kinds <@ ARRAY['public_service', 'campaign', 'emergency']
               AND cardinality(kinds) BETWEEN 1 AND 3),
    ADD CONSTRAINT address_old_secret_ends
        CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)
               AND (old_secret IS NULL OR (channel = 'webhook' AND state <> 'dropped')));

ALTER TABLE notifications.outbox
    -- 'message': what is told. To partners also 'end', that it holds no more, and 'test'.
    ADD COLUMN tells text NOT NULL DEFAULT 'message',
    ADD CONSTRAINT outbox_tells_is_known
        CHECK (tells IN ('message', 'end', 'test')
               AND (channel = 'webhook' OR tells = 'message')
               AND (channel <> 'webhook' OR (message_id IS NULL) = (tells = 'test')));
CREATE INDEX outbox_to_partners ON notifications.outbox (region_id, address_id, delivery_id)
    WHERE channel = 'webhook';

-- As before, of what is told and of its end: a test is tried again by another test.
CREATE OR REPLACE VIEW notifications.dead_letter WITH (security_barrier = true) AS
    SELECT o.region_id, o.delivery_id, o.channel, o.kind, o.message_id, o.why, o.tries,
           date_trunc('hour', o.ended_at) AS ended_at,
           CASE WHEN o.expires_at <= (SELECT ledger.now()) THEN 'expired'
                WHEN m.state <> 'active' AND o.tells = 'message' THEN m.state
                WHEN a.state = 'dropped' THEN 'no-address' END AS over,
           o.tells
      FROM notifications.outbox o
      LEFT JOIN notifications.message m
        ON m.region_id = o.region_id AND m.message_id = o.message_id
      LEFT JOIN notifications.address a
        ON a.region_id = o.region_id AND a.address_id = o.address_id
     WHERE o.region_id = (SELECT ledger.session_region()) AND o.state = 'dead'
       AND o.tells <> 'test';

-- A partner and how it goes, without anything that signs.
CREATE VIEW notifications.partner_told WITH (security_barrier = true) AS
    SELECT a.region_id, a.address_id AS partner_id, a.name, a.address, a.kinds, a.state, a.why,
           a.secret_made_at, a.old_secret_until, a.made_by, a.made_at, a.dropped_at,
           s.told_at, s.waiting, s.dead
      FROM notifications.address a
     CROSS JOIN LATERAL (
           SELECT max(o.ended_at) FILTER (WHERE o.state = 'sent') AS told_at,
                  count(*) FILTER (WHERE o.state = 'waiting') AS waiting,
                  count(*) FILTER (WHERE o.state = 'dead') AS dead
             FROM notifications.outbox o
            WHERE o.region_id = a.region_id AND o.address_id = a.address_id
              AND o.channel = 'webhook') s
     WHERE a.region_id = (SELECT ledger.session_region()) AND a.channel = 'webhook';

-- What was told to partners: nobody is a person in it.
CREATE VIEW notifications.partner_delivery_told WITH (security_barrier = true) AS
    SELECT region_id, delivery_id, address_id AS partner_id, tells, kind, item_id, message_id, state,
           why, tries, CASE WHEN state = 'waiting' THEN not_before END AS not_before, made_at,
           ended_at
      FROM notifications.outbox
     WHERE region_id = (SELECT ledger.session_region()) AND channel = 'webhook';

GRANT SELECT ON notifications.partner_told, notifications.partner_delivery_told
    TO meguri_app, meguri_city;
GRANT UPDATE (old_secret, old_secret_until, secret_made_at) ON notifications.address TO meguri_app;
GRANT UPDATE (old_secret, old_secret_until) ON notifications.address TO meguri_sender;
