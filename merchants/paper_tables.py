"""The tables of papers; the migration says what stands in each column."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from core.database import metadata, needed

_PAPER = "merchants.paper"


paper_counter = Table(
    "paper_counter",
    metadata,
    needed("region_id", Integer),
    needed("kind", Text),
    needed("last_number", BigInteger),
    PrimaryKeyConstraint("region_id", "kind", name="paper_counter_pk"),
    schema="merchants",
)

paper = Table(
    "paper",
    metadata,
    needed("region_id", Integer),
    needed("paper_id", Uuid),
    needed("kind", Text),
    needed("number", BigInteger),
    Column("previous", BigInteger),
    needed("settlement_id", Uuid),
    needed("merchant_id", Uuid),
    Column("corrects", BigInteger),
    Column("reason", Text),
    needed("content", LargeBinary),
    needed("digest", LargeBinary),
    needed("issued_at", DateTime(timezone=True)),
    needed("issued_by", Text),
    PrimaryKeyConstraint("region_id", "paper_id", name="paper_pk"),
    UniqueConstraint("region_id", "kind", "number", name="paper_number_is_its_own"),
    ForeignKeyConstraint(
        ["region_id", "kind", "previous"],
        [f"{_PAPER}.{name}" for name in ("region_id", "kind", "number")],
        name="paper_follows_the_one_before",
    ),
    UniqueConstraint(
        "region_id", "kind", "number", "settlement_id", name="paper_is_of_one_settlement"
    ),
    ForeignKeyConstraint(
        ["region_id", "kind", "corrects", "settlement_id"],
        [f"{_PAPER}.{name}" for name in ("region_id", "kind", "number", "settlement_id")],
        name="paper_corrects_one_of_its_settlement",
    ),
    UniqueConstraint("region_id", "kind", "corrects", name="paper_is_corrected_once"),
    ForeignKeyConstraint(
        ["region_id", "settlement_id"],
        ["merchants.settlement.region_id", "merchants.settlement.settlement_id"],
        name="paper_settlement_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "merchant_id"],
        ["merchants.merchant.region_id", "merchants.merchant.merchant_id"],
        name="paper_merchant_fk",
    ),
    Index(
        "paper_original",
        "region_id",
        "kind",
        "settlement_id",
        unique=True,
        postgresql_where=text("corrects IS NULL"),
    ),
    Index("paper_by_time", "region_id", "issued_at", "paper_id"),
    Index("paper_by_merchant", "region_id", "merchant_id", "issued_at", "paper_id"),
    schema="merchants",
)
