"""Own accounts (市の口座): the bank accounts of a region whose statements are imported."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from ledger.command import ID_IN_USE
from merchants.bank_account import ACCOUNT_NUMBER_MALFORMED, MOST_DIGITS, AccountType
from merchants.banks import find_branch
from merchants.statement_tables import own_account

OWN_ACCOUNT_UNKNOWN: Final = problem(
    "own-account-unknown", 404, "The region has no such bank account."
)
OWN_ACCOUNT_KNOWN: Final = problem(
    "own-account-known", 409, "The region has this bank account already."
)
TOO_MANY_OWN_ACCOUNTS: Final = problem(
    "too-many-own-accounts", 409, "The region has as many bank accounts as it may have."
)

MOST_ACCOUNTS: Final = 50

_ROW: Final = own_account.c


@dataclass(frozen=True, slots=True, repr=False)
class OwnAccount:
    """A bank account of the region. It has no repr, lest its number stand in a log."""

    account_id: UUID
    label: str
    """What finance calls it."""
    bank_code: str
    branch_code: str
    account_type: AccountType
    account_number: str
    opened_by: str
    opened_at: datetime | None = None
    """None until it is kept."""

    @property
    def said(self) -> tuple[str, ...]:
        """What two of them have in common that are the same."""
        return (
            *(self.label, self.bank_code, self.branch_code, self.account_type),
            *(self.account_number, self.opened_by),
        )


_NAMES: Final = tuple(OwnAccount.__slots__)


async def open_own_account(
    db: AsyncSession, region_id: int, wished: OwnAccount, doer: Doer, *, is_real: bool
) -> OwnAccount:
    """Keep an account; the same id and content are one.

    Refuses bank-unknown, branch-unknown, account-number-malformed, id-in-use, own-account-known,
    too-many-own-accounts.
    """
    find_branch(wished.bank_code, wished.branch_code, is_real=is_real)
    digits = wished.account_number
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise Problem(ACCOUNT_NUMBER_MALFORMED)
    row = {name: getattr(wished, name) for name in _NAMES if name != "opened_at"}
    row["account_number"] = digits.zfill(MOST_DIGITS)
    known = await find_own_account(db, region_id, wished.account_id)
    if known is not None:
        if known.said != tuple(row[name] for name in _NAMES[1:-1]):
            raise Problem(ID_IN_USE)
        return known
    if len(await list_own_accounts(db, region_id)) >= MOST_ACCOUNTS:
        raise Problem(TOO_MANY_OWN_ACCOUNTS, most=MOST_ACCOUNTS)
    made = await db.scalars(
        insert(own_account)
        .values(row | {"region_id": region_id})
        .on_conflict_do_nothing()
        .returning(_ROW.account_id)
    )
    if made.one_or_none() is None:
        raise Problem(OWN_ACCOUNT_KNOWN)
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="own_account.opened",
        object_id=wished.account_id,
    )  # fmt: skip
    kept = await find_own_account(db, region_id, wished.account_id)
    assert kept is not None, "it was written just now"
    return kept


async def find_own_account(db: AsyncSession, region_id: int, account_id: UUID) -> OwnAccount | None:
    """The account, if the region has it."""
    query = select(*(_ROW[name] for name in _NAMES)).where(
        _ROW.region_id == region_id, _ROW.account_id == account_id
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _account(row)


async def list_own_accounts(db: AsyncSession, region_id: int) -> list[OwnAccount]:
    """All of them, the oldest first: they are few."""
    query = select(*(_ROW[name] for name in _NAMES)).where(_ROW.region_id == region_id)
    return [_account(row) for row in await db.execute(query.order_by(_ROW.account_id))]


def _account(row: Any) -> OwnAccount:
    told = dict(zip(_NAMES, row, strict=True))
    return OwnAccount(**told | {"account_id": UUID(int=told["account_id"].int)})
