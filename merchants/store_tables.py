"""The table of what stores tell the public of themselves."""

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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from core.database import metadata

store_details = Table(
    "store_details",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("store_id", Uuid, nullable=False),
    Column("postal_code", Text),
    Column("address", Text),
    Column("area", Text),
    Column("latitude_e6", Integer),
    Column("longitude_e6", Integer),
    Column("website", Text),
    Column("telephone", Text),
    Column("about_ja", Text),
    Column("about_en", Text),
    Column("hours", JSONB(none_as_null=True)),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("changed_by", Text, nullable=False),
    Column(
        "changed_at", DateTime(timezone=True), nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    PrimaryKeyConstraint("region_id", "store_id", name="store_details_pk"),
    ForeignKeyConstraint(
        ["region_id", "store_id"],
        ["merchants.store.region_id", "merchants.store.store_id"],
        name="store_details_store_fk",
    ),
    Index("store_details_by_position", "region_id", "latitude_e6", "longitude_e6"),
    schema="merchants",
)  # fmt: skip
