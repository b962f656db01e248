-- The ledger's tables: regions and their heads, holders, accounts, entries, postings, counters.
--
-- Every key begins with region_id. The application's role reads these tables through row-level
-- security. Journal, balances and counters are written through ledger.write() alone.
--
-- Primary keys are made after the other indexes. Between indexes that look equally good, as all do
-- while a table is young, the planner takes the newest, and a plan that is kept may outlive that
-- youth: with the key it is right at every size.

CREATE SCHEMA ledger;

-- The deployment's clock. Real time, unless the database was marked as a demo: only then may time
-- run faster, from town_anchor at real_anchor on.
CREATE TABLE ledger.deployment (
    only_row    boolean     NOT NULL DEFAULT true,
    is_demo     boolean     NOT NULL DEFAULT false,
    real_anchor timestamptz NOT NULL DEFAULT '2000-01-01T00:00:00Z',
    town_anchor timestamptz NOT NULL DEFAULT '2000-01-01T00:00:00Z',
    factor      integer     NOT NULL DEFAULT 1,
    CONSTRAINT deployment_pk PRIMARY KEY (only_row),
    CONSTRAINT deployment_has_one_row CHECK (only_row),
    CONSTRAINT deployment_time_is_real_unless_demo
        CHECK (is_demo OR (factor = 1 AND real_anchor = town_anchor)),
    CONSTRAINT deployment_factor_is_bounded CHECK (factor BETWEEN 1 AND 100000)
);
INSERT INTO ledger.deployment DEFAULT VALUES;

CREATE TABLE ledger.region (
    region_id integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    code      text        NOT NULL,
    name      text        NOT NULL,
    zone      text        NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT region_pk PRIMARY KEY (region_id),
    CONSTRAINT region_code_is_unique UNIQUE (code),
    CONSTRAINT region_code_is_a_slug CHECK (code ~ '^[a-z][a-z0-9-]{1,38}[a-z0-9]$')
);

-- One row a region: the number and time of its newest entry, and its newest account number.
-- Whoever holds this row's lock is the only one who moves value in the region. The stamp is another
-- with each batch: a batch that was decided without the lock stands on the stamp that it read.
CREATE TABLE ledger.head (
    region_id  integer     NOT NULL,
    seq        bigint      NOT NULL DEFAULT 0,
    at         timestamptz NOT NULL DEFAULT '-infinity',
    account_no bigint      NOT NULL DEFAULT 0,
    stamp      uuid        NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT head_pk PRIMARY KEY (region_id),
    CONSTRAINT head_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region
) WITH (fillfactor = 10);

