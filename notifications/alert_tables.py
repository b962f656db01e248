"""The table of alerts, and the views that are read of it."""

from typing import Final

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    column,
    table,
    text,
)

from core.database import metadata, needed

_SCHEMA: Final = "notifications"
_INSTANT: Final = DateTime(timezone=True)

alert = Table(
    "alert",
    metadata,
    needed("region_id", Integer, ForeignKey("ledger.region.region_id", name="alert_region_fk")),
    needed("alert_id", Uuid),
    needed("status", Text),
    needed("message_type", Text),
    Column("earlier", Uuid),
    needed("document", Text),
    needed("drafted_by", Text),
    needed("drafted_at", _INSTANT, server_default=text("clock_timestamp()")),
    Column("approved_by", Text),
    Column("approved_at", _INSTANT),
    Column("cap", Text),
    needed("reach", Text, server_default=text("'nobody'")),
    needed("expires_at", _INSTANT),
    Column("spread_after", Uuid),
    Column("spread_at", _INSTANT),
    Column("upstream_id", Uuid),
    Column("upstream_approval", Text),
    PrimaryKeyConstraint("region_id", "alert_id", name="alert_pk"),
    UniqueConstraint("region_id", "alert_id", "status", name="alert_has_one_status"),
    UniqueConstraint("region_id", "alert_id", "reach", name="alert_has_one_reach"),
    ForeignKeyConstraint(
        ["region_id", "earlier", "status"],
        [f"notifications.alert.{name}" for name in ("region_id", "alert_id", "status")],
        name="alert_earlier_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "upstream_id", "upstream_approval"],
        [
            f"notifications.alert_upstream.{name}"
            for name in ("region_id", "upstream_id", "approval")
        ],
        name="alert_upstream_fk",
    ),
    Index(
        "alert_is_followed_once",
        "region_id",
        "earlier",
        unique=True,
        postgresql_where=text("approved_at IS NOT NULL"),
    ),
    Index(
        "alert_to_spread",
        "region_id",
        postgresql_where=text("reach = 'residents' AND spread_at IS NULL"),
    ),
    schema=_SCHEMA,
)

alert_told: Final = table(
    "alert_told",
    *(
        column(name, alert.c[name].type)
        for name in (
            *("region_id", "alert_id", "document", "drafted_by", "drafted_at", "approved_by"),
            *("approved_at", "cap", "reach", "expires_at"),
        )
    ),
    column("later", Uuid),
    column("later_type", Text),
    column("upstream_id", Uuid),
    schema=_SCHEMA,
)
match_everybody: Final = table(
    "match_everybody", column("region_id", Integer), column("person_id", Uuid), schema=_SCHEMA
)
