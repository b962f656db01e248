"""Change where a merchant is paid to: an owner asks, another person approves, and it waits.

A settlement names the version that it was paid to, so none that is closed ever changes.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.requests import Request, RequestKind, call_off, make_request
from access.tables import request
from access.who_left import has_left
from core.errors import Problem, problem
from core.revocations import TOKEN_REVOKED
from ledger.command import ID_IN_USE
from merchants.bank_account import BankAccount
from merchants.bank_account_tables import bank_account
from merchants.list_bank_accounts import KeptAccount, find_kept

BANK_ACCOUNT_IN_FORCE: Final = problem(
    "bank-account-in-force", 409, "The bank account applies already: ask for another change."
)
BANK_ACCOUNT_OVER: Final = problem(
    "bank-account-over", 409, "This change of a bank account was refused already."
)

BANK_ACCOUNT_CHANGE: Final = RequestKind("bank_account.change", timedelta(days=30))
"""Its id is the version's, its object the merchant: only one is asked for at a time."""

_ROW: Final = bank_account.c


async def is_asked(
    db: AsyncSession, region_id: int, version_id: UUID, merchant_id: UUID, account: BankAccount,
    doer: Doer,
) -> KeptAccount | None:  # fmt: skip
    """The change, where just this was asked for under this id; id-in-use for another."""
    known = await find_kept(db, region_id, version_id)
    if known is None:
        return None
    if (known.merchant_id, known.account, known.asked_by) != (merchant_id, account, doer.actor):
        raise Problem(ID_IN_USE)
    return known


async def ask_for_account(
    db: AsyncSession, region_id: int, version_id: UUID, merchant_id: UUID, account: BankAccount,
    doer: Doer,
) -> KeptAccount:  # fmt: skip
    """Ask for another account; whoever asks has just shown a second factor. Nothing changes yet.

    Raises token-revoked for who has left the post of an owner, request-pending while another change
    waits for its approval, and id-in-use.
    """
    if await has_left(db, region_id, doer.login_id, doer.role or "", merchant_id):
        raise Problem(TOKEN_REVOKED)
    await make_request(
        db, region_id, version_id, BANK_ACCOUNT_CHANGE, doer, merchant_id, "bank account",
        ends_with=account.ends_with,
    )  # fmt: skip
    await _end_what_nobody_decided(db, region_id, merchant_id, version_id)
    made = await db.scalars(
        insert(bank_account)
        .values(
            region_id=region_id,
            version_id=version_id,
            merchant_id=merchant_id,
            asked_by=doer.actor,
            **{name: getattr(account, name) for name in account.__slots__},
        )
        .on_conflict_do_nothing(constraint=bank_account.primary_key)
        .returning(_ROW.version_id)
    )
    if made.one_or_none() is None:
        raise Problem(ID_IN_USE)
    await _note(db, region_id, merchant_id, doer, "asked", version_id)
    return await _found(db, region_id, version_id)


async def approve_account(
    db: AsyncSession, region_id: int, asked: Request, doer: Doer, now: datetime, wait: timedelta
) -> KeptAccount:
    """Once the second person said yes: it applies after `wait`, and is cancelled until then."""
    return await _decide(
        db, region_id, asked, doer, "approved",
        approved_by=doer.actor, approved_at=now, applies_from=now + wait,
    )  # fmt: skip


async def refuse_account(
    db: AsyncSession, region_id: int, asked: Request, doer: Doer, now: datetime
) -> KeptAccount:
    """Once the second person said no."""
    return await _decide(db, region_id, asked, doer, "refused", ended_by=doer.actor, ended_at=now)


async def cancel_account(
    db: AsyncSession, region_id: int, version_id: UUID, doer: Doer, now: datetime,
    reason: str | None = None,
) -> KeptAccount:  # fmt: skip
    """Give a change up, asked for or approved, before it applies; twice is once.

    The caller knows that `doer` is an owner of the merchant, or finance with a reason. Refuses
    bank-account-in-force and bank-account-over.
    """
    await call_off(db, region_id, version_id, BANK_ACCOUNT_CHANGE, doer)
    found = await _found(db, region_id, version_id, is_to_change=True)
    if found.state == "cancelled":
        return found
    if found.state == "refused":
        raise Problem(BANK_ACCOUNT_OVER)
    if found.applies_from is not None and found.applies_from <= now:
        raise Problem(BANK_ACCOUNT_IN_FORCE)
    await _change(db, region_id, version_id, state="cancelled", ended_by=doer.actor, ended_at=now)
    await _note(db, region_id, found.merchant_id, doer, "cancelled", version_id, reason)
    return await _found(db, region_id, version_id)


async def _decide(
    db: AsyncSession, region_id: int, asked: Request, doer: Doer,
    state: Literal["approved", "refused"], **values: Any,
) -> KeptAccount:  # fmt: skip
    found = await _found(db, region_id, asked.request_id, is_to_change=True)
    assert found.state == "asked", "its request was open"
    await _change(db, region_id, asked.request_id, state=state, **values)
    await _note(db, region_id, found.merchant_id, doer, state, asked.request_id)
    return await _found(db, region_id, asked.request_id)


async def _end_what_nobody_decided(
    db: AsyncSession, region_id: int, merchant_id: UUID, but: UUID
) -> None:
    """What was asked for and not decided in time makes room for another change."""
    still_open = select(request.c.request_id).where(
        request.c.region_id == region_id,
        request.c.object_id == merchant_id,
        request.c.kind == BANK_ACCOUNT_CHANGE.name,
        request.c.state == "open",
        request.c.expires_at > func.clock_timestamp(),
    )
    await db.execute(
        update(bank_account)
        .where(
            _ROW.region_id == region_id,
            _ROW.merchant_id == merchant_id,
            _ROW.state == "asked",
            _ROW.version_id != but,
            _ROW.version_id.not_in(still_open),
        )
        .values(state="cancelled", ended_by="job:too-late", ended_at=func.clock_timestamp())
    )


async def _found(
    db: AsyncSession, region_id: int, version_id: UUID, *, is_to_change: bool = False
) -> KeptAccount:
    found = await find_kept(db, region_id, version_id, is_to_change=is_to_change)
    assert found is not None, "the caller has seen it"
    return found


async def _change(db: AsyncSession, region_id: int, version_id: UUID, **values: Any) -> None:
    await db.execute(
        update(bank_account)
        .where(_ROW.region_id == region_id, _ROW.version_id == version_id)
        .values(**values)
    )


async def _note(
    db: AsyncSession, region_id: int, merchant_id: UUID, doer: Doer, done: str, version_id: UUID,
    reason: str | None = None,
) -> None:  # fmt: skip
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=f"bank_account.{done}",
        object_id=version_id, reason=reason, merchant_id=str(merchant_id),
    )  # fmt: skip
