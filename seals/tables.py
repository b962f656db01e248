"""The tables of sealed history as statements read them; migration 0003 makes them and says why."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.database import metadata

SCHEMA = "seals"
_REGION = "ledger.region.region_id"
_INSTANT = DateTime(timezone=True)
_BLOCK = ["seals.block.region_id", "seals.block.number"]


def _needed(name: str, kind: Any, *more: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=False)


block = Table(
    "block",
    metadata,
    _needed("region_id", Integer, ForeignKey(_REGION, name="block_region_fk")),
    _needed("number", BigInteger),
    _needed("first_seq", BigInteger),
    _needed("last_seq", BigInteger),
    _needed("root", LargeBinary),
    _needed("previous", LargeBinary),
    _needed("skip", LargeBinary),
    _needed("sealed_at", _INSTANT),
    _needed("hash", LargeBinary),
    _needed("key_id", Text, ForeignKey("seals.key.key_id", name="block_key_fk")),
    _needed("signature", LargeBinary),
    _needed("leaves", LargeBinary),
    _needed("hints", LargeBinary),
    UniqueConstraint("region_id", "last_seq", name="block_by_last_seq"),
    PrimaryKeyConstraint("region_id", "number", name="block_pk"),
    schema=SCHEMA,
)

salt = Table(
    "salt",
    metadata,
    _needed("region_id", Integer),
    _needed("number", BigInteger),
    _needed("salts", LargeBinary),
    PrimaryKeyConstraint("region_id", "number", name="salt_pk"),
    ForeignKeyConstraint(["region_id", "number"], _BLOCK, name="salt_block_fk"),
    schema=SCHEMA,
)

erasure = Table(
    "erasure",
    metadata,
    _needed("region_id", Integer, ForeignKey(_REGION, name="erasure_region_fk")),
    _needed("seq", BigInteger),
    _needed("erased_at", _INSTANT),
    _needed("salts", ARRAY(LargeBinary)),
    _needed("digests", ARRAY(LargeBinary)),
    PrimaryKeyConstraint("region_id", "seq", name="erasure_pk"),
    schema=SCHEMA,
)

publication = Table(
    "publication",
    metadata,
    _needed("region_id", Integer),
    _needed("day", Date),
    _needed("number", BigInteger),
    _needed("published_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "day", name="publication_pk"),
    ForeignKeyConstraint(["region_id", "number"], _BLOCK, name="publication_block_fk"),
    schema=SCHEMA,
)

turn = Table(
    "turn",
    metadata,
    _needed("region_id", Integer, ForeignKey(_REGION, name="turn_region_fk")),
    PrimaryKeyConstraint("region_id", name="turn_pk"),
    schema=SCHEMA,
)

key = Table(
    "key",
    metadata,
    _needed("key_id", Text),
    _needed("public", LargeBinary),
    _needed("made_at", _INSTANT),
    PrimaryKeyConstraint("key_id", name="key_pk"),
    schema=SCHEMA,
)
