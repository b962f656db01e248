-- Notices (お知らせ): what is told, the inbox of each person, by which ways people want to hear of it,
-- and the outbox that carries it there.
--
-- Whom a notice concerns is matched as meguri_matcher, and what goes out is sent as meguri_sender:
-- neither of them reads an entry, a posting, an account or a wallet (docs/decisions/0047).

CREATE SCHEMA notifications;

-- What is told to many: its words in each language, once. It is withdrawn, and never changed.
CREATE TABLE notifications.message (
    region_id  integer     NOT NULL,
    message_id uuid        NOT NULL,
    kind       text        NOT NULL,
    -- 'segment': those for whom there is a row in the outbox. 'everybody': every open account, at
    -- once, also one that is opened while it holds.
    audience   text        NOT NULL,
    -- {"ja": {"title": …, "body": …}, "ja_plain": …, "en": …}
    texts      jsonb       NOT NULL,
    -- Why somebody got it, for whoever asks: purpose, and the segment as it was chosen.
    why        jsonb       NOT NULL,
    -- What a person must have agreed to, read again as it is sent. Empty: nothing.
    consents   text[]      NOT NULL DEFAULT '{}',
    -- The message that this one takes the place of, in each inbox.
    replaces   uuid,
    state      text        NOT NULL DEFAULT 'active',
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    CONSTRAINT message_pk PRIMARY KEY (region_id, message_id),
    CONSTRAINT message_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT message_replaces_fk FOREIGN KEY (region_id, replaces)
        REFERENCES notifications.message,
    CONSTRAINT message_is_replaced_once UNIQUE (region_id, replaces),
    CONSTRAINT message_kind_is_known CHECK (kind IN ('public_service', 'campaign', 'emergency')),
    CONSTRAINT message_audience_is_known CHECK (audience IN ('segment', 'everybody')),
    -- An emergency asks for no consent; everything else does, and goes to whom it concerns.
    CONSTRAINT message_needs_consent
        CHECK ((kind = 'emergency') = (cardinality(consents) = 0)
               AND (kind = 'emergency' OR audience = 'segment')),
    CONSTRAINT message_is_in_three_languages
        CHECK (texts ?& ARRAY['ja', 'ja_plain', 'en'] AND octet_length(texts::text) <= 65536),
    CONSTRAINT message_state_is_known
        CHECK (state IN ('active', 'replaced', 'cancelled', 'stopped')),
    CONSTRAINT message_end_is_told CHECK ((state = 'active') = (ended_at IS NULL)),
    CONSTRAINT message_lasts CHECK (expires_at > made_at)
);
CREATE INDEX message_to_everybody ON notifications.message (region_id, made_at)
    WHERE audience = 'everybody';

-- What one person was told. The inbox is what counts: every other way only says that there is
-- something in it.
CREATE TABLE notifications.inbox (
    region_id  integer     NOT NULL,
    person_id  uuid        NOT NULL,
    -- The message's id, or one that follows from the entry that it tells of.
    item_id    uuid        NOT NULL,
    kind       text        NOT NULL,
    message_id uuid,
    -- Of what happened to the person's own money: what the words are made of.
    about      jsonb,
    at         timestamptz NOT NULL,
    read_at    timestamptz,
    expires_at timestamptz NOT NULL,
    CONSTRAINT inbox_pk PRIMARY KEY (region_id, person_id, item_id),
    CONSTRAINT inbox_person_fk FOREIGN KEY (region_id, person_id) REFERENCES residents.person,
    CONSTRAINT inbox_message_fk FOREIGN KEY (region_id, message_id)
        REFERENCES notifications.message,
    CONSTRAINT inbox_kind_is_known
        CHECK (kind IN ('payment', 'refund', 'top_up', 'points', 'expiring', 'looked_at',
                        'public_service', 'campaign', 'emergency')),
    CONSTRAINT inbox_tells_one_thing
        CHECK ((message_id IS NULL) = (about IS NOT NULL)
               AND (message_id IS NOT NULL) = (kind IN ('public_service', 'campaign', 'emergency'))
               AND (message_id IS NULL OR message_id = item_id)),
    CONSTRAINT inbox_about_is_bounded CHECK (octet_length(about::text) <= 4096)
);
CREATE INDEX inbox_by_age ON notifications.inbox (region_id, expires_at);
CREATE INDEX inbox_by_time ON notifications.inbox (region_id, person_id, at);

-- How a person wants to be told, and what the person says of home and interests. No row: in Japanese,
-- by every way that there is an address for.
CREATE TABLE notifications.preference (
    region_id  integer     NOT NULL,
    person_id  uuid        NOT NULL,
    language   text        NOT NULL DEFAULT 'ja',
    -- By the codes of the plan of statistics. NULL: not said.
    home_area  text,
    interests  text[]      NOT NULL DEFAULT '{}',
    -- "payment:email": not by this way of this kind. The inbox is never muted.
    muted      text[]      NOT NULL DEFAULT '{}',
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT preference_pk PRIMARY KEY (region_id, person_id),
    CONSTRAINT preference_person_fk FOREIGN KEY (region_id, person_id) REFERENCES residents.person,
    CONSTRAINT preference_language_is_known CHECK (language IN ('ja', 'ja_plain', 'en')),
    CONSTRAINT preference_is_bounded
        CHECK (length(home_area) BETWEEN 1 AND 80 AND cardinality(interests) <= 40
               AND cardinality(muted) <= 60)
);

