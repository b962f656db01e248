"""Bank accounts of merchants: seen by finance before another approves one, cancelled in time."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from merchants.bank_account import AccountType
from merchants.bank_account_messages import tell_contacts
from merchants.change_bank_account import cancel_account
from merchants.list_bank_accounts import (
    BANK_ACCOUNT_UNKNOWN,
    BankAccountState,
    KeptAccount,
    find_kept,
    list_kept,
)

ACCOUNTS: Final = Listing("bank-accounts", (UUID,))

router = v1_router("administrators: merchants")

Canceller = Annotated[AdminIdentity, administrator("finance")]
Payer = Annotated[AdminIdentity, administrator("finance", "approver")]


class AccountCancellationBody(Body):
    """Why it is not to apply; the reason stands in the log of acts."""

    reason: Reason = Field(examples=["本人確認の電話で申請の覚えがないとの回答"])


class MerchantAccountAnswer(Answer):
    """A bank account of a merchant, whole: whoever approves it compares it with a paper."""

    bank_account_id: UUID
    """The id of the change that brought it, and of its request: it is decided by that."""
    merchant_id: UUID
    bank_code: str = Field(examples=["0001"])
    branch_code: str = Field(examples=["001"])
    account_type: AccountType
    account_number: str = Field(examples=["0012345"])
    holder_kana: str = Field(examples=["ﾐﾎﾝｼﾖｸﾄﾞｳ"])
    state: BankAccountState
    asked_by: str = Field(examples=["merchant:0192f0c1-2222-7000-8000-000000000001"])
    asked_at: datetime
    approved_by: str | None = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000002"])
    approved_at: datetime | None
    applies_from: datetime | None
    ended_at: datetime | None


@router.get(
    "/admin/bank-accounts", operation_id="listBankAccounts",
    summary="Bank accounts of merchants, newest first",
)  # fmt: skip
async def list_all(
    request: Request,
    admin: Payer,
    paging: Paged,
    state: Annotated[BankAccountState | None, Query(description="Only those in it.")] = None,
    merchant_id: Annotated[Uuid | None, Query(description="Only those of this merchant.")] = None,
) -> Page[MerchantAccountAnswer]:
    """Those that were refused or cancelled too."""
    region, start = admin.region, ACCOUNTS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_kept(
            db, region.region_id, merchant_id, state, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return ACCOUNTS.page(
        rows, paging, lambda row: (row.version_id,), lambda row: _answer(region, row)
    )


@router.get(
    "/admin/bank-accounts/{bank_account_id}", operation_id="getBankAccount",
    summary="One bank account of a merchant",
)  # fmt: skip
async def get_one(request: Request, admin: Payer, bank_account_id: Uuid) -> MerchantAccountAnswer:
    """As it stands."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        found = await find_kept(db, admin.region.region_id, bank_account_id)
    if found is None:
        raise Problem(BANK_ACCOUNT_UNKNOWN)
    return _answer(admin.region, found)


@router.post(
    "/admin/bank-accounts/{bank_account_id}/cancellations", operation_id="cancelBankAccount",
    summary="Cancel a change of a merchant's bank account before it applies",
)  # fmt: skip
async def post_cancellation(
    request: Request, admin: Canceller, bank_account_id: Uuid, body: AccountCancellationBody
) -> MerchantAccountAnswer:
    """Where something is wrong with it, whether it was approved already or not. The business and
    all owners are written to. Twice is once.
    """
    state, region = state_of(request), admin.region
    async with state.database.transaction(region.region_id) as db:
        found = await find_kept(db, region.region_id, bank_account_id)
        if found is None:
            raise Problem(BANK_ACCOUNT_UNKNOWN)
        done = await cancel_account(
            db, region.region_id, bank_account_id, doer_of(admin), state.clock.now(), body.reason
        )
        if found.state != "cancelled":
            ends_with = done.account.ends_with
            await tell_contacts(db, region.region_id, done.merchant_id, ends_with, "cancelled")
    return _answer(region, done)


def _answer(region: Region, kept: KeptAccount) -> MerchantAccountAnswer:
    said = {name: getattr(kept.account, name) for name in kept.account.__slots__}
    return MerchantAccountAnswer(
        bank_account_id=kept.version_id,
        merchant_id=kept.merchant_id,
        **said,
        state=kept.state,
        asked_by=kept.asked_by,
        asked_at=in_zone(kept.asked_at, region),
        approved_by=kept.approved_by,
        approved_at=in_zone_if(kept.approved_at, region),
        applies_from=in_zone_if(kept.applies_from, region),
        ended_at=in_zone_if(kept.ended_at, region),
    )
