-- Notices of the city (市からのお知らせ): templates, notices to segments with their size and approval, and
-- the views by which the matcher finds whom a segment concerns.

-- Consents for notices are two for each sender: to be told at all, and to be chosen by what was paid for.
ALTER TABLE residents.consent DISABLE TRIGGER only_grows;
UPDATE residents.consent SET purpose = 'campaign_news_by_payments' WHERE purpose = 'news_by_payments';
ALTER TABLE residents.consent ENABLE TRIGGER only_grows;

CREATE TABLE notifications.template (
    region_id   integer     NOT NULL,
    template_id uuid        NOT NULL,
    name        text        NOT NULL,
    kind        text        NOT NULL,
    -- As of a message, with variables in braces.
    texts       jsonb       NOT NULL,
    made_by     text        NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at  timestamptz,
    CONSTRAINT template_pk PRIMARY KEY (region_id, template_id),
    CONSTRAINT template_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT template_kind_is_known CHECK (kind IN ('public_service', 'campaign')),
    CONSTRAINT template_is_in_three_languages
        CHECK (texts ?& ARRAY['ja', 'ja_plain', 'en'] AND octet_length(texts::text) <= 65536
               AND length(name) BETWEEN 1 AND 80)
);

-- The released week by which segments are sized in a calendar month: the newest one when it was asked for
-- first, for all of them. So nobody waits for a week whose noise suits a segment.
CREATE TABLE notifications.segment_week (
    region_id integer NOT NULL,
    month     date    NOT NULL,
    week      date    NOT NULL,
    CONSTRAINT segment_week_pk PRIMARY KEY (region_id, month),
    CONSTRAINT segment_week_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT segment_week_month_is_one CHECK (extract(day FROM month) = 1),
    CONSTRAINT segment_week_begins_on_a_monday CHECK (extract(isodow FROM week) = 1)
);

-- How large a segment is told to be in a calendar month, measured once. Its hash is of the people it
-- concerns: of the cells that it comes to, or of what they declared and agreed to.
CREATE TABLE notifications.segment_size (
    region_id    integer     NOT NULL,
    segment_hash bytea       NOT NULL,
    month        date        NOT NULL,
    -- Of declared attributes it is NULL: counted, less a number of chance, and rounded.
    release_no   bigint,
    estimate     bigint      NOT NULL,
    low          bigint      NOT NULL,
    high         bigint      NOT NULL,
    needed       bigint      NOT NULL,
    measured_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT segment_size_pk PRIMARY KEY (region_id, segment_hash, month),
    CONSTRAINT segment_size_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT segment_size_release_fk FOREIGN KEY (region_id, release_no) REFERENCES insights.release,
    CONSTRAINT segment_size_month_is_one CHECK (extract(day FROM month) = 1),
    CONSTRAINT segment_size_is_bounded
        CHECK (octet_length(segment_hash) = 32 AND low <= estimate AND estimate <= high AND needed > 0)
);

CREATE TABLE notifications.notice (
    region_id    integer     NOT NULL,
    notice_id    uuid        NOT NULL,
    template_id  uuid        NOT NULL,
    kind         text        NOT NULL,
    -- What it is for, as everybody may read it.
    purpose      text        NOT NULL,
    segment      jsonb       NOT NULL,
    -- NULL: as soon as it is approved.
    send_at      timestamptz,
    lasts_hours  integer     NOT NULL,
    state        text        NOT NULL DEFAULT 'draft',
    -- From when its approval was asked for: the segment by its hash, the month of its size and the month
    -- in which it is sent, the words as filled in, and the request.
    segment_hash bytea,
    sized_in     date,
    month        date,
    texts        jsonb,
    request_id   uuid,
    drafted_by   text        NOT NULL,
    drafted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    asked_at     timestamptz,
    approved_by  text,
    approved_at  timestamptz,
    begun_at     timestamptz,
    ended_by     text,
    ended_at     timestamptz,
    CONSTRAINT notice_pk PRIMARY KEY (region_id, notice_id),
    CONSTRAINT notice_template_fk FOREIGN KEY (region_id, template_id) REFERENCES notifications.template,
    CONSTRAINT notice_size_fk FOREIGN KEY (region_id, segment_hash, sized_in)
        REFERENCES notifications.segment_size,
    CONSTRAINT notice_kind_is_known CHECK (kind IN ('public_service', 'campaign')),
    CONSTRAINT notice_state_is_known
        CHECK (state IN ('draft', 'asked', 'approved', 'sending', 'done', 'stopped', 'withdrawn')),
    CONSTRAINT notice_is_bounded
        CHECK (length(purpose) BETWEEN 1 AND 200 AND octet_length(segment::text) <= 1000
               AND lasts_hours BETWEEN 1 AND 720 AND octet_length(segment_hash) = 32),
    CONSTRAINT notice_that_is_asked_for_is_whole
        CHECK (state IN ('draft', 'withdrawn')
               OR (month IS NOT NULL AND sized_in IS NOT NULL AND segment_hash IS NOT NULL
                   AND asked_at IS NOT NULL AND request_id IS NOT NULL
                   AND texts ?& ARRAY['ja', 'ja_plain', 'en'])),
    -- Drafted by one person and approved by another, before anything of it is sent.
    CONSTRAINT notice_is_approved_by_another
        CHECK ((approved_by IS NULL) = (approved_at IS NULL) AND approved_by <> drafted_by
               AND (state NOT IN ('approved', 'sending', 'done') OR approved_at IS NOT NULL)),
    CONSTRAINT notice_begin_is_told
        CHECK (state NOT IN ('sending', 'done') OR begun_at IS NOT NULL)
);
-- One attempt for each segment and month in which it is sent.
CREATE UNIQUE INDEX notice_of_a_segment_and_month_is_one
    ON notifications.notice (region_id, segment_hash, month) WHERE state NOT IN ('draft', 'withdrawn');
