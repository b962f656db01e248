"""The table of campaigns' terms: immutable, each known by its hash."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from core.database import metadata

terms = Table(
    "terms",
    metadata,
    Column(
        "region_id",
        Integer,
        ForeignKey("ledger.region.region_id", name="terms_region_fk"),
        nullable=False,
    ),
    Column("terms_hash", LargeBinary, nullable=False),
    Column("form", Text, nullable=False),
    PrimaryKeyConstraint("region_id", "terms_hash", name="terms_pk"),
    schema="campaigns",
)
