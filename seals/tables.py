"""The tables of sealed history as statements read them; migration 0003 makes them and says why."""

from sqlalchemy import (
    BigInteger,
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

from core.database import metadata, needed

SCHEMA = "seals"
_REGION = "ledger.region.region_id"
_INSTANT = DateTime(timezone=True)
_BLOCK = ["seals.block.region_id", "seals.block.number"]


block = Table(
    "block",
    metadata,
    needed("region_id", Integer, ForeignKey(_REGION, name="block_region_fk")),
    needed("number", BigInteger),
    needed("first_seq", BigInteger),
    needed("last_seq", BigInteger),
    needed("root", LargeBinary),
    needed("previous", LargeBinary),
    needed("skip", LargeBinary),
    needed("sealed_at", _INSTANT),
    needed("hash", LargeBinary),
    needed("key_id", Text, ForeignKey("seals.key.key_id", name="block_key_fk")),
    needed("signature", LargeBinary),
    needed("leaves", LargeBinary),
    needed("hints", LargeBinary),
    UniqueConstraint("region_id", "last_seq", name="block_by_last_seq"),
    PrimaryKeyConstraint("region_id", "number", name="block_pk"),
    schema=SCHEMA,
)

salt = Table(
    "salt",
    metadata,
    needed("region_id", Integer),
    needed("number", BigInteger),
    needed("salts", LargeBinary),
    PrimaryKeyConstraint("region_id", "number", name="salt_pk"),
    ForeignKeyConstraint(["region_id", "number"], _BLOCK, name="salt_block_fk"),
    schema=SCHEMA,
)

erasure = Table(
    "erasure",
    metadata,
    needed("region_id", Integer, ForeignKey(_REGION, name="erasure_region_fk")),
    needed("seq", BigInteger),
    needed("erased_at", _INSTANT),
    needed("salts", ARRAY(LargeBinary)),
    needed("digests", ARRAY(LargeBinary)),
    PrimaryKeyConstraint("region_id", "seq", name="erasure_pk"),
    schema=SCHEMA,
)

publication = Table(
    "publication",
    metadata,
    needed("region_id", Integer),
    needed("day", Date),
    needed("number", BigInteger),
    needed("published_at", _INSTANT),
    PrimaryKeyConstraint("region_id", "day", name="publication_pk"),
    ForeignKeyConstraint(["region_id", "number"], _BLOCK, name="publication_block_fk"),
    schema=SCHEMA,
)

turn = Table(
    "turn",
    metadata,
    needed("region_id", Integer, ForeignKey(_REGION, name="turn_region_fk")),
    PrimaryKeyConstraint("region_id", name="turn_pk"),
    schema=SCHEMA,
)

key = Table(
    "key",
    metadata,
    needed("key_id", Text),
    needed("public", LargeBinary),
    needed("made_at", _INSTANT),
    PrimaryKeyConstraint("key_id", name="key_pk"),
    schema=SCHEMA,
)
