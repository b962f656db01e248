"""The tables of applications to become a merchant, their documents, and merchants' businesses."""

from typing import Any

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
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from core.database import metadata

_TO_FORGET = text("forgotten_at IS NULL AND state IN ('more_asked', 'refused', 'withdrawn')")


def _now(name: str) -> Column[Any]:
    return Column(
        name, DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    )


def _of_a_merchant(name: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["region_id", "merchant_id"],
        ["merchants.merchant.region_id", "merchants.merchant.merchant_id"],
        name=name,
    )


application = Table(
    "application",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("application_id", Uuid, nullable=False),
    Column("reference_hash", LargeBinary),
    Column("state", Text, nullable=False, server_default=text("'submitted'")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("form", JSONB(none_as_null=True)),
    Column("search", Text, nullable=False),
    Column("merchant_class", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("written_by", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    _now("made_at"),
    _now("changed_at"),
    Column("told", Text),
    Column("merchant_id", Uuid),
    Column("forgotten_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "application_id", name="application_pk"),
    _of_a_merchant("application_merchant_fk"),
    Index("application_by_state", "region_id", "state", "application_id"),
    Index("application_to_forget", "region_id", "changed_at", postgresql_where=_TO_FORGET),
    schema="merchants",
)

document = Table(
    "application_document",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("application_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary),
    Column("made_by", Text, nullable=False),
    _now("made_at"),
    Column("seen_by", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("forgotten_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "document_id", name="application_document_pk"),
    ForeignKeyConstraint(
        ["region_id", "application_id"],
        ["merchants.application.region_id", "merchants.application.application_id"],
        name="application_document_application_fk",
    ),
    Index("application_document_by_application", "region_id", "application_id", "document_id"),
    Index(
        "application_document_to_forget",
        "region_id",
        "application_id",
        postgresql_where=text("kind = 'identity' AND forgotten_at IS NULL"),
    ),
    schema="merchants",
)

business = Table(
    "business",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("merchant_id", Uuid, nullable=False),
    Column("legal_name", Text, nullable=False),
    Column("representative", Text, nullable=False),
    Column("postal_code", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("telephone", Text, nullable=False),
    Column("corporate_number", Text),
    Column("registration_number", Text),
    Column("changed_by", Text, nullable=False),
    _now("changed_at"),
    PrimaryKeyConstraint("region_id", "merchant_id", name="business_pk"),
    _of_a_merchant("business_merchant_fk"),
    schema="merchants",
)
