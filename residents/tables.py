"""The tables of people: all that is personal, apart from the ledger."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
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
from sqlalchemy.dialects.postgresql import ARRAY

from core.database import metadata

person = Table(
    "person",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("phone", Text),
    Column("name", Text),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("closed_at", DateTime(timezone=True)),
    Column("pin_hash", Text),
    Column("pin_failures", Integer, nullable=False, server_default=text("0")),
    Column("pin_locked_until", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "person_id", name="person_pk"),
    ForeignKeyConstraint(
        ["region_id"],
        ["ledger.region.region_id"],
        name="person_region_fk",
    ),
    UniqueConstraint("region_id", "phone", name="person_phone_is_one"),
    schema="residents",
)

number_change = Table(
    "number_change",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("change_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("new_phone", Text, nullable=False),
    Column("asked_with", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column(
        "asked_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("holds_from", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "change_id", name="number_change_pk"),
    ForeignKeyConstraint(
        ["region_id", "person_id"],
        ["residents.person.region_id", "residents.person.person_id"],
        name="number_change_person_fk",
    ),
    Index(
        "number_change_waits_once",
        "region_id",
        "person_id",
        unique=True,
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "number_change_by_phone",
        "region_id",
        "new_phone",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "number_change_by_time",
        "region_id",
        "holds_from",
        postgresql_where=text("state = 'waiting'"),
    ),
    schema="residents",
)

verification = Table(
    "verification",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("verification_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("tier", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("verified_by", Text, nullable=False),
    Column(
        "verified_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("expires_on", Date),
    Column("area", Text),
    Column("age_band", Text),
    PrimaryKeyConstraint("region_id", "verification_id", name="verification_pk"),
    ForeignKeyConstraint(
        ["region_id", "person_id"],
        ["residents.person.region_id", "residents.person.person_id"],
        name="verification_person_fk",
    ),
    Index("verification_by_person", "region_id", "person_id", "verification_id"),
    schema="residents",
)

consent = Table(
    "consent",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("consent_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("is_given", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    PrimaryKeyConstraint("region_id", "consent_id", name="consent_pk"),
    ForeignKeyConstraint(
        ["region_id", "person_id"],
        ["residents.person.region_id", "residents.person.person_id"],
        name="consent_person_fk",
    ),
    Index("consent_by_person", "region_id", "person_id", "consent_id"),
    schema="residents",
)