-- Where somebody can be told: a browser's subscription, a phone's token, an e-mail address, the
-- person's own number; or, without a person, a partner of the region who passes notices on.
CREATE TABLE notifications.address (
    region_id    integer     NOT NULL,
    address_id   uuid        NOT NULL,
    person_id    uuid,
    channel      text        NOT NULL,
    -- An https:// address, a token or an e-mail address. Empty: of SMS, whose number is the
    -- person's own, and of every one that was dropped.
    address      text        NOT NULL,
    -- Of Web Push: the browser's public key and its secret (RFC 8291).
    p256dh       bytea,
    auth         bytea,
    -- Of a partner: what it is called, and the secret that signs, sealed by the vault's key.
    name         text,
    secret       bytea,
    state        text        NOT NULL DEFAULT 'active',
    -- Why it was dropped: 'by-its-owner', 'gone', 'refused', 'closed', 'failed'.
    why          text,
    failures     integer     NOT NULL DEFAULT 0,
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_at timestamptz,
    dropped_at   timestamptz,
    CONSTRAINT address_pk PRIMARY KEY (region_id, address_id),
    CONSTRAINT address_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT address_person_fk FOREIGN KEY (region_id, person_id) REFERENCES residents.person,
    CONSTRAINT address_channel_is_known
        CHECK (channel IN ('web_push', 'fcm', 'email', 'sms', 'webhook')),
    CONSTRAINT address_is_a_persons_or_a_partners
        CHECK ((channel = 'webhook') = (person_id IS NULL)
               AND (channel = 'webhook') = (name IS NOT NULL)),
    CONSTRAINT address_state_is_known CHECK (state IN ('unconfirmed', 'active', 'dropped')),
    CONSTRAINT address_has_its_keys
        CHECK (CASE WHEN state = 'dropped' THEN address = '' AND p256dh IS NULL AND auth IS NULL
                                                AND secret IS NULL
                    ELSE (channel = 'sms') = (address = '')
                         AND (channel = 'web_push') = (p256dh IS NOT NULL AND auth IS NOT NULL)
                         AND (channel = 'webhook') = (secret IS NOT NULL) END),
    CONSTRAINT address_drop_is_told
        CHECK ((state = 'dropped') = (dropped_at IS NOT NULL)
               AND (state = 'dropped') = (why IS NOT NULL)),
    CONSTRAINT address_is_bounded
        CHECK (length(address) <= 2000 AND octet_length(p256dh) = 65 AND octet_length(auth) = 16
               AND length(name) BETWEEN 1 AND 80 AND failures >= 0
               AND length(why) BETWEEN 1 AND 40)
);
CREATE UNIQUE INDEX address_is_kept_once
    ON notifications.address (region_id, person_id, channel, address) NULLS NOT DISTINCT
    WHERE state <> 'dropped';
CREATE INDEX address_by_person ON notifications.address (region_id, person_id);

-- The outbox: first a row for each person by way of the inbox, which comes to be one for each of the
-- person's addresses. Taken by leases: not_before moves into the future while somebody carries it.
CREATE TABLE notifications.outbox (
    region_id   integer     NOT NULL,
    delivery_id bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    item_id     uuid        NOT NULL,
    kind        text        NOT NULL,
    message_id  uuid,
    -- NULL: a partner of the region.
    person_id   uuid,
    channel     text        NOT NULL,
    -- NULL: the inbox.
    address_id  uuid,
    state       text        NOT NULL DEFAULT 'waiting',
    -- Why it waits, was dropped or is dead: a code, never what the other side said.
    why         text,
    tries       integer     NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    CONSTRAINT outbox_pk PRIMARY KEY (region_id, delivery_id),
    CONSTRAINT outbox_person_fk FOREIGN KEY (region_id, person_id) REFERENCES residents.person,
    CONSTRAINT outbox_message_fk FOREIGN KEY (region_id, message_id)
        REFERENCES notifications.message,
    CONSTRAINT outbox_address_fk FOREIGN KEY (region_id, address_id)
        REFERENCES notifications.address,
    CONSTRAINT outbox_tells_each_once
        UNIQUE NULLS NOT DISTINCT (region_id, item_id, person_id, channel, address_id),
    CONSTRAINT outbox_kind_is_known
        CHECK (kind IN ('payment', 'refund', 'top_up', 'points', 'expiring', 'looked_at',
                        'public_service', 'campaign', 'emergency')),
    CONSTRAINT outbox_channel_is_known
        CHECK (channel IN ('inbox', 'web_push', 'fcm', 'email', 'sms', 'webhook')
               AND (channel = 'inbox') = (address_id IS NULL)
               AND (channel = 'webhook') = (person_id IS NULL)),
    -- 'dropped': it was not to be sent any more. 'dead': it could not be.
    CONSTRAINT outbox_state_is_known CHECK (state IN ('waiting', 'sent', 'dropped', 'dead')),
    CONSTRAINT outbox_end_is_told CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT outbox_is_bounded CHECK (tries >= 0 AND length(why) BETWEEN 1 AND 40)
);
-- An emergency first, then in the order of time.
CREATE INDEX outbox_due
    ON notifications.outbox (region_id, channel, (kind <> 'emergency'), not_before)
    WHERE state = 'waiting';
