"""The tables of benefits' lists: each line by a reference and a keyed hash, and who said no."""

from sqlalchemy import (
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

from core.database import metadata

benefit_list = Table(
    "benefit_list",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("list_id", Uuid, nullable=False),
    Column("benefit_id", Uuid, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    PrimaryKeyConstraint("region_id", "list_id", name="benefit_list_pk"),
    ForeignKeyConstraint(
        ["region_id", "benefit_id"],
        ["ledger.holder.region_id", "ledger.holder.holder_id"],
        name="benefit_list_holder_fk",
    ),
    Index("benefit_list_by_benefit", "region_id", "benefit_id"),
    schema="campaigns",
)

benefit_line = Table(
    "benefit_line",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("line_id", Uuid, nullable=False),
    Column("list_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("reference", Text, nullable=False),
    Column("mac", LargeBinary),
    Column("group_name", Text),
    PrimaryKeyConstraint("region_id", "line_id", name="benefit_line_pk"),
    ForeignKeyConstraint(
        ["region_id", "list_id"],
        ["campaigns.benefit_list.region_id", "campaigns.benefit_list.list_id"],
        name="benefit_line_list_fk",
    ),
    UniqueConstraint("region_id", "list_id", "line", name="benefit_line_is_one"),
    UniqueConstraint("region_id", "list_id", "reference", name="benefit_line_reference_is_one"),
    UniqueConstraint("region_id", "list_id", "mac", name="benefit_line_person_is_one"),
    schema="campaigns",
)

benefit_decline = Table(
    "benefit_decline",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("line_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    PrimaryKeyConstraint("region_id", "line_id", "person_id", name="benefit_decline_pk"),
    ForeignKeyConstraint(
        ["region_id", "line_id"],
        ["campaigns.benefit_line.region_id", "campaigns.benefit_line.line_id"],
        name="benefit_decline_line_fk",
    ),
    Index("benefit_decline_by_person", "region_id", "person_id", "line_id"),
    schema="campaigns",
)
