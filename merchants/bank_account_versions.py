"""Read which bank account of a merchant is in force at an instant (振込先口座)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.bank_account import AccountType, BankAccount
from merchants.bank_account_tables import bank_account

_ROW: Final = bank_account.c


@dataclass(frozen=True, slots=True, repr=False)
class AccountVersion:
    """A version of a merchant's bank account, as it was kept: whoever pays names it by its id.

    It has no repr, lest an account number stand in a log.
    """

    version_id: UUID
    merchant_id: UUID
    bank_code: str
    branch_code: str
    account_type: AccountType
    account_number: str
    holder_kana: str
    applies_from: datetime

    @property
    def account(self) -> BankAccount:
        """The account itself, as files of transfers name it."""
        return BankAccount(
            self.bank_code, self.branch_code, self.account_type, self.account_number,
            self.holder_kana,
        )  # fmt: skip


async def account_versions_at(
    session: AsyncSession, region_id: int, merchant_ids: Collection[UUID], at: datetime
) -> dict[UUID, AccountVersion]:
    """Of each merchant the version in force at `at`: the last approved one that applies by then.

    A merchant without any is left out. What is approved later never changes the answer, since
    nothing applies before its approval; nor does a cancellation, which comes in time or not at all.
    """
    if not merchant_ids:
        return {}
    rows = await session.execute(
        select(
            _ROW.version_id, _ROW.merchant_id, _ROW.bank_code, _ROW.branch_code,
            _ROW.account_type, _ROW.account_number, _ROW.holder_kana, _ROW.applies_from,
        )
        .where(
            _ROW.region_id == region_id,
            _ROW.merchant_id.in_(merchant_ids),
            _ROW.state == "approved",
            _ROW.applies_from <= at,
        )
        .ext(distinct_on(_ROW.merchant_id))
        .order_by(_ROW.merchant_id, _ROW.applies_from.desc(), _ROW.version_id.desc())
    )  # fmt: skip
    found = (AccountVersion(*row) for row in rows)
    return {each.merchant_id: each for each in found}


async def accounts_called(
    session: AsyncSession, region_id: int, version_ids: Collection[UUID]
) -> dict[UUID, BankAccount]:
    """The accounts of these versions, by the names of the versions."""
    rows = await session.execute(
        select(
            _ROW.version_id, _ROW.bank_code, _ROW.branch_code, _ROW.account_type,
            _ROW.account_number, _ROW.holder_kana,
        ).where(_ROW.region_id == region_id, _ROW.version_id.in_(version_ids))
    )  # fmt: skip
    return {UUID(int=row[0].int): BankAccount(*row[1:]) for row in rows}
