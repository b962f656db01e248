"""The table of merchants' bank accounts, version by version."""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

from core.database import metadata

bank_account = Table(
    "bank_account",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("version_id", Uuid, nullable=False),
    Column("merchant_id", Uuid, nullable=False),
    Column("bank_code", Text, nullable=False),
    Column("branch_code", Text, nullable=False),
    Column("account_type", Text, nullable=False),
    Column("account_number", Text, nullable=False),
    Column("holder_kana", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'asked'")),
    Column("asked_by", Text, nullable=False),
    Column(
        "asked_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("approved_by", Text),
    Column("approved_at", DateTime(timezone=True)),
    Column("applies_from", DateTime(timezone=True)),
    Column("ended_by", Text),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "version_id", name="bank_account_pk"),
    ForeignKeyConstraint(
        ["region_id", "merchant_id"],
        ["merchants.merchant.region_id", "merchants.merchant.merchant_id"],
        name="bank_account_merchant_fk",
    ),
    Index(
        "bank_account_is_asked_for_once",
        "region_id",
        "merchant_id",
        unique=True,
        postgresql_where=text("state = 'asked'"),
    ),
    Index(
        "bank_account_in_force",
        "region_id",
        "merchant_id",
        "applies_from",
        "version_id",
        postgresql_where=text("state = 'approved'"),
    ),
    Index("bank_account_by_merchant", "region_id", "merchant_id", "version_id"),
    schema="merchants",
)
