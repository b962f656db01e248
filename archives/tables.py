"""What an archive holds: the tables of a region, in the order in which they can be filled."""

from typing import Final

from sqlalchemy import Table

import campaigns.tables
import core.revocations
import ledger.tables
import merchants.tables
import seals.tables

REGION_ID: Final = "region_id"

MOVED: Final[tuple[Table, ...]] = (
    ledger.tables.head,
    ledger.tables.holder,
    ledger.tables.account,
    ledger.tables.entry,
    ledger.tables.posting,
    ledger.tables.counter,
    ledger.tables.reader,
    merchants.tables.merchant,
    merchants.tables.store,
    campaigns.tables.terms,
    core.revocations.revocation,
    seals.tables.block,
    seals.tables.salt,
    seals.tables.erasure,
    seals.tables.publication,
)
"""Every table with a region_id but `ledger.region`, whose row is in the manifest. A region gets
another number where it arrives, so the column is left out."""


def columns_of(table: Table) -> list[str]:
    """The columns that an archive has of a table, in order."""
    return [column.name for column in table.columns if column.name != REGION_ID]


def order_of(table: Table) -> list[str]:
    """What the rows are ordered by: the same rows, the same bytes."""
    return [column.name for column in table.primary_key.columns]
