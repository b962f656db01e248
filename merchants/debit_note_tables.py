"""The table of debit notes; the migration says what stands in each column."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
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
)

from core.database import metadata, needed

debit_note = Table(
    "debit_note",
    metadata,
    needed("region_id", Integer),
    needed("note_id", Uuid),
    needed("number", BigInteger),
    Column("previous", BigInteger),
    needed("merchant_id", Uuid),
    needed("amount_yen", BigInteger),
    needed("due_on", Date),
    needed("issued_seq", BigInteger),
    needed("content", LargeBinary),
    needed("digest", LargeBinary),
    needed("issued_at", DateTime(timezone=True)),
    needed("issued_by", Text),
    Column("corrects", BigInteger),
    PrimaryKeyConstraint("region_id", "note_id", name="debit_note_pk"),
    UniqueConstraint("region_id", "number", name="debit_note_number_is_its_own"),
    ForeignKeyConstraint(
        ["region_id", "previous"],
        ["merchants.debit_note.region_id", "merchants.debit_note.number"],
        name="debit_note_follows_the_one_before",
    ),
    UniqueConstraint(
        "region_id", "merchant_id", "number", name="debit_note_number_is_of_its_merchant"
    ),
    UniqueConstraint("region_id", "corrects", name="debit_note_is_corrected_once"),
    ForeignKeyConstraint(
        ["region_id", "merchant_id", "corrects"],
        [
            "merchants.debit_note.region_id",
            "merchants.debit_note.merchant_id",
            "merchants.debit_note.number",
        ],
        name="debit_note_corrects_one_of_its_merchant",
    ),
    ForeignKeyConstraint(
        ["region_id", "merchant_id"],
        ["merchants.merchant.region_id", "merchants.merchant.merchant_id"],
        name="debit_note_merchant_fk",
    ),
    Index("debit_note_by_merchant", "region_id", "merchant_id", "number"),
    schema="merchants",
)
