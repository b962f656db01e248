"""The tables of upstreams, and of what they sent; the migration says what is in each column."""

from typing import Final

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
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

_SCHEMA: Final = "notifications"
_INSTANT: Final = DateTime(timezone=True)

alert_upstream = Table(
    "alert_upstream",
    metadata,
    needed(
        "region_id", Integer, ForeignKey("ledger.region.region_id", name="alert_upstream_region_fk")
    ),
    needed("upstream_id", Uuid),
    needed("sender", Text),
    needed("document", Text),
    needed("drafted_by", Text),
    needed("drafted_at", _INSTANT, server_default=text("clock_timestamp()")),
    needed("approval", Text, server_default=text("'asked'")),
    Column("approved_by", Text),
    Column("approved_at", _INSTANT),
    Column("revoked_by", Text),
    Column("revoked_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "upstream_id", name="alert_upstream_pk"),
    UniqueConstraint(
        "region_id", "upstream_id", "approval", name="alert_upstream_has_one_approval"
    ),
    Index(
        "alert_upstream_speaks_for_its_sender",
        "region_id",
        "sender",
        unique=True,
        postgresql_where=text("approval = 'approved' AND revoked_at IS NULL"),
    ),
    schema=_SCHEMA,
)

cap_arrival = Table(
    "cap_arrival",
    metadata,
    needed("region_id", Integer),
    needed("arrival_id", Uuid),
    needed("upstream_id", Uuid),
    needed("at", _INSTANT),
    needed("xml", LargeBinary),
    needed("digest", LargeBinary),
    needed("outcome", Text),
    Column("refusal", Text),
    Column("sender", Text),
    Column("identifier", Text),
    Column("sent_at", _INSTANT),
    Column("event", Text),
    Column("alert_id", Uuid),
    PrimaryKeyConstraint("region_id", "arrival_id", name="cap_arrival_pk"),
    ForeignKeyConstraint(
        ["region_id", "upstream_id"],
        [f"notifications.alert_upstream.{name}" for name in ("region_id", "upstream_id")],
        name="cap_arrival_upstream_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "alert_id"],
        [f"notifications.alert.{name}" for name in ("region_id", "alert_id")],
        name="cap_arrival_alert_fk",
    ),
    Index(
        "cap_arrival_is_taken_once",
        "region_id",
        "sender",
        "identifier",
        unique=True,
        postgresql_where=text("outcome <> 'refused'"),
    ),
    Index(
        "cap_arrival_is_refused_once",
        "region_id",
        "upstream_id",
        "digest",
        "refusal",
        unique=True,
        postgresql_where=text("outcome = 'refused'"),
    ),
    Index(
        "cap_arrival_of_alert",
        "region_id",
        "alert_id",
        unique=True,
        postgresql_where=text("alert_id IS NOT NULL"),
    ),
    schema=_SCHEMA,
)
