"""The tables of what stores tell the public of themselves, and of their terminals."""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from core.database import metadata, needed

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
    Column("district", Text),
    PrimaryKeyConstraint("region_id", "store_id", name="store_details_pk"),
    ForeignKeyConstraint(
        ["region_id", "store_id"],
        ["merchants.store.region_id", "merchants.store.store_id"],
        name="store_details_store_fk",
    ),
    Index("store_details_by_position", "region_id", "latitude_e6", "longitude_e6"),
    schema="merchants",
)  # fmt: skip

terminal = Table(
    "terminal",
    metadata,
    needed("region_id", Integer),
    needed("terminal_id", Uuid),
    needed("store_id", Uuid),
    needed("label", Text),
    needed("name", Text),
    needed("state", Text, server_default=text("'open'")),
    needed("made_by", Text),
    needed("made_at", DateTime(timezone=True), server_default=text("clock_timestamp()")),
    needed("changed_by", Text),
    needed("changed_at", DateTime(timezone=True), server_default=text("clock_timestamp()")),
    PrimaryKeyConstraint("region_id", "terminal_id", name="terminal_pk"),
    UniqueConstraint("region_id", "store_id", "label", name="terminal_label_is_once"),
    ForeignKeyConstraint(
        ["region_id", "store_id"],
        ["merchants.store.region_id", "merchants.store.store_id"],
        name="terminal_store_fk",
    ),
    schema="merchants",
)