CREATE INDEX notice_due ON notifications.notice (region_id, send_at) WHERE state IN ('approved', 'sending');

-- The entries of a week, by number: so the matcher's view reads no others.
CREATE TABLE notifications.match_week (
    region_id integer NOT NULL,
    week      date    NOT NULL,
    after_seq bigint  NOT NULL,
    until_seq bigint  NOT NULL,
    CONSTRAINT match_week_pk PRIMARY KEY (region_id, week),
    CONSTRAINT match_week_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT match_week_begins_on_a_monday CHECK (extract(isodow FROM week) = 1),
    CONSTRAINT match_week_is_a_stretch CHECK (0 <= after_seq AND after_seq <= until_seq)
);

DO $policies$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['template', 'segment_week', 'segment_size', 'notice',
                                   'match_week'] LOOP
        EXECUTE format('ALTER TABLE notifications.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY of_its_region ON notifications.%I TO meguri_app '
                       'USING (region_id = (SELECT ledger.session_region())) '
                       'WITH CHECK (region_id = (SELECT ledger.session_region()))', guarded);
    END LOOP;
END
$policies$;

-- Whom a declared segment concerns: open accounts that agreed to such news. No entry is read for it.
CREATE VIEW notifications.match_declared WITH (security_barrier = true) AS
    SELECT p.region_id, p.person_id, r.home_area, coalesce(r.interests, '{}') AS interests,
           c.purposes
      FROM residents.person p
      LEFT JOIN notifications.preference r USING (region_id, person_id)
     CROSS JOIN LATERAL (
           SELECT array_agg(last.purpose) AS purposes
             FROM (SELECT DISTINCT ON (g.purpose) g.purpose, g.is_given FROM residents.consent g
                    WHERE g.region_id = p.region_id AND g.person_id = p.person_id
                    ORDER BY g.purpose, g.consent_id DESC) last
            WHERE last.is_given) c
     WHERE p.region_id = (SELECT ledger.session_region()) AND p.closed_at IS NULL
       AND c.purposes IS NOT NULL;

-- Whom a segment by payments concerns: of those who agreed to be chosen so, in which areas and trades
-- they paid in a week. No amount, no shop, no time of the day.
CREATE VIEW notifications.match_paid WITH (security_barrier = true) AS
    SELECT DISTINCT k.region_id, w.subject_id AS person_id, k.week,
           coalesce(d.area, m.facts ->> 'area', '') AS area, coalesce(d.district, '') AS district,
           coalesce(m.facts ->> 'category', '') AS category, c.purposes
      FROM notifications.match_week k
      JOIN ledger.entry e ON e.region_id = k.region_id AND e.seq > k.after_seq
                         AND e.seq <= k.until_seq AND e.kind = 'payment' AND e.refusal IS NULL
      JOIN ledger.holder w ON w.region_id = e.region_id AND w.holder_id = e.holder_id
                          AND w.kind = 'wallet'
      JOIN notifications.match_declared c
        ON c.region_id = w.region_id AND c.person_id = w.subject_id
       AND c.purposes && ARRAY['city_news_by_payments', 'campaign_news_by_payments']
      JOIN ledger.holder s ON s.region_id = e.region_id AND s.holder_id = e.other_id
      JOIN ledger.holder m ON m.region_id = s.region_id AND m.holder_id = s.parent_id
      LEFT JOIN merchants.store_details d
        ON d.region_id = s.region_id AND d.store_id = s.holder_id
     WHERE k.region_id = (SELECT ledger.session_region());

-- What everybody may read of what was sent: purpose, segment and text.
CREATE VIEW notifications.notice_log WITH (security_barrier = true) AS
    SELECT region_id, notice_id, kind, purpose, segment, texts, state, begun_at, ended_at
      FROM notifications.notice
     WHERE region_id = (SELECT ledger.session_region())
       AND begun_at IS NOT NULL AND state IN ('sending', 'done', 'stopped');

-- What those see who write and approve them: nothing in it is of a person but of who works here.
CREATE VIEW notifications.notice_told WITH (security_barrier = true) AS
    SELECT n.*, z.release_no, z.estimate, z.low, z.high, z.needed
      FROM notifications.notice n
      LEFT JOIN notifications.segment_size z
        ON z.region_id = n.region_id AND z.segment_hash = n.segment_hash AND z.month = n.sized_in
     WHERE n.region_id = (SELECT ledger.session_region());
CREATE VIEW notifications.template_told WITH (security_barrier = true) AS
    SELECT * FROM notifications.template WHERE region_id = (SELECT ledger.session_region());

GRANT SELECT ON notifications.notice_log, notifications.notice_told, notifications.template_told
    TO meguri_app, meguri_city;
GRANT SELECT ON notifications.match_declared, notifications.match_paid TO meguri_matcher;
GRANT SELECT, INSERT ON notifications.segment_week, notifications.segment_size,
    notifications.match_week TO meguri_app;
GRANT SELECT, INSERT (region_id, template_id, name, kind, texts, made_by)
    ON notifications.template TO meguri_app;
GRANT UPDATE (retired_at) ON notifications.template TO meguri_app;
GRANT SELECT, INSERT (region_id, notice_id, template_id, kind, purpose, segment, send_at,
                      lasts_hours, drafted_by)
    ON notifications.notice TO meguri_app;
GRANT UPDATE (state, segment_hash, sized_in, month, texts, request_id, asked_at, approved_by,
              approved_at, begun_at, ended_by, ended_at)
    ON notifications.notice TO meguri_app;
