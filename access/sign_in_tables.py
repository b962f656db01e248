"""The tables of signing in: sessions, challenges, allowances and messages on their way."""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from core.database import metadata

session = Table(
    "session",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("face", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("post_id", Uuid),
    Column("device_id", Uuid),
    Column("installation_id", Uuid),
    Column("method", Text, nullable=False),
    Column("client", Text, nullable=False, server_default=text("''")),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column(
        "used_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
    PrimaryKeyConstraint("region_id", "session_id", name="session_pk"),
    ForeignKeyConstraint(
        ["region_id", "post_id"],
        ["access.post.region_id", "access.post.post_id"],
        name="session_post_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "device_id"],
        ["access.device.region_id", "access.device.device_id"],
        name="session_device_fk",
    ),
    Index("session_by_subject", "region_id", "subject_id", "session_id"),
    Index(
        "session_by_installation",
        "region_id",
        "installation_id",
        postgresql_where=text("installation_id IS NOT NULL"),
    ),
    schema="access",
)

refresh = Table(
    "refresh",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "token_hash", name="refresh_pk"),
    ForeignKeyConstraint(
        ["region_id", "session_id"],
        ["access.session.region_id", "access.session.session_id"],
        name="refresh_session_fk",
    ),
    Index("refresh_by_time", "region_id", "expires_at"),
    Index("refresh_by_session", "region_id", "session_id"),
    schema="access",
)

challenge = Table(
    "challenge",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("challenge_id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("subject_id", Uuid),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("tries_left", SmallInteger, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "challenge_id", name="challenge_pk"),
    Index("challenge_by_time", "region_id", "expires_at"),
    schema="access",
)

allowance = Table(
    "allowance",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("begins_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("used", Integer, nullable=False),
    PrimaryKeyConstraint("region_id", "name", "key", "begins_at", name="allowance_pk"),
    Index("allowance_by_time", "region_id", "ends_at"),
    schema="access",
)

failure = Table(
    "failure",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("failures", Integer, nullable=False),
    Column(
        "counted_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column(
        "blocked_until",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    PrimaryKeyConstraint("region_id", "name", "key", name="failure_pk"),
    Index("failure_by_time", "region_id", "counted_at"),
    schema="access",
)

message = Table(
    "message",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column(
        "not_before",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("ended_at", DateTime(timezone=True)),
    Column("failure", Text),
    PrimaryKeyConstraint("region_id", "message_id", name="message_pk"),
    Index("message_waiting", "region_id", "not_before", postgresql_where=text("state = 'waiting'")),
    schema="access",
)
