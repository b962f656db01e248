"""Look at one account: what it is, what it holds now, and what it held at a moment."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger import tables
from ledger.statement import balance_at

_ACCOUNT = tables.account.c
_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    _ACCOUNT.account_no, _ACCOUNT.kind, _ACCOUNT["class"], _ACCOUNT.value, _ACCOUNT.holder_id,
    _ACCOUNT.source_id, _ACCOUNT.expires_on, _ACCOUNT.is_open, _ACCOUNT.version, _ACCOUNT.balance,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountLook:
    """One account; balances in yen, on the account's own side."""

    account_no: int
    kind: str
    account_class: str
    value: str | None
    """`paid` or `free`: bought or granted value of residents; None where it is neither."""
    holder_id: UUID
    source_id: UUID | None
    expires_on: date | None
    is_open: bool
    version: int
    """How many postings it has had."""
    balance_yen: int
    balance_then_yen: int


async def look_at_account(
    session: AsyncSession, region_id: int, account_no: int, moment: datetime
) -> AccountLook | None:
    """The account now and at `moment`; None if there is none with this number in the region."""
    rows = await session.execute(
        select(*_COLUMNS).where(_ACCOUNT.region_id == region_id, _ACCOUNT.account_no == account_no)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    then = await balance_at(session, region_id, account_no, moment)
    return AccountLook(*[*row, then])
