"""The tables of webhooks; the migration says what stands in each column."""

from typing import Any

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
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.database import metadata, needed


def _moment(name: str) -> Column[Any]:
    return needed(name, DateTime(timezone=True), server_default=text("clock_timestamp()"))


def _count(name: str) -> Column[Any]:
    return needed(name, Integer, server_default=text("0"))


webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    needed("region_id", Integer),
    needed("endpoint_id", Uuid),
    needed("merchant_id", Uuid),
    needed("url", Text),
    needed("description", Text),
    needed("event_types", ARRAY(Text)),
    Column("stores", ARRAY(Uuid)),
    needed("state", Text, server_default=text("'enabled'")),
    needed("state_why", Text, server_default=text("'by-staff'")),
    _moment("state_changed_at"),
    Column("secret", LargeBinary),
    _moment("secret_made_at"),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", DateTime(timezone=True)),
    needed("after_seq", BigInteger),
    _count("failures"),
    Column("failing_since", DateTime(timezone=True)),
    Column("rests_until", DateTime(timezone=True)),
    needed("made_by", Text),
    _moment("made_at"),
    PrimaryKeyConstraint("region_id", "endpoint_id", name="webhook_endpoint_pk"),
    ForeignKeyConstraint(
        ["region_id", "merchant_id"],
        ["merchants.merchant.region_id", "merchants.merchant.merchant_id"],
        name="webhook_endpoint_merchant_fk",
    ),
    Index("webhook_endpoint_by_merchant", "region_id", "merchant_id", "endpoint_id"),
    schema="merchants",
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    needed("region_id", Integer),
    needed("delivery_id", Uuid),
    needed("endpoint_id", Uuid),
    needed("event_type", Text),
    Column("entry_id", Uuid),
    Column("seq", BigInteger),
    Column("store_id", Uuid),
    needed("body", Text),
    needed("state", Text, server_default=text("'waiting'")),
    _count("tries"),
    _count("attempts"),
    _moment("not_before"),
    needed("expires_at", DateTime(timezone=True)),
    _moment("made_at"),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "delivery_id", name="webhook_delivery_pk"),
    ForeignKeyConstraint(
        ["region_id", "endpoint_id"],
        ["merchants.webhook_endpoint.region_id", "merchants.webhook_endpoint.endpoint_id"],
        name="webhook_delivery_endpoint_fk",
    ),
    Index(
        "webhook_delivery_due", "region_id", "endpoint_id", "not_before",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "webhook_delivery_over", "region_id", "expires_at",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("webhook_delivery_by_endpoint", "region_id", "endpoint_id", "delivery_id"),
    Index("webhook_delivery_by_age", "region_id", "made_at"),
    schema="merchants",
)  # fmt: skip

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    needed("region_id", Integer),
    needed("delivery_id", Uuid),
    needed("attempt", Integer),
    needed("at", DateTime(timezone=True)),
    needed("duration_ms", Integer),
    Column("status", Integer),
    needed("outcome", Text),
    PrimaryKeyConstraint("region_id", "delivery_id", "attempt", name="webhook_attempt_pk"),
    ForeignKeyConstraint(
        ["region_id", "delivery_id"],
        ["merchants.webhook_delivery.region_id", "merchants.webhook_delivery.delivery_id"],
        name="webhook_attempt_delivery_fk",
        ondelete="CASCADE",
    ),
    schema="merchants",
)
