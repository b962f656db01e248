"""The tables of notices; the migration says what stands in each column."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
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
_EMPTY: Final = text("'{}'")


def _of_person(constraint: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["region_id", "person_id"],
        ["residents.person.region_id", "residents.person.person_id"],
        name=constraint,
    )


def _of_message(constraint: str, named: str = "message_id") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["region_id", named],
        ["notifications.message.region_id", "notifications.message.message_id"],
        name=constraint,
    )


def _region(constraint: str) -> Column[Any]:
    return needed("region_id", Integer, ForeignKey("ledger.region.region_id", name=constraint))


message = Table(
    "message",
    metadata,
    _region("message_region_fk"),
    needed("message_id", Uuid),
    needed("kind", Text),
    needed("audience", Text),
    needed("texts", JSONB),
    needed("why", JSONB),
    needed("consents", ARRAY(Text), server_default=_EMPTY),
    Column("replaces", Uuid),
    needed("state", Text, server_default=text("'active'")),
    needed("made_at", _INSTANT),
    needed("expires_at", _INSTANT),
    Column("ended_at", _INSTANT),
    Column("reach", Text),
    PrimaryKeyConstraint("region_id", "message_id", name="message_pk"),
    ForeignKeyConstraint(
        ["region_id", "message_id", "reach"],
        [f"notifications.alert.{name}" for name in ("region_id", "alert_id", "reach")],
        name="message_alert_fk",
    ),
    _of_message("message_replaces_fk", "replaces"),
    UniqueConstraint("region_id", "replaces", name="message_is_replaced_once"),
    Index(
        "message_to_everybody",
        "region_id",
        "made_at",
        postgresql_where=text("audience = 'everybody'"),
    ),
    schema=_SCHEMA,
)

inbox = Table(
    "inbox",
    metadata,
    needed("region_id", Integer),
    needed("person_id", Uuid),
    needed("item_id", Uuid),
    needed("kind", Text),
    Column("message_id", Uuid),
    Column("about", JSONB(none_as_null=True)),
    needed("at", _INSTANT),
    Column("read_at", _INSTANT),
    needed("expires_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "person_id", "item_id", name="inbox_pk"),
    _of_person("inbox_person_fk"),
    _of_message("inbox_message_fk"),
    Index("inbox_by_age", "region_id", "expires_at"),
    Index("inbox_by_time", "region_id", "person_id", "at"),
    schema=_SCHEMA,
)

preference = Table(
    "preference",
    metadata,
    needed("region_id", Integer),
    needed("person_id", Uuid),
    needed("language", Text, server_default=text("'ja'")),
    Column("home_area", Text),
    needed("interests", ARRAY(Text), server_default=_EMPTY),
    needed("muted", ARRAY(Text), server_default=_EMPTY),
    needed("changed_at", _INSTANT, server_default=_NOW),
    PrimaryKeyConstraint("region_id", "person_id", name="preference_pk"),
    _of_person("preference_person_fk"),
    schema=_SCHEMA,
)

address = Table(
    "address",
    metadata,
    _region("address_region_fk"),
    needed("address_id", Uuid),
    Column("person_id", Uuid),
    needed("channel", Text),
    needed("address", Text),
    Column("p256dh", LargeBinary),
    Column("auth", LargeBinary),
    Column("name", Text),
    Column("secret", LargeBinary),
    needed("state", Text, server_default=text("'active'")),
    Column("why", Text),
    needed("failures", Integer, server_default=text("0")),
    needed("made_at", _INSTANT, server_default=_NOW),
    Column("confirmed_at", _INSTANT),
    Column("dropped_at", _INSTANT),
    Column("kinds", ARRAY(Text)),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", _INSTANT),
    Column("secret_made_at", _INSTANT),
    Column("made_by", Text),
    PrimaryKeyConstraint("region_id", "address_id", name="address_pk"),
    _of_person("address_person_fk"),
    Index(
        "address_is_kept_once",
        "region_id",
        "person_id",
        "channel",
        "address",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("state <> 'dropped'"),
    ),
    Index("address_by_person", "region_id", "person_id"),
    schema=_SCHEMA,
)

outbox = Table(
    "outbox",
    metadata,
    needed("region_id", Integer),
    needed("delivery_id", BigInteger, Identity(always=True)),
    needed("item_id", Uuid),
    needed("kind", Text),
    Column("message_id", Uuid),
    Column("person_id", Uuid),
    needed("channel", Text),
    Column("address_id", Uuid),
    needed("state", Text, server_default=text("'waiting'")),
    Column("why", Text),
    needed("tries", Integer, server_default=text("0")),
    needed("not_before", _INSTANT, server_default=_NOW),
    needed("expires_at", _INSTANT),
    needed("made_at", _INSTANT, server_default=_NOW),
    Column("ended_at", _INSTANT),
    needed("tells", Text, server_default=text("'message'")),
    PrimaryKeyConstraint("region_id", "delivery_id", name="outbox_pk"),
    _of_person("outbox_person_fk"),
    _of_message("outbox_message_fk"),
    ForeignKeyConstraint(
        ["region_id", "address_id"],
        ["notifications.address.region_id", "notifications.address.address_id"],
        name="outbox_address_fk",
    ),
    UniqueConstraint(
        "region_id",
        "item_id",
        "person_id",
        "channel",
        "address_id",
        name="outbox_tells_each_once",
        postgresql_nulls_not_distinct=True,
    ),
    Index(
        "outbox_due",
        "region_id",
        "channel",
        text("(kind <> 'emergency')"),
        "not_before",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("outbox_over", "region_id", "expires_at", postgresql_where=text("state = 'waiting'")),
    Index("outbox_dead", "region_id", "delivery_id", postgresql_where=text("state = 'dead'")),
    Index("outbox_by_age", "region_id", "made_at"),
    Index(
        "outbox_to_partners",
        "region_id",
        "address_id",
        "delivery_id",
        postgresql_where=text("channel = 'webhook'"),
    ),
    Index(
        "outbox_text_messages",
        "region_id",
        "person_id",
        "made_at",
        postgresql_where=text("channel = 'sms' AND kind <> 'emergency'"),
    ),
    schema=_SCHEMA,
)

received = Table(
    "received",
    metadata,
    needed("region_id", Integer),
    needed("person_id", Uuid),
    needed("month", Date),
    needed("number", Integer),
    needed("message_id", Uuid),
    PrimaryKeyConstraint("region_id", "person_id", "month", "number", name="received_pk"),
    UniqueConstraint("region_id", "person_id", "message_id", name="received_is_counted_once"),
    _of_person("received_person_fk"),
    _of_message("received_message_fk"),
    schema=_SCHEMA,
)

way = Table(
    "way",
    metadata,
    _region("way_region_fk"),
    needed("channel", Text),
    Column("carried_at", _INSTANT),
    needed("addresses", BigInteger),
    needed("counted_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "channel", name="way_pk"),
    schema=_SCHEMA,
)
way_told: Final = table(
    "way_told", *(column(each.name, each.type) for each in way.c), schema=_SCHEMA
)

partner_told: Final = table(
    "partner_told",
    column("region_id", Integer),
    column("partner_id", Uuid),
    *(
        column(name, address.c[name].type)
        for name in (
            *("name", "address", "kinds", "state", "why", "secret_made_at", "old_secret_until"),
            *("made_by", "made_at", "dropped_at"),
        )
    ),
    column("told_at", _INSTANT),
    column("waiting", BigInteger),
    column("dead", BigInteger),
    schema=_SCHEMA,
)
partner_delivery_told: Final = table(
    "partner_delivery_told",
    *(
        column(name, outbox.c[name].type)
        for name in (
            *("region_id", "delivery_id", "tells", "kind", "item_id", "message_id", "state"),
            *("why", "tries", "not_before", "made_at", "ended_at"),
        )
    ),
    column("partner_id", Uuid),
    schema=_SCHEMA,
)

dead_letter: Final = table(
    "dead_letter",
    *(
        column(name, outbox.c[name].type)
        for name in ("region_id", "delivery_id", "channel", "kind", "message_id", "why", "tries")
    ),
    column("ended_at", _INSTANT),
    column("over", Text),
    column("tells", Text),
    schema=_SCHEMA,
)
"""What could not be sent, without whom it was for: `ended_at` is the hour, `over` why trying again
would tell nobody."""
