"""Own accounts: the region's bank accounts whose statements finance imports."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_settlements import Finance, Reader
from api.answers import Answer, in_zone
from api.application_answers import is_real
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Name, Uuid, new_id
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from merchants.bank_account import AccountType
from merchants.own_account import (
    OWN_ACCOUNT_UNKNOWN,
    OwnAccount,
    find_own_account,
    list_own_accounts,
    open_own_account,
)

router = v1_router("administrators: bank")

_ONE: Final = "/admin/own-accounts/{own_account_id}"

Digits = Annotated[str, Field(strict=True, min_length=1, max_length=20)]


class OwnAccountBody(Body):
    """A bank account of the region, by the codes of its bank."""

    label: Name = Field(examples=["加盟店精算口座"])
    """What finance calls it."""
    bank_code: Digits = Field(examples=["9999"])
    branch_code: Digits = Field(examples=["999"])
    account_type: AccountType = Field(examples=["ordinary"])
    account_number: Digits = Field(examples=["7654321"])


class OwnAccountAnswer(Answer):
    """A bank account of the region."""

    own_account_id: UUID
    label: str = Field(examples=["加盟店精算口座"])
    bank_code: str = Field(examples=["9999"])
    branch_code: str = Field(examples=["999"])
    account_type: AccountType
    account_number: str = Field(examples=["7654321"])
    opened_by: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000001"])
    opened_at: datetime


class OwnAccounts(Answer):
    """All of them: they are few."""

    items: list[OwnAccountAnswer]


@router.put(
    _ONE,
    operation_id="openOwnAccount",
    summary="Tell a bank account of the region",
    status_code=201,
)
async def put_account(
    request: Request,
    admin: Finance,
    own_account_id: Annotated[UUID, new_id("own_account_id")],
    body: OwnAccountBody,
) -> OwnAccountAnswer:
    """So that its statements can be imported; nothing is paid from it by that."""
    state, region = state_of(request), admin.region
    wished = OwnAccount(
        own_account_id,
        body.label,
        body.bank_code,
        body.branch_code,
        body.account_type,
        body.account_number,
        admin.actor,
    )
    async with state.database.transaction(region.region_id) as db:
        kept = await open_own_account(
            db, region.region_id, wished, doer_of(admin), is_real=is_real(state)
        )
    return _answer(region, kept)


@router.get(
    "/admin/own-accounts", operation_id="listOwnAccounts", summary="The region's bank accounts"
)
async def list_all(request: Request, admin: Reader) -> OwnAccounts:
    """The oldest first."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_own_accounts(db, region.region_id)
    return OwnAccounts(items=[_answer(region, row) for row in rows])


@router.get(_ONE, operation_id="getOwnAccount", summary="One bank account of the region")
async def get_account(request: Request, admin: Reader, own_account_id: Uuid) -> OwnAccountAnswer:
    """As it was told."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        found = await find_own_account(db, admin.region.region_id, own_account_id)
    if found is None:
        raise Problem(OWN_ACCOUNT_UNKNOWN)
    return _answer(admin.region, found)


def _answer(region: Region, kept: OwnAccount) -> OwnAccountAnswer:
    assert kept.opened_at is not None, "it was kept"
    return OwnAccountAnswer(
        own_account_id=kept.account_id,
        label=kept.label,
        bank_code=kept.bank_code,
        branch_code=kept.branch_code,
        account_type=kept.account_type,
        account_number=kept.account_number,
        opened_by=kept.opened_by,
        opened_at=in_zone(kept.opened_at, region),
    )
