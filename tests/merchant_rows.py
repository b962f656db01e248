"""Rows about merchants, written straight into the tables: those that no verb of a town makes."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from core.database import Database
from merchants.bank_account_tables import bank_account
from merchants.tables import merchant
from tests.town_builder import new_id

NOON: Final = datetime(2026, 7, 1, 3, tzinfo=UTC)


async def keep_account(database: Database, region_id: int, merchant_id: UUID, **more: Any) -> UUID:
    """A version that was approved at noon and applies at once, unless `more` says otherwise."""
    version_id = new_id()
    kept = {
        "region_id": region_id,
        "version_id": version_id,
        "merchant_id": merchant_id,
        "bank_code": "0001",
        "branch_code": "001",
        "account_type": "ordinary",
        "account_number": "0012345",
        "holder_kana": "ﾐﾎﾝｼﾖｸﾄﾞｳ",
        "state": "approved",
        "asked_by": "merchant:1",
        "approved_by": "admin:2",
        "approved_at": NOON,
        "applies_from": NOON,
    }
    async with database.transaction(region_id) as session:
        await session.execute(insert(bank_account).values(kept | more))
    return version_id


async def fill_merchants(database: Database, region_id: int) -> None:
    """A row in each table of merchants that a town leaves empty, about one of its merchants."""
    async with database.snapshot(region_id) as session:
        found = select(merchant.c.merchant_id).where(merchant.c.region_id == region_id).limit(1)
        merchant_id = (await session.execute(found)).scalar_one()
    await keep_account(database, region_id, merchant_id)
