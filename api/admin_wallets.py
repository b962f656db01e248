"""One wallet at a time, for the desk: look at it with a reason, freeze, close or open it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_people import WhyBody
from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.look_up import TELLS_REFUSALS, look_up
from api.lots import LotAnswer, PendingAnswer, lots_of, pending_of
from api.state import state_of
from api.usable_where import Shops, shops_of_wallets
from core.ids import uuid7
from ledger.books import PENDING, Entry
from ledger.regions import Region
from residents.look_at_wallet import LookAtWallet
from residents.my_number import refuse_my_number
from residents.reads import Wallet, find_wallet
from residents.wallet import ChangeWallet, WalletState

router = v1_router("administrators: wallets")

Desk = Annotated[AdminIdentity, administrator("desk")]
Freezer = Annotated[AdminIdentity, administrator("desk", "finance")]


class LookedAtWallet(Answer):
    """A wallet as it stood at this look; amounts in yen (1 point = ¥1)."""

    wallet_id: UUID
    state: WalletState
    coin_yen: int = Field(examples=[5000])
    points: int = Field(examples=[360])
    pending_points: int = Field(examples=[0])
    owed_yen: int = Field(examples=[0])
    """What the resident owes after a refund or a reversed top-up."""
    lots: list[LotAnswer]
    pending: list[PendingAnswer]
    """Points that are credited on a later day."""
    look_id: UUID
    """The journal's entry about this look."""


class WalletChangeBody(Body):
    """Freeze or close a wallet (it cannot pay or be topped up), or open it again."""

    state: Literal["frozen", "open", "closed"]
    reason: Reason = Field(examples=["phone reported lost"])


class WalletChange(Answer):
    """A change of a wallet's state, as it was made."""

    change_id: UUID
    wallet_id: UUID
    state: WalletState
    before: WalletState
    reason: str = Field(examples=["phone reported lost"])
    changed_at: datetime
    seq: int = Field(examples=[4711])


@router.post(
    "/admin/wallets/{wallet_id}/looks",
    operation_id="lookAtWallet",
    summary="Look at one wallet, with a reason",
)
async def look_at_wallet(
    request: Request,
    admin: Desk,
    wallet_id: Uuid,
    body: WhyBody,
) -> LookedAtWallet:
    """The look stands in the journal, with the reason and who it was, before anything is shown."""
    refuse_my_number(body.reason)
    state = state_of(request)
    region_id = admin.region.region_id
    look = LookAtWallet(
        entry_id=uuid7(state.clock.now()),
        actor=admin.actor,
        wallet_id=wallet_id,
        reason=body.reason,
    )
    entry = (await state.engines.of(region_id).submit(look)).accepted()
    async with state.database.snapshot(region_id) as session:
        wallet = await find_wallet(session, region_id, wallet_id)
    assert wallet is not None, "wallets never go away"
    return _wallet(wallet, entry.entry_id, await shops_of_wallets(state, region_id, [wallet]))


@router.put(
    "/admin/wallets/{wallet_id}/state-changes/{change_id}",
    operation_id="changeWallet",
    summary="Freeze or close a wallet, or open it again",
    status_code=201,
)
async def change_wallet(
    request: Request,
    admin: Freezer,
    wallet_id: Uuid,
    change_id: Annotated[UUID, new_id("change_id")],
    body: WalletChangeBody,
) -> WalletChange:
    """It holds from the next payment on. What the wallet holds stays in it: a wallet is closed only
    once it is empty, and the refusal says what stands in the way.
    """
    refuse_my_number(body.reason)
    command = ChangeWallet(
        entry_id=change_id,
        actor=admin.actor,
        wallet_id=wallet_id,
        state=body.state,
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _change(admin.region, accepted(request, receipt))


@router.get(
    "/admin/wallets/{wallet_id}/state-changes/{change_id}",
    operation_id="getWalletChange",
    responses=TELLS_REFUSALS,
    summary="One change of a wallet's state",
)
async def get_wallet_change(
    request: Request, admin: Freezer, wallet_id: Uuid, change_id: Uuid
) -> WalletChange:
    """What became of it."""
    entry = await look_up(request, admin.region, change_id, ChangeWallet, wallet_id)
    return _change(admin.region, entry)


def _wallet(wallet: Wallet, look_id: UUID, shops: Shops) -> LookedAtWallet:
    return LookedAtWallet.model_validate(
        {
            "wallet_id": wallet.wallet_id,
            "state": wallet.state,
            "coin_yen": wallet.held("coin"),
            "points": wallet.held("points"),
            "pending_points": wallet.held(PENDING),
            "owed_yen": wallet.owed_yen,
            "lots": lots_of(wallet, shops),
            "pending": pending_of(wallet, shops),
            "look_id": look_id,
        }
    )


def _change(region: Region, entry: Entry) -> WalletChange:
    assert entry.holder_id is not None, "a change has a wallet"
    return WalletChange(
        change_id=entry.entry_id,
        wallet_id=entry.holder_id,
        state=entry.facts["state"],
        before=entry.facts["before"],
        reason=entry.facts["reason"],
        changed_at=in_zone(entry.at, region),
        seq=entry.seq,
    )
