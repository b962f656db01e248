"""The ledger's tables as statements read them; the migrations make them and say why."""

from typing import Any

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

from core.database import metadata

SCHEMA = "ledger"


def _needed(name: str, kind: Any, *more: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, **options)


_INSTANT = DateTime(timezone=True)

deployment = Table(
    "deployment",
    metadata,
    _needed("only_row", Boolean),
    _needed("is_demo", Boolean),
    _needed("real_anchor", _INSTANT),
    _needed("town_anchor", _INSTANT),
    _needed("factor", Integer),
    PrimaryKeyConstraint("only_row", name="deployment_pk"),
    schema=SCHEMA,
)

region = Table(
    "region",
    metadata,
    _needed("region_id", Integer, Identity(always=True)),
    _needed("code", Text),
    _needed("name", Text),
    _needed("zone", Text),
    _needed("opened_at", _INSTANT),
    PrimaryKeyConstraint("region_id", name="region_pk"),
    UniqueConstraint("code", name="region_code_is_unique"),
    schema=SCHEMA,
)

_REGION = "ledger.region.region_id"

head = Table(
    "head",
    metadata,
    _needed("region_id", Integer, ForeignKey(_REGION, name="head_region_fk")),
    _needed("seq", BigInteger),
    _needed("at", _INSTANT),
    _needed("account_no", BigInteger),
    _needed("stamp", Uuid),
    PrimaryKeyConstraint("region_id", name="head_pk"),
    schema=SCHEMA,
)

holder = Table(
    "holder",
    metadata,
    _needed("region_id", Integer, ForeignKey(_REGION, name="holder_region_fk")),
    _needed("holder_id", Uuid),
    _needed("kind", Text),
    Column("parent_id", Uuid),
    Column("subject_id", Uuid),
    _needed("state", Text),
    Column("terms_hash", LargeBinary),
    _needed("facts", JSONB),
    _needed("version", Integer),
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
        "holder_live_campaigns",
        "region_id",
        postgresql_where=text("kind = 'campaign' AND state IN ('live', 'scheduled')"),
    ),
    schema=SCHEMA,
)

account_kind = Table(
    "account_kind",
    metadata,
    _needed("kind", Text),
    _needed("class", Text),
    Column("value", Text),
    _needed("floor", BigInteger),
    PrimaryKeyConstraint("kind", name="account_kind_pk"),
    schema=SCHEMA,
)

account = Table(
    "account",
    metadata,
    _needed("region_id", Integer),
    _needed("account_no", BigInteger),
    _needed("holder_id", Uuid),
    _needed("kind", Text, ForeignKey("ledger.account_kind.kind", name="account_kind_fk")),
    _needed("class", Text),
    Column("value", Text),
    Column("source_id", Uuid),
    Column("expires_on", Date),
    _needed("floor", BigInteger),
    _needed("ceiling", BigInteger),
    _needed("balance", BigInteger),
    _needed("version", BigInteger),
    _needed("is_open", Boolean),
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
    _needed("kind", Text),
    _needed("needs_postings", Boolean),
    PrimaryKeyConstraint("kind", name="entry_kind_pk"),
    schema=SCHEMA,
)

entry = Table(
    "entry",
    metadata,
    _needed("region_id", Integer),
    _needed("entry_id", Uuid),
    _needed("seq", BigInteger),
    _needed("at", _INSTANT),
    _needed("business_date", Date),
    _needed("kind", Text),
    _needed("actor", Text),
    Column("holder_id", Uuid),
    Column("other_id", Uuid),
    Column("refers_to", Uuid),
    _needed("amount", BigInteger),
    Column("refusal", Text),
    _needed("fingerprint", LargeBinary),
    _needed("facts", JSONB),
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
    _needed("region_id", Integer),
    _needed("entry_id", Uuid),
    _needed("line", SmallInteger),
    _needed("seq", BigInteger),
    _needed("account_no", BigInteger),
    _needed("is_debit", Boolean),
    _needed("amount", BigInteger),
    _needed("version", BigInteger),
    _needed("balance_after", BigInteger),
    PrimaryKeyConstraint("region_id", "entry_id", "line", name="posting_pk"),
    Index("posting_by_account", "region_id", "account_no", "version", "entry_id", unique=True),
    schema=SCHEMA,
    postgresql_partition_by="RANGE (entry_id)",
)

person_facts = Table(
    "person_facts",
    metadata,
    _needed("region_id", Integer),
    _needed("entry_id", Uuid),
    _needed("salt", LargeBinary),
    _needed("facts", Text),
    PrimaryKeyConstraint("region_id", "entry_id", name="person_facts_pk"),
    schema=SCHEMA,
)

counter = Table(
    "counter",
    metadata,
    _needed("region_id", Integer),
    _needed("subject_id", Uuid),
    _needed("name", Text),
    _needed("scope_id", Uuid),
    _needed("period", Date),
    _needed("value", BigInteger),
    _needed("cap", BigInteger),
    PrimaryKeyConstraint(
        "region_id", "subject_id", "name", "scope_id", "period", name="counter_pk"
    ),
    schema=SCHEMA,
)

reader = Table(
    "reader",
    metadata,
    _needed("region_id", Integer, ForeignKey(_REGION, name="reader_region_fk")),
    _needed("name", Text),
    _needed("seq", BigInteger),
    PrimaryKeyConstraint("region_id", "name", name="reader_pk"),
    schema=SCHEMA,
)
