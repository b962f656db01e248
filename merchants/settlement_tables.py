"""The tables of settlements; the migration says what stands in each column."""

from typing import Any

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
    text,
)

from core.database import metadata


def _needed(name: str, kind: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **options)


settlement_run = Table(
    "settlement_run",
    metadata,
    _needed("region_id", Integer),
    _needed("run_id", Uuid),
    _needed("first_day", Date),
    _needed("last_day", Date),
    _needed("pays_on", Date),
    _needed("until_seq", BigInteger),
    _needed("state", Text, server_default=text("'closing'")),
    _needed("opened_at", DateTime(timezone=True), server_default=text("clock_timestamp()")),
    Column("closed_at", DateTime(timezone=True)),
    Column("reviewed_by", Text),
    Column("reviewed_at", DateTime(timezone=True)),
    Column("approved_by", Text),
    Column("approved_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "run_id", name="settlement_run_pk"),
    UniqueConstraint("region_id", "last_day", name="settlement_run_is_one_of_its_day"),
    schema="merchants",
)

transfer_file = Table(
    "transfer_file",
    metadata,
    _needed("region_id", Integer),
    _needed("file_id", Uuid),
    _needed("run_id", Uuid),
    _needed("pays_on", Date),
    _needed("content", LargeBinary),
    _needed("sha256", LargeBinary),
    _needed("transfers", Integer),
    _needed("total_yen", BigInteger),
    _needed("state", Text, server_default=text("'made'")),
    _needed("made_by", Text),
    _needed("made_at", DateTime(timezone=True), server_default=text("clock_timestamp()")),
    Column("sent_by", Text),
    Column("sent_at", DateTime(timezone=True)),
    Column("paid_by", Text),
    Column("paid_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("region_id", "file_id", name="transfer_file_pk"),
    ForeignKeyConstraint(
        ["region_id", "run_id"],
        ["merchants.settlement_run.region_id", "merchants.settlement_run.run_id"],
        name="transfer_file_run_fk",
    ),
    Index("transfer_file_by_run", "region_id", "run_id", "file_id"),
    schema="merchants",
)

settlement = Table(
    "settlement",
    metadata,
    _needed("region_id", Integer),
    _needed("settlement_id", Uuid),
    _needed("run_id", Uuid),
    _needed("merchant_id", Uuid),
    _needed("from_seq", BigInteger),
    _needed("until_seq", BigInteger),
    _needed("sales_yen", BigInteger),
    _needed("refunded_yen", BigInteger),
    _needed("cashback_yen", BigInteger),
    _needed("returned_yen", BigInteger),
    _needed("owed_yen", BigInteger),
    _needed("due_yen", BigInteger),
    _needed("fee_yen", BigInteger),
    _needed("tax_yen", BigInteger),
    _needed("tax_bp", Integer),
    _needed("payout_yen", BigInteger),
    _needed("state", Text),
    Column("obstacle", Text),
    Column("account_id", Uuid),
    Column("closed_seq", BigInteger),
    Column("rejected_seq", BigInteger),
    Column("paid_seq", BigInteger),
    Column("returned_seq", BigInteger),
    Column("file_id", Uuid),
    PrimaryKeyConstraint("region_id", "settlement_id", name="settlement_pk"),
    ForeignKeyConstraint(
        ["region_id", "run_id"],
        ["merchants.settlement_run.region_id", "merchants.settlement_run.run_id"],
        name="settlement_run_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "merchant_id"],
        ["merchants.merchant.region_id", "merchants.merchant.merchant_id"],
        name="settlement_merchant_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "account_id"],
        ["merchants.bank_account.region_id", "merchants.bank_account.version_id"],
        name="settlement_account_fk",
    ),
    ForeignKeyConstraint(
        ["region_id", "file_id"],
        ["merchants.transfer_file.region_id", "merchants.transfer_file.file_id"],
        name="settlement_file_fk",
    ),
    UniqueConstraint("region_id", "run_id", "merchant_id", name="settlement_is_one_of_its_run"),
    Index("settlement_by_merchant", "region_id", "merchant_id", "until_seq", "settlement_id"),
    Index(
        "settlement_by_file", "region_id", "file_id", postgresql_where=text("file_id IS NOT NULL")
    ),
    schema="merchants",
)
