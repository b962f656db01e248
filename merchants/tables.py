"""The tables of merchants and stores."""

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

merchant = Table(
    "merchant",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("merchant_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("merchant_class", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("region_id", "merchant_id", name="merchant_pk"),
    ForeignKeyConstraint(
        ["region_id", "merchant_id"],
        ["ledger.holder.region_id", "ledger.holder.holder_id"],
        name="merchant_holder_fk",
        deferrable=True,
        initially="DEFERRED",
    ),
    schema="merchants",
)

store = Table(
    "store",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("store_id", Uuid, nullable=False),
    Column("merchant_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("region_id", "store_id", name="store_pk"),
    ForeignKeyConstraint(
        ["region_id", "merchant_id"],
        ["merchants.merchant.region_id", "merchants.merchant.merchant_id"],
        name="store_merchant_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "store_id"],
        ["ledger.holder.region_id", "ledger.holder.holder_id"],
        name="store_holder_fk",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("store_by_merchant", "region_id", "merchant_id", "store_id"),
    Index("store_by_name_parts", text("merchants.name_parts(name)"), postgresql_using="gin"),
    schema="merchants",
)