CREATE INDEX outbox_over ON notifications.outbox (region_id, expires_at) WHERE state = 'waiting';
CREATE INDEX outbox_dead ON notifications.outbox (region_id, ended_at) WHERE state = 'dead';
CREATE INDEX outbox_by_age ON notifications.outbox (region_id, made_at);

-- Notices of a calendar month (in the region's zone) that a person got: four of them, and no more.
-- It is the frequency cap, and bounds what one person adds to figures of deliveries.
CREATE TABLE notifications.received (
    region_id  integer NOT NULL,
    person_id  uuid    NOT NULL,
    month      date    NOT NULL,
    number     integer NOT NULL,
    message_id uuid    NOT NULL,
    CONSTRAINT received_pk PRIMARY KEY (region_id, person_id, month, number),
    CONSTRAINT received_is_counted_once UNIQUE (region_id, person_id, message_id),
    CONSTRAINT received_person_fk FOREIGN KEY (region_id, person_id) REFERENCES residents.person,
    CONSTRAINT received_message_fk FOREIGN KEY (region_id, message_id)
        REFERENCES notifications.message,
    CONSTRAINT received_at_most_four_a_month CHECK (number BETWEEN 1 AND 4),
    CONSTRAINT received_month_is_one CHECK (extract(day FROM month) = 1)
);

DO $policies$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['message', 'inbox', 'preference', 'address', 'outbox',
                                   'received'] LOOP
        EXECUTE format('ALTER TABLE notifications.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON notifications.%I '
                       'TO meguri_app, meguri_sender '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END
$policies$;

GRANT USAGE ON SCHEMA notifications TO meguri_app, meguri_matcher, meguri_sender;
GRANT USAGE ON SCHEMA ledger TO meguri_matcher, meguri_sender;
GRANT EXECUTE ON FUNCTION ledger.session_region(), ledger.now() TO meguri_matcher, meguri_sender;

GRANT SELECT, INSERT ON notifications.message TO meguri_app;
GRANT UPDATE (state, ended_at) ON notifications.message TO meguri_app;
GRANT SELECT, INSERT, DELETE ON notifications.inbox TO meguri_app;
GRANT UPDATE (read_at) ON notifications.inbox TO meguri_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.preference TO meguri_app;
GRANT SELECT, INSERT, DELETE ON notifications.address TO meguri_app;
GRANT UPDATE (address, p256dh, auth, name, secret, state, why, failures, confirmed_at, dropped_at)
    ON notifications.address TO meguri_app;
GRANT SELECT, INSERT, DELETE ON notifications.outbox TO meguri_app;
GRANT UPDATE (state, why, not_before, expires_at, ended_at) ON notifications.outbox TO meguri_app;
GRANT SELECT, DELETE ON notifications.received TO meguri_app;

-- The matcher puts people into the outbox by way of the inbox, and can do nothing else there.
GRANT INSERT (region_id, item_id, kind, message_id, person_id, channel, expires_at, not_before)
    ON notifications.outbox TO meguri_matcher;
CREATE POLICY of_its_region_by_way_of_inboxes ON notifications.outbox FOR INSERT TO meguri_matcher
    WITH CHECK (region_id = (SELECT ledger.session_region()) AND channel = 'inbox');

-- The sender sees what is to be sent, to whom and whether it may.
GRANT SELECT ON notifications.message, notifications.preference, notifications.address,
    notifications.outbox, notifications.received TO meguri_sender;
GRANT INSERT ON notifications.outbox, notifications.inbox, notifications.received TO meguri_sender;
GRANT UPDATE (state, why, tries, not_before, ended_at) ON notifications.outbox TO meguri_sender;
GRANT UPDATE (address, p256dh, auth, secret, state, why, failures, dropped_at)
    ON notifications.address TO meguri_sender;
GRANT USAGE ON SCHEMA residents TO meguri_sender;
GRANT SELECT ON residents.consent TO meguri_sender;
GRANT SELECT (region_id, person_id, phone, closed_at) ON residents.person TO meguri_sender;
ALTER POLICY of_its_region ON residents.consent TO meguri_app, meguri_sender;
ALTER POLICY of_its_region ON residents.person TO meguri_app, meguri_sender;
