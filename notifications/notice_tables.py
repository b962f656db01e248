"""The tables of notices to segments and of bulletins, and the views that are read of them."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    column,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from core.database import metadata, needed

_SCHEMA: Final = "notifications"
_INSTANT: Final = DateTime(timezone=True)
_NOW: Final = text("clock_timestamp()")


def _region(constraint: str) -> Column[Any]:
    return needed("region_id", Integer, ForeignKey("ledger.region.region_id", name=constraint))


template = Table(
    "template",
    metadata,
    _region("template_region_fk"),
    needed("template_id", Uuid),
    needed("name", Text),
    needed("kind", Text),
    needed("texts", JSONB),
    needed("made_by", Text),
    needed("made_at", _INSTANT, server_default=_NOW),
    Column("retired_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "template_id", name="template_pk"),
    schema=_SCHEMA,
)

segment_week = Table(
    "segment_week",
    metadata,
    _region("segment_week_region_fk"),
    needed("month", Date),
    needed("week", Date),
    PrimaryKeyConstraint("region_id", "month", name="segment_week_pk"),
    schema=_SCHEMA,
)

segment_size = Table(
    "segment_size",
    metadata,
    _region("segment_size_region_fk"),
    needed("segment_hash", LargeBinary),
    needed("month", Date),
    Column("release_no", BigInteger),
    needed("estimate", BigInteger),
    needed("low", BigInteger),
    needed("high", BigInteger),
    needed("needed", BigInteger),
    needed("measured_at", _INSTANT, server_default=_NOW),
    PrimaryKeyConstraint("region_id", "segment_hash", "month", name="segment_size_pk"),
    ForeignKeyConstraint(
        ["region_id", "release_no"],
        ["insights.release.region_id", "insights.release.release_no"],
        name="segment_size_release_fk",
    ),
    schema=_SCHEMA,
)

notice = Table(
    "notice",
    metadata,
    needed("region_id", Integer),
    needed("notice_id", Uuid),
    needed("template_id", Uuid),
    needed("kind", Text),
    needed("purpose", Text),
    needed("segment", JSONB),
    Column("send_at", _INSTANT),
    needed("lasts_hours", Integer),
    needed("state", Text, server_default=text("'draft'")),
    Column("segment_hash", LargeBinary),
    Column("sized_in", Date),
    Column("month", Date),
    Column("texts", JSONB(none_as_null=True)),
    Column("request_id", Uuid),
    needed("drafted_by", Text),
    needed("drafted_at", _INSTANT, server_default=_NOW),
    Column("asked_at", _INSTANT),
    Column("approved_by", Text),
    Column("approved_at", _INSTANT),
    Column("begun_at", _INSTANT),
    Column("ended_by", Text),
    Column("ended_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "notice_id", name="notice_pk"),
    ForeignKeyConstraint(
        ["region_id", "template_id"],
        ["notifications.template.region_id", "notifications.template.template_id"],
        name="notice_template_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "segment_hash", "sized_in"],
        [f"notifications.segment_size.{name}" for name in ("region_id", "segment_hash", "month")],
        name="notice_size_fk",
    ),
    Index(
        "notice_of_a_segment_and_month_is_one",
        "region_id",
        "segment_hash",
        "month",
        unique=True,
        postgresql_where=text("state NOT IN ('draft', 'withdrawn')"),
    ),
    Index(
        "notice_due",
        "region_id",
        "send_at",
        postgresql_where=text("state IN ('approved', 'sending')"),
    ),
    schema=_SCHEMA,
)

match_week = Table(
    "match_week",
    metadata,
    _region("match_week_region_fk"),
    needed("week", Date),
    needed("after_seq", BigInteger),
    needed("until_seq", BigInteger),
    PrimaryKeyConstraint("region_id", "week", name="match_week_pk"),
    schema=_SCHEMA,
)

notice_told: Final = table(
    "notice_told",
    *(column(each.name, each.type) for each in notice.c),
    *(column(name, BigInteger) for name in ("release_no", "estimate", "low", "high", "needed")),
    schema=_SCHEMA,
)
template_told: Final = table(
    "template_told", *(column(each.name, each.type) for each in template.c), schema=_SCHEMA
)
notice_log: Final = table(
    "notice_log",
    *(
        column(name, notice.c[name].type)
        for name in (
            *("region_id", "notice_id", "kind", "purpose", "segment", "texts", "state"),
            *("begun_at", "ended_at"),
        )
    ),
    schema=_SCHEMA,
)
match_declared: Final = table(
    "match_declared",
    column("region_id", Integer),
    column("person_id", Uuid),
    column("home_area", Text),
    column("interests", ARRAY(Text)),
    column("purposes", ARRAY(Text)),
    schema=_SCHEMA,
)
match_paid: Final = table(
    "match_paid",
    column("region_id", Integer),
    column("person_id", Uuid),
    column("week", Date),
    column("area", Text),
    column("district", Text),
    column("category", Text),
    column("purposes", ARRAY(Text)),
    schema=_SCHEMA,
)

bulletin = Table(
    "bulletin",
    metadata,
    _region("bulletin_region_fk"),
    needed("bulletin_id", Uuid),
    needed("document", Text),
    needed("drafted_by", Text),
    needed("drafted_at", _INSTANT, server_default=_NOW),
    Column("approved_by", Text),
    Column("approved_at", _INSTANT),
    Column("published", Text),
    Column("published_at", _INSTANT),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", _INSTANT),
    needed("until", _INSTANT),
    PrimaryKeyConstraint("region_id", "bulletin_id", name="bulletin_pk"),
    Index(
        "bulletin_to_sign",
        "region_id",
        postgresql_where=text(
            "approved_at IS NOT NULL AND published IS NULL AND withdrawn_at IS NULL"
        ),
    ),
    Index("bulletin_by_end", "region_id", "until"),
    schema=_SCHEMA,
)

bulletin_told: Final = table(
    "bulletin_told", *(column(each.name, each.type) for each in bulletin.c), schema=_SCHEMA
)