CREATE TABLE ledger.holder (
    region_id  integer NOT NULL,
    holder_id  uuid    NOT NULL,
    kind       text    NOT NULL,
    parent_id  uuid,
    subject_id uuid,
    state      text    NOT NULL,
    terms_hash bytea,
    facts      jsonb   NOT NULL,
    version    integer NOT NULL,
    CONSTRAINT holder_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT holder_kind_is_known
        CHECK (kind IN ('issuer', 'wallet', 'person', 'merchant', 'store', 'campaign', 'benefit')),
    CONSTRAINT holder_store_has_a_merchant CHECK ((kind = 'store') = (parent_id IS NOT NULL)),
    CONSTRAINT holder_wallet_has_a_person CHECK ((kind = 'wallet') = (subject_id IS NOT NULL)),
    CONSTRAINT holder_campaign_has_terms CHECK ((kind = 'campaign') = (terms_hash IS NOT NULL)),
    CONSTRAINT holder_version_is_positive CHECK (version > 0)
);
CREATE INDEX holder_by_subject ON ledger.holder (region_id, subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX holder_by_parent ON ledger.holder (region_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX holder_by_kind ON ledger.holder (region_id, kind, holder_id) WHERE kind <> 'wallet';
CREATE INDEX holder_live_campaigns ON ledger.holder (region_id)
    WHERE kind = 'campaign' AND state IN ('live', 'scheduled');
ALTER TABLE ledger.holder ADD CONSTRAINT holder_pk PRIMARY KEY (region_id, holder_id);
ALTER TABLE ledger.holder ADD CONSTRAINT holder_parent_fk
    FOREIGN KEY (region_id, parent_id) REFERENCES ledger.holder;

-- What an account can be. value tells bought money (paid) from granted money (free): the law and
-- the residents' screens keep them apart.
CREATE TABLE ledger.account_kind (
    kind       text   NOT NULL,
    class      text   NOT NULL,
    value      text,
    floor      bigint NOT NULL,
    CONSTRAINT account_kind_pk PRIMARY KEY (kind),
    CONSTRAINT account_kind_class_is_known CHECK (class IN ('asset', 'liability', 'income')),
    CONSTRAINT account_kind_value_is_known CHECK (value IN ('paid', 'free'))
);
INSERT INTO ledger.account_kind (kind, class, value, floor) VALUES
    ('bank',                'asset',     NULL,   -9007199254740991),
    ('cash',                'asset',     NULL,   0),
    ('provider_receivable', 'asset',     NULL,   -9007199254740991),
    ('funder_receivable',   'asset',     NULL,   0),
    ('resident_receivable', 'asset',     NULL,   0),
    ('merchant_receivable', 'asset',     NULL,   0),
    ('coin',                'liability', 'paid', 0),
    ('points',              'liability', 'free', 0),
    ('points_pending',      'liability', 'free', 0),
    ('payable',             'liability', NULL,   0),
    ('cashback',            'liability', NULL,   0),
    ('budget',              'liability', NULL,   0),
    ('budget_due',          'liability', NULL,   0),
    ('budget_kept',         'liability', NULL,   0),
    ('funder_payable',      'liability', NULL,   0),
    ('suspense',            'liability', NULL,   0),
    ('tax_payable',         'liability', NULL,   0),
    ('fee_income',          'income',    NULL,   0),
    ('expired_coin',        'income',    NULL,   0);

-- is_open is a column of its own, so that a balance can change without touching an index.
CREATE TABLE ledger.account (
    region_id  integer NOT NULL,
    account_no bigint  NOT NULL,
    holder_id  uuid    NOT NULL,
    kind       text    NOT NULL,
    class      text    NOT NULL,
    value      text,
    source_id  uuid,
    expires_on date,
    floor      bigint  NOT NULL,
    ceiling    bigint  NOT NULL,
    balance    bigint  NOT NULL DEFAULT 0,
    version    bigint  NOT NULL DEFAULT 0,
    is_open    boolean NOT NULL DEFAULT true,
    CONSTRAINT account_holder_fk FOREIGN KEY (region_id, holder_id) REFERENCES ledger.holder,
    CONSTRAINT account_kind_fk FOREIGN KEY (kind) REFERENCES ledger.account_kind,
    CONSTRAINT account_is_one_of_its_kind
        UNIQUE NULLS NOT DISTINCT (region_id, holder_id, kind, source_id, expires_on),
    CONSTRAINT account_balance_keeps_its_floor CHECK (balance >= floor),
    CONSTRAINT account_balance_keeps_its_ceiling CHECK (balance <= ceiling),
    CONSTRAINT account_bounds_are_bounded
        CHECK (floor >= -9007199254740991 AND ceiling <= 9007199254740991),
    CONSTRAINT account_closes_empty CHECK (is_open OR balance = 0),
    CONSTRAINT account_version_is_not_negative CHECK (version >= 0)
) WITH (fillfactor = 70);
CREATE INDEX account_open_by_holder ON ledger.account (region_id, holder_id) WHERE is_open;
CREATE INDEX account_open_by_expiry ON ledger.account (region_id, expires_on, account_no)
    WHERE is_open AND expires_on IS NOT NULL;
ALTER TABLE ledger.account ADD CONSTRAINT account_pk PRIMARY KEY (region_id, account_no);

-- What an entry can be. needs_postings: an accepted entry of this kind moves value.
CREATE TABLE ledger.entry_kind (
    kind           text    NOT NULL,
    needs_postings boolean NOT NULL,
    CONSTRAINT entry_kind_pk PRIMARY KEY (kind)
);
INSERT INTO ledger.entry_kind (kind, needs_postings) VALUES
    ('region.opened', false), ('region.changed', false),
    ('wallet.opened', false), ('wallet.changed', false), ('wallet.looked_at', false),
    ('person.verified', false), ('person.described', false), ('person.limited', false),
    ('person.closed', false),
    ('merchant.opened', false), ('merchant.changed', false), ('merchant.described', false),
    ('store.opened', false), ('store.changed', false),
    ('campaign.created', false), ('campaign.changed', false), ('campaign.funded', true),
    ('campaign.returned', true),
    ('campaign.threshold', false), ('campaign.end_announced', false),
    ('campaign.settled', false),
    ('benefit.created', false), ('benefit.listed', false), ('benefit.changed', false),
    ('benefit.funded', true), ('benefit.used', true), ('benefit.returned', true),
    ('campaign.version_created', false), ('campaign.version_changed', false),
    ('top_up', true), ('top_up.reversed', true),
    ('suspense.placed', true), ('suspense.returned', true),
    ('payment', true), ('refund', true), ('void', true), ('vesting', true), ('expiry', true),
    ('hold.placed', false), ('hold.released', false), ('hold.rejected', true),
    ('lots.closed', false);

-- The journal (仕訳帳): one entry for each command that was accepted or refused, for ever.
-- Also the table of events: every committed change stands here, numbered without a gap.
CREATE TABLE ledger.entry (
    region_id     integer     NOT NULL,
    entry_id      uuid        NOT NULL,
    seq           bigint      NOT NULL,
    at            timestamptz NOT NULL,
    business_date date        NOT NULL,
    kind          text        NOT NULL,
    actor         text        NOT NULL,
    holder_id     uuid,
    other_id      uuid,
    refers_to     uuid,
    amount        bigint      NOT NULL,
    refusal       text,
    fingerprint   bytea       NOT NULL,
    facts         jsonb       NOT NULL,
    CONSTRAINT entry_amount_is_bounded CHECK (amount BETWEEN 0 AND 9007199254740991),
    CONSTRAINT entry_seq_is_positive CHECK (seq > 0),
    CONSTRAINT entry_fingerprint_is_whole CHECK (octet_length(fingerprint) = 16)
) PARTITION BY RANGE (entry_id);
CREATE INDEX entry_by_seq ON ledger.entry (region_id, seq);
CREATE INDEX entry_by_holder ON ledger.entry (region_id, holder_id, seq) WHERE holder_id IS NOT NULL;
CREATE INDEX entry_by_other ON ledger.entry (region_id, other_id, seq) WHERE other_id IS NOT NULL;
CREATE INDEX entry_by_reference ON ledger.entry (region_id, refers_to) WHERE refers_to IS NOT NULL;
CREATE INDEX entry_holds ON ledger.entry (region_id, seq) WHERE kind = 'hold.placed';
ALTER TABLE ledger.entry ADD CONSTRAINT entry_pk PRIMARY KEY (region_id, entry_id);

-- amount is always positive; is_debit names the side. version and balance_after tell how the
-- account stood after this posting, so any past balance is one index look-up. References to
-- entries and accounts are held by ledger.write(), which makes all three in one call.
CREATE TABLE ledger.posting (
    region_id     integer  NOT NULL,
    entry_id      uuid     NOT NULL,
    line          smallint NOT NULL,
    seq           bigint   NOT NULL,
    account_no    bigint   NOT NULL,
    is_debit      boolean  NOT NULL,
    amount        bigint   NOT NULL,
    version       bigint   NOT NULL,
    balance_after bigint   NOT NULL,
    CONSTRAINT posting_amount_is_positive CHECK (amount > 0),
    CONSTRAINT posting_version_is_positive CHECK (version > 0)
) PARTITION BY RANGE (entry_id);
CREATE UNIQUE INDEX posting_by_account ON ledger.posting (region_id, account_no, version, entry_id);
ALTER TABLE ledger.posting ADD CONSTRAINT posting_pk PRIMARY KEY (region_id, entry_id, line);

-- What decisions knew about the person, apart from the entry, which holds the SHA-256 of salt and
-- facts as its fact person_facts. A row goes when its person is erased; then nobody can tell what it
-- said, and the entry is still whole. facts is text, since its very bytes were hashed.
CREATE TABLE ledger.person_facts (
    region_id integer NOT NULL,
    entry_id  uuid    NOT NULL,
    salt      bytea   NOT NULL,
    facts     text    NOT NULL,
    CONSTRAINT person_facts_salt_is_whole CHECK (octet_length(salt) = 16),
    CONSTRAINT person_facts_are_bounded CHECK (octet_length(facts) BETWEEN 2 AND 1000),
    CONSTRAINT person_facts_pk PRIMARY KEY (region_id, entry_id)
);

CREATE TABLE ledger.entry_default PARTITION OF ledger.entry DEFAULT;
CREATE TABLE ledger.posting_default PARTITION OF ledger.posting DEFAULT;

-- Caps and limits: how much of a cap a subject (person, payment) has used in a period.
-- A period without end is 'infinity', which is date.max in Python. That the region is one is held
-- by ledger.write(), which has its head: a foreign key would look it up for each counter.
CREATE TABLE ledger.counter (
    region_id  integer NOT NULL,
    subject_id uuid    NOT NULL,
    name       text    NOT NULL,
    scope_id   uuid    NOT NULL,
    period     date    NOT NULL,
    value      bigint  NOT NULL,
    cap        bigint  NOT NULL,
    CONSTRAINT counter_pk PRIMARY KEY (region_id, subject_id, name, scope_id, period),
    CONSTRAINT counter_is_not_negative CHECK (value >= 0),
    CONSTRAINT counter_keeps_its_cap CHECK (value <= cap)
) WITH (fillfactor = 70);

-- How far a durable reader of events has come.
CREATE TABLE ledger.reader (
    region_id integer NOT NULL,
    name      text    NOT NULL,
    seq       bigint  NOT NULL,
    CONSTRAINT reader_pk PRIMARY KEY (region_id, name),
    CONSTRAINT reader_region_fk FOREIGN KEY (region_id) REFERENCES ledger.region,
    CONSTRAINT reader_seq_is_not_negative CHECK (seq >= 0)
);

-- Committed changes in their order. A refused command changed nothing and is no event.
CREATE VIEW ledger.event WITH (security_invoker = true) AS
    SELECT region_id, seq, at, business_date, entry_id, kind, actor, holder_id, other_id,
           refers_to, amount, facts
      FROM ledger.entry
     WHERE refusal IS NULL;
