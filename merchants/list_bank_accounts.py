"""Find and list the bank accounts of merchants with all that became of them, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import problem
from merchants.bank_account import BankAccount
from merchants.bank_account_tables import bank_account

BANK_ACCOUNT_UNKNOWN: Final = problem(
    "bank-account-unknown", 404, "There is no such bank account of this merchant."
)

BankAccountState = Literal["asked", "approved", "refused", "cancelled"]

_ROW: Final = bank_account.c


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """A version of a merchant's bank account; the account itself is never printed."""

    version_id: UUID
    merchant_id: UUID
    account: BankAccount
    state: BankAccountState
    asked_by: str
    asked_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    applies_from: datetime | None
    ended_at: datetime | None


async def find_kept(
    db: AsyncSession, region_id: int, version_id: UUID, *, is_to_change: bool = False
) -> KeptAccount | None:
    """The version, locked if it is to change; None if there is none."""
    query = select(bank_account).where(_ROW.region_id == region_id, _ROW.version_id == version_id)
    if is_to_change:
        query = query.with_for_update()
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _kept(row)


async def list_kept(
    db: AsyncSession, region_id: int, merchant_id: UUID | None, state: BankAccountState | None,
    before: UUID | None, most: int,
) -> list[KeptAccount]:  # fmt: skip
    """At most `most` versions, of those made before the one called `before`; None is no matter."""
    query = select(bank_account).where(_ROW.region_id == region_id)
    if merchant_id is not None:
        query = query.where(_ROW.merchant_id == merchant_id)
    if state is not None:
        query = query.where(_ROW.state == state)
    if before is not None:
        query = query.where(_ROW.version_id < before)
    rows = await db.execute(query.order_by(_ROW.version_id.desc()).limit(most))
    return [_kept(row) for row in rows]


def _kept(row: Row[Any]) -> KeptAccount:
    account = BankAccount(
        row.bank_code, row.branch_code, row.account_type, row.account_number, row.holder_kana
    )
    return KeptAccount(
        UUID(int=row.version_id.int), UUID(int=row.merchant_id.int), account, row.state,
        row.asked_by, row.asked_at, row.approved_by, row.approved_at, row.applies_from,
        row.ended_at,
    )  # fmt: skip
