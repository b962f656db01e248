"""Where my shop is paid to: an owner asks for another account, and any owner cancels it in time."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, in_zone, in_zone_if
from api.anyone import AnyIdentity
from api.application_answers import is_real
from api.clients import Owner
from api.closed_route import v1_router
from api.doers import doer_of
from api.envelope import add_header
from api.fields import Body, Uuid, new_id
from api.identity import MerchantIdentity
from api.own_factors import FACTOR_WRONG, FactorShown, count_change, forgive_changes, is_shown
from api.pages import Listing, Page, Paged
from api.session_tokens import home_of
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from merchants.application import AccountGiven
from merchants.bank_account import AccountType
from merchants.bank_account_messages import tell_contacts
from merchants.change_bank_account import ask_for_account, cancel_account, is_asked
from merchants.list_bank_accounts import (
    BANK_ACCOUNT_UNKNOWN,
    BankAccountState,
    KeptAccount,
    find_kept,
    list_kept,
)

CHANGES: Final = Listing("bank-account-changes", (UUID,))

router = v1_router("merchants")

_PATH: Final = "/merchant/bank-account-changes/{change_id}"


class BankAccountChangeBody(FactorShown):
    """The account that is to be paid to, and one of the own factors."""

    account: AccountGiven


class EmptyBody(Body):
    """Nothing has to be said."""


class BankAccountChange(Answer):
    """A bank account of the merchant, and what became of it; of its number only the end."""

    change_id: UUID
    bank_code: str = Field(examples=["0001"])
    branch_code: str = Field(examples=["001"])
    account_type: AccountType
    ends_with: str = Field(examples=["345"])
    holder_kana: str = Field(examples=["ﾐﾎﾝｼﾖｸﾄﾞｳ"])
    state: BankAccountState
    asked_at: datetime
    approved_at: datetime | None
    applies_from: datetime | None
    """Settlements that are closed from then on are paid to it; until then it can be cancelled."""
    ended_at: datetime | None
    """When it was refused or cancelled."""


@router.put(
    _PATH, operation_id="askForBankAccountChange", summary="Ask to be paid to another account",
    status_code=201,
)  # fmt: skip
async def put_change(
    request: Request,
    staff: Owner,
    change_id: Annotated[UUID, new_id("change_id")],
    body: BankAccountChangeBody,
) -> BankAccountChange:
    """The issuer approves it, and it waits some days more. The business and all owners are written
    to. Settlements that are closed already go to the account of before.
    """
    state, region_id, me = state_of(request), staff.region.region_id, _me(staff)
    account, doer = body.account.checked(is_real=is_real(state)), doer_of(staff)
    async with state.database.transaction(region_id) as db:
        known = await is_asked(db, region_id, change_id, staff.merchant_id, account, doer)
        if known is None:
            await count_change(state, db, me)
    if known is not None:
        add_header(request, "Idempotent-Replay", "true")
        return _answer(staff.region, known)
    asked = None
    async with state.database.transaction(region_id) as db:
        if await is_shown(state, db, me, body):
            await forgive_changes(state, db, me)
            asked = await ask_for_account(
                db, region_id, change_id, staff.merchant_id, account, doer
            )
            await tell_contacts(db, region_id, staff.merchant_id, account.ends_with, "asked")
    if asked is None:
        raise Problem(FACTOR_WRONG)
    return _answer(staff.region, asked)


@router.get(
    "/merchant/bank-account-changes", operation_id="listBankAccountChanges",
    summary="My shop's bank accounts, newest first",
)  # fmt: skip
async def list_changes(request: Request, staff: Owner, paging: Paged) -> Page[BankAccountChange]:
    """Those that were refused or cancelled too."""
    region, start = staff.region, CHANGES.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_kept(
            db, region.region_id, staff.merchant_id, None, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return CHANGES.page(
        rows, paging, lambda row: (row.version_id,), lambda row: _answer(region, row)
    )


@router.get(_PATH, operation_id="getBankAccountChange", summary="One bank account of my shop")
async def get_change(request: Request, staff: Owner, change_id: Uuid) -> BankAccountChange:
    """As it stands."""
    async with state_of(request).database.snapshot(staff.region.region_id) as db:
        found = await find_kept(db, staff.region.region_id, change_id)
    if found is None or found.merchant_id != staff.merchant_id:
        raise Problem(BANK_ACCOUNT_UNKNOWN)
    return _answer(staff.region, found)


@router.post(
    _PATH + "/cancellations", operation_id="cancelBankAccountChange",
    summary="Cancel a change of the bank account",
)  # fmt: skip
async def post_cancellation(
    request: Request,
    staff: Owner,
    change_id: Uuid,
    body: EmptyBody,  # noqa: ARG001  an unknown member is refused
) -> BankAccountChange:
    """By any owner, until it applies. Twice is once."""
    state, region_id = state_of(request), staff.region.region_id
    async with state.database.transaction(region_id) as db:
        found = await find_kept(db, region_id, change_id)
        if found is None or found.merchant_id != staff.merchant_id:
            raise Problem(BANK_ACCOUNT_UNKNOWN)
        done = await cancel_account(db, region_id, change_id, doer_of(staff), state.clock.now())
        if found.state != "cancelled":
            await tell_contacts(
                db, region_id, staff.merchant_id, done.account.ends_with, "cancelled"
            )
    return _answer(staff.region, done)


def _me(staff: MerchantIdentity) -> AnyIdentity:
    """The owner as somebody whose factors are asked for."""
    return AnyIdentity(
        "merchant", staff.staff_id, None, home_of(staff.region), staff.region.zone, staff.role
    )


def _answer(region: Region, kept: KeptAccount) -> BankAccountChange:
    return BankAccountChange(
        change_id=kept.version_id,
        bank_code=kept.account.bank_code,
        branch_code=kept.account.branch_code,
        account_type=kept.account.account_type,
        ends_with=kept.account.ends_with,
        holder_kana=kept.account.holder_kana,
        state=kept.state,
        asked_at=in_zone(kept.asked_at, region),
        approved_at=in_zone_if(kept.approved_at, region),
        applies_from=in_zone_if(kept.applies_from, region),
        ended_at=in_zone_if(kept.ended_at, region),
    )
