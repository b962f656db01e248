"""The ledger's tables as statements read them; the migrations make them and say why."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from core.database import metadata, needed

SCHEMA = "ledger"


_INSTANT = DateTime(timezone=True)

deployment = Table(
    "deployment",
    metadata,
    needed("only_row", Boolean),
    needed("is_demo", Boolean),
    needed("real_anchor", _INSTANT),
    needed("town_anchor", _INSTANT),
    needed("factor", Integer),
    PrimaryKeyConstraint("only_row", name="deployment_pk"),
    schema=SCHEMA,
)

region = Table(
    "region",
    metadata,
    needed("region_id", Integer, Identity(always=True)),
    needed("code", Text),
    needed("name", Text),
    needed("zone", Text),
    needed("opened_at", _INSTANT),
    PrimaryKeyConstraint("region_id", name="region_pk"),
    UniqueConstraint("code", name="region_code_is_unique"),
    schema=SCHEMA,
)

_REGION = "ledger.region.region_id"

head = Table(
    "head",
    metadata,
    needed("region_id", Integer, ForeignKey(_REGION, name="head_region_fk")),
    needed("seq", BigInteger),
    needed("at", _INSTANT),
    needed("account_no", BigInteger),
    needed("stamp", Uuid),
    PrimaryKeyConstraint("region_id", name="head_pk"),
    schema=SCHEMA,
)

holder = Table(
    "holder",
    metadata,
    needed("region_id", Integer, ForeignKey(_REGION, name="holder_region_fk")),
    needed("holder_id", Uuid),
    needed("kind", Text),
    Column("parent_id", Uuid),
    Column("subject_id", Uuid),
    needed("state", Text),
    Column("terms_hash", LargeBinary),
    needed("facts", JSONB),
    needed("version", Integer),
    PrimaryKeyConstraint("region_id", "holder_id", name="holder_pk"),
    ForeignKeyConstraint(
        ["region_id", "parent_id"],
        ["ledger.holder.region_id", "ledger.holder.holder_id"],
        name="holder_parent_fk",
    ),
    Index(
        "holder_by_subject",
        "region_id",
        "subject_id",
        postgresql_where=text("subject_id IS NOT NULL"),
    ),
    Index(
        "holder_by_parent", "region_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")
    ),
    Index(
        "holder_by_kind",
        "region_id",
        "kind",
        "holder_id",
        postgresql_where=text("kind <> 'wallet'"),
    ),
    Index(
        "holder_has_one_shop_wallet",
        "region_id",
        "subject_id",
        unique=True,
        postgresql_where=text("kind = 'shop_wallet'"),
    ),
    Index(
        "holder_live_campaigns",
        "region_id",
        postgresql_where=text("kind = 'campaign' AND state IN ('live', 'scheduled')"),
    ),
    schema=SCHEMA,
)

account_kind = Table(
    "account_kind",
    metadata,
    needed("kind", Text),
    needed("class", Text),
    Column("value", Text),
    needed("floor", BigInteger),
    PrimaryKeyConstraint("kind", name="account_kind_pk"),
    schema=SCHEMA,
)

account = Table(
    "account",
    metadata,
    needed("region_id", Integer),
    needed("account_no", BigInteger),
    needed("holder_id", Uuid),
    needed("kind", Text, ForeignKey("ledger.account_kind.kind", name="account_kind_fk")),
    needed("class", Text),
    Column("value", Text),
    Column("source_id", Uuid),
    Column("expires_on", Date),
    needed("floor", BigInteger),
    needed("ceiling", BigInteger),
    needed("balance", BigInteger),
    needed("version", BigInteger),
    needed("is_open", Boolean),
    PrimaryKeyConstraint("region_id", "account_no", name="account_pk"),
    ForeignKeyConstraint(
        ["region_id", "holder_id"],
        ["ledger.holder.region_id", "ledger.holder.holder_id"],
        name="account_holder_fk",
    ),
    UniqueConstraint(
        "region_id",
        "holder_id",
        "kind",
        "source_id",
        "expires_on",
        name="account_is_one_of_its_kind",
        postgresql_nulls_not_distinct=True,
    ),
    CheckConstraint("balance >= floor", name="account_balance_keeps_its_floor"),
    Index("account_open_by_holder", "region_id", "holder_id", postgresql_where=text("is_open")),
    Index(
        "account_open_by_expiry",
        "region_id",
        "expires_on",
        "account_no",
        postgresql_where=text("is_open AND expires_on IS NOT NULL"),
    ),
    schema=SCHEMA,
)

entry_kind = Table(
    "entry_kind",
    metadata,
    needed("kind", Text),
    needed("needs_postings", Boolean),
    PrimaryKeyConstraint("kind", name="entry_kind_pk"),
    schema=SCHEMA,
)

entry = Table(
    "entry",
    metadata,
    needed("region_id", Integer),
    needed("entry_id", Uuid),
    needed("seq", BigInteger),
    needed("at", _INSTANT),
    needed("business_date", Date),
    needed("kind", Text),
    needed("actor", Text),
    Column("holder_id", Uuid),
    Column("other_id", Uuid),
    Column("refers_to", Uuid),
    needed("amount", BigInteger),
    Column("refusal", Text),
    needed("fingerprint", LargeBinary),
    needed("facts", JSONB),
    PrimaryKeyConstraint("region_id", "entry_id", name="entry_pk"),
    Index("entry_by_seq", "region_id", "seq"),
    Index(
        "entry_by_holder",
        "region_id",
        "holder_id",
        "seq",
        postgresql_where=text("holder_id IS NOT NULL"),
    ),
    Index(
        "entry_by_other",
        "region_id",
        "other_id",
        "seq",
        postgresql_where=text("other_id IS NOT NULL"),
    ),
    Index(
        "entry_by_reference",
        "region_id",
        "refers_to",
        postgresql_where=text("refers_to IS NOT NULL"),
    ),
    Index("entry_holds", "region_id", "seq", postgresql_where=text("kind = 'hold.placed'")),
    schema=SCHEMA,
    postgresql_partition_by="RANGE (entry_id)",
)

posting = Table(
    "posting",
    metadata,
    needed("region_id", Integer),
    needed("entry_id", Uuid),
    needed("line", SmallInteger),
    needed("seq", BigInteger),
    needed("account_no", BigInteger),
    needed("is_debit", Boolean),
    needed("amount", BigInteger),
    needed("version", BigInteger),
    needed("balance_after", BigInteger),
    PrimaryKeyConstraint("region_id", "entry_id", "line", name="posting_pk"),
    Index("posting_by_account", "region_id", "account_no", "version", "entry_id", unique=True),
    schema=SCHEMA,
    postgresql_partition_by="RANGE (entry_id)",
)

person_facts = Table(
    "person_facts",
    metadata,
    needed("region_id", Integer),
    needed("entry_id", Uuid),
    needed("salt", LargeBinary),
    needed("facts", Text),
    PrimaryKeyConstraint("region_id", "entry_id", name="person_facts_pk"),
    schema=SCHEMA,
)

counter = Table(
    "counter",
    metadata,
    needed("region_id", Integer),
    needed("subject_id", Uuid),
    needed("name", Text),
    needed("scope_id", Uuid),
    needed("period", Date),
    needed("value", BigInteger),
    needed("cap", BigInteger),
    PrimaryKeyConstraint(
        "region_id", "subject_id", "name", "scope_id", "period", name="counter_pk"
    ),
    schema=SCHEMA,
)

reader = Table(
    "reader",
    metadata,
    needed("region_id", Integer, ForeignKey(_REGION, name="reader_region_fk")),
    needed("name", Text),
    needed("seq", BigInteger),
    PrimaryKeyConstraint("region_id", "name", name="reader_pk"),
    schema=SCHEMA,
)

base_date = Table(
    "base_date",
    metadata,
    needed("region_id", Integer, ForeignKey(_REGION, name="base_date_region_fk")),
    needed("base_date", Date),
    needed("seq", BigInteger),
    needed("sums", JSONB),
    PrimaryKeyConstraint("region_id", "base_date", name="base_date_pk"),
    schema=SCHEMA,
)
