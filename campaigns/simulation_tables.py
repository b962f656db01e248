"""The table of simulations, and the view of it for roles that see no person."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
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
from sqlalchemy.dialects.postgresql import JSONB

from core.database import metadata

_INSTANT = DateTime(timezone=True)

simulation = Table(
    "simulation",
    metadata,
    Column(
        "region_id",
        Integer,
        ForeignKey("ledger.region.region_id", name="simulation_region_fk"),
        nullable=False,
    ),
    Column("simulation_id", Uuid, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("asked_at", _INSTANT, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("form_hash", LargeBinary, nullable=False),
    Column("question", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("payments", BigInteger, nullable=False, server_default=text("0")),
    Column("entries", BigInteger, nullable=False, server_default=text("0")),
    Column("started_at", _INSTANT),
    Column("ended_at", _INSTANT),
    Column("failure", Text),
    Column("exact", JSONB),
    PrimaryKeyConstraint("region_id", "simulation_id", name="simulation_pk"),
    CheckConstraint(
        "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
        name="simulation_state_is_known",
    ),
    Index(
        "simulation_waits",
        "region_id",
        "simulation_id",
        postgresql_where=text("state IN ('queued', 'running')"),
    ),
    Index("simulation_by_day", "region_id", "asked_on"),
    schema="campaigns",
)

_TOLD: Final = {
    *("region_id", "simulation_id", "asked_by", "role", "asked_at", "form_hash", "question"),
    *("state", "failure"),
}
told: Final = table(
    "simulation_told",
    *(column(each.name, each.type) for each in simulation.c if each.name in _TOLD),
    schema="campaigns",
)
"""Without a figure that counts what people did."""
