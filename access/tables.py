"""The tables of who may come in, and of what they did."""

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
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from core.database import metadata

login = Table(
    "login",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("login_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'active'")),
    Column("password_hash", Text),
    Column("totp_sealed", LargeBinary),
    Column("totp_step", BigInteger, nullable=False, server_default=text("0")),
    Column("upstream", Text),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("sessions_ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "login_id", name="login_pk"),
    UniqueConstraint("region_id", "email_key", name="login_email_is_one"),
    UniqueConstraint("region_id", "upstream", name="login_upstream_is_one"),
    schema="access",
)

post = Table(
    "post",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("post_id", Uuid, nullable=False),
    Column("login_id", Uuid, nullable=False),
    Column("face", Text, nullable=False),
    Column("merchant_id", Uuid),
    Column("role", Text, nullable=False),
    Column("stores", ARRAY(Uuid)),
    Column("given_by", Text, nullable=False),
    Column(
        "given_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "post_id", name="post_pk"),
    ForeignKeyConstraint(
        ["region_id", "login_id"],
        ["access.login.region_id", "access.login.login_id"],
        name="post_login_fk",
    ),
    Index(
        "post_is_held_once",
        "region_id",
        "login_id",
        "face",
        "merchant_id",
        "role",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(
        "post_by_merchant",
        "region_id",
        "merchant_id",
        "post_id",
        postgresql_where=text("merchant_id IS NOT NULL"),
    ),
    schema="access",
)

invitation = Table(
    "invitation",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("invitation_id", Uuid, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("face", Text, nullable=False),
    Column("merchant_id", Uuid),
    Column("role", Text, nullable=False),
    Column("stores", ARRAY(Uuid)),
    Column("made_by", Text, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("accepted_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "invitation_id", name="invitation_pk"),
    UniqueConstraint("secret_hash", name="invitation_secret_is_one"),
    schema="access",
)

device = Table(
    "device",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("face", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("credential_id", LargeBinary),
    Column("sign_count", BigInteger, nullable=False, server_default=text("0")),
    Column("name", Text, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column(
        "usable_from",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
    Column("used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("asked_with", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("region_id", "device_id", name="device_pk"),
    UniqueConstraint("region_id", "credential_id", name="device_credential_is_one"),
    UniqueConstraint("region_id", "public_key", name="device_key_is_one"),
    Index("device_by_subject", "region_id", "subject_id", "device_id"),
    schema="access",
)

login_device = Table(
    "login_device",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("login_id", Uuid, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column(
        "used_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    PrimaryKeyConstraint("region_id", "login_id", "device_id", name="login_device_pk"),
    ForeignKeyConstraint(
        ["region_id", "login_id"],
        ["access.login.region_id", "access.login.login_id"],
        name="login_device_login_fk",
    ),
    schema="access",
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("login_id", Uuid, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("region_id", "login_id", "code_hash", name="recovery_code_pk"),
    ForeignKeyConstraint(
        ["region_id", "login_id"],
        ["access.login.region_id", "access.login.login_id"],
        name="recovery_code_login_fk",
    ),
    schema="access",
)

client = Table(
    "client",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("client_id", Uuid, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("merchant_id", Uuid, nullable=False),
    Column("stores", ARRAY(Uuid)),
    Column("name", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("kept_by", Uuid, nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("used_at", DateTime(timezone=True)),
    Column("stopped_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "client_id", name="client_pk"),
    Index("client_by_merchant", "region_id", "merchant_id", "client_id"),
    Index("client_by_keeper", "region_id", "kept_by", "client_id"),
    schema="access",
)

request = Table(
    "request",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("object_id", Uuid, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_with", ARRAY(Uuid), nullable=False),
    Column(
        "made_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")
    ),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "request_id", name="request_pk"),
    Index("request_by_state", "region_id", "state", "request_id"),
    schema="access",
)

act = Table(
    "act",
    metadata,
    Column("region_id", Integer, nullable=False),
    Column("act_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("actor", Text, nullable=False),
    Column("role", Text),
    Column("act", Text, nullable=False),
    Column("object_id", Uuid),
    Column("person_id", Uuid),
    Column("reason", Text),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("region_id", "act_id", name="act_pk"),
    Index(
        "act_by_person",
        "region_id",
        "person_id",
        "act_id",
        postgresql_where=text("person_id IS NOT NULL"),
    ),
    Index("act_by_actor", "region_id", "actor", "act_id"),
    Index(
        "act_by_object",
        "region_id",
        "object_id",
        "act_id",
        postgresql_where=text("object_id IS NOT NULL"),
    ),
    schema="access",
)
