"""One account of the books: what it is, and what it holds now and held at a past moment."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import BeforeValidator, Field
from starlette.requests import Request

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import MAX_JSON_INT, digits
from api.identity import AdminIdentity, administrator
from api.state import state_of
from core.errors import Problem, problem
from core.instants import Instant
from ledger.look_at_account import AccountLook, look_at_account
from ledger.regions import Region

ACCOUNT_UNKNOWN: Final = problem("account-unknown", 404, "There is no such account.")
MOMENT_AHEAD: Final = problem("moment-ahead", 422, "That moment has not come yet.")

router = v1_router("administrators: books")

Reader = Annotated[AdminIdentity, administrator("finance", "auditor")]
AccountNo = Annotated[
    int,
    Path(ge=1, le=MAX_JSON_INT, description="As postings name it.", examples=[42]),
    BeforeValidator(digits),
]


class AccountAnswer(Answer):
    """One account; balances in yen (1 point = ¥1), on the account's own side."""

    account_no: int = Field(examples=[42])
    kind: str = Field(examples=["coin"])
    account_class: Literal["asset", "liability", "income"] = Field(examples=["liability"])
    value: Literal["paid", "free"] | None
    """Bought or granted value of residents; null where it is neither."""
    holder_id: UUID
    """Whose account it is; the nil id is the issuer."""
    source_id: UUID | None
    """The campaign, provider or top-up that the account is about."""
    expires_on: date | None
    """The last day on which its value can be used, in the region's zone."""
    state: Literal["open", "closed"]
    version: int = Field(examples=[2])
    """How many postings it has had."""
    balance_yen: int = Field(examples=[3800])
    """What it holds now."""
    at: datetime
    """The moment that was asked for; now, where none was."""
    balance_then_yen: int = Field(examples=[5000])
    """What it held at that moment, everything of that moment included."""


@router.get(
    "/admin/accounts/{account_no}",
    operation_id="getAccount",
    summary="One account, now and at a past moment",
)
async def get_account(
    request: Request,
    admin: Reader,
    account_no: AccountNo,
    at: Annotated[Instant | None, Query(description="An instant; now, if it is left out.")] = None,
) -> AccountAnswer:
    """Its postings stand in the journal."""
    state, region = state_of(request), admin.region
    now = state.clock.now()
    if at is not None and at > now:
        raise Problem(MOMENT_AHEAD)
    moment = at or now
    async with state.database.snapshot(region.region_id) as session:
        account = await look_at_account(session, region.region_id, account_no, moment)
    if account is None:
        raise Problem(ACCOUNT_UNKNOWN)
    return _answer(region, account, moment)


def _answer(region: Region, account: AccountLook, moment: datetime) -> AccountAnswer:
    return AccountAnswer.model_validate(
        {
            "account_no": account.account_no,
            "kind": account.kind,
            "account_class": account.account_class,
            "value": account.value,
            "holder_id": account.holder_id,
            "source_id": account.source_id,
            "expires_on": account.expires_on,
            "state": "open" if account.is_open else "closed",
            "version": account.version,
            "balance_yen": account.balance_yen,
            "at": in_zone(moment, region),
            "balance_then_yen": account.balance_then_yen,
        }
    )
