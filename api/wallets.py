"""Residents' wallets: open one, see what it holds and its history."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, Literal, get_args
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field, TypeAdapter
from starlette.requests import Request

from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Uuid, new_id
from api.history_bounds import HistoryBounds
from api.identity import Resident, ResidentIdentity, resident
from api.lots import LotAnswer, PendingAnswer, lots_of, pending_of, tied_points_granted
from api.pages import Listing, Page, Paged
from api.state import State, state_of
from api.usable_where import Shops, shops_of_wallets
from core.errors import Problem
from ledger.books import PENDING, Entry
from ledger.regions import Region
from ledger.statement import NO_CHANGE, Change, changes_of, list_entries
from payments.use_benefit import UseBenefit
from residents.reads import Wallet, find_wallet, wallets_of
from residents.wallet import WALLET_UNKNOWN, OpenWallet, WalletState

WALLETS: Final = Listing("wallets", (UUID,))
HISTORY: Final = Listing("wallet-history", (int,))

Opener = Annotated[ResidentIdentity, resident("wallet:open")]

router = v1_router("residents: wallets")

_LOTS: Final = [
    {
        "kind": "points",
        "amount": 360,
        "expires_on": "2027-05-31",
        "campaign_id": "0192f0c1-2222-7000-8000-000000000003",
        "campaign_name": "秋のにぎわいキャンペーン",
    },
    {"kind": "coin", "amount": 5000, "expires_on": "2029-11-30", "campaign_id": None},
]

HistoryKind = Literal[
    "top_up",
    "top_up.reversed",
    "payment",
    "refund",
    "void",
    "expiry",
    "benefit.used",
    "suspense.placed",
    "vesting",
    "hold.rejected",
    "wallet.opened",
    "wallet.changed",
]


class OpenWalletBody(Body):
    """Nothing: the wallet belongs to whoever the token names."""


class WalletAnswer(Answer):
    """A wallet as it stands."""

    wallet_id: UUID
    state: WalletState
    coin_yen: int = Field(examples=[5000])
    points: int = Field(examples=[360])
    """What can be used now; pending points are not counted here."""
    pending_points: int = Field(examples=[300])
    checked_points: int = Field(examples=[0])
    """So many of the pending points are being checked, and are credited once that is done."""
    owed_yen: int = Field(examples=[0])
    """What the resident owes after a refund or a reversed top-up; later points settle it first."""
    lots: list[LotAnswer] = Field(examples=[_LOTS])
    pending: list[PendingAnswer]
    """Points that are credited on a later day, the nearest day first."""


class WalletOpened(Answer):
    """A new wallet, empty and open."""

    wallet_id: UUID
    opened_at: datetime


class HistoryItem(Answer):
    """One line of a wallet's history."""

    entry_id: UUID
    seq: int = Field(examples=[4711])
    kind: HistoryKind
    at: datetime
    business_date: date
    amount_yen: int = Field(examples=[1200])
    coin_change_yen: int = Field(examples=[-1200])
    """How the wallet's coin changed."""
    points_change: int = Field(examples=[360])
    """How the wallet's points changed: those that paid, those that were granted."""
    pending_points_change: int = Field(examples=[0])
    """How the points changed that are credited on a later day."""
    tied_points_granted: int = Field(examples=[0])
    """So many of the granted points pay at some shops only; the wallet's lots say where."""
    store_id: UUID | None
    store_name: str | None = Field(examples=["見本食堂"])
    benefit_name: str | None = Field(examples=[None])
    """What the benefit is called whose points were taken; null of all else."""
    refers_to: UUID | None
    """The payment that was refunded, or the top-up that was reversed."""


@dataclass(frozen=True, slots=True)
class HistoryFilters(HistoryBounds):
    """What of a history is wanted."""

    kind: Annotated[HistoryKind | None, Query(description="Only this kind.")] = None
    store_id: Annotated[Uuid | None, Query(description="Only what concerns this store.")] = None


@router.put(
    "/wallets/{wallet_id}", operation_id="openWallet", summary="Open a wallet", status_code=201
)
async def open_wallet(
    request: Request,
    resident: Opener,
    wallet_id: Annotated[UUID, new_id("wallet_id")],
    body: OpenWalletBody,  # noqa: ARG001  an unknown member is refused
) -> WalletOpened:
    """The id is made by the app; a wallet starts empty."""
    command = OpenWallet(entry_id=wallet_id, actor=resident.actor, person_id=resident.person_id)
    receipt = await state_of(request).engines.of(resident.region.region_id).submit(command)
    entry = accepted(request, receipt)
    return WalletOpened(wallet_id=wallet_id, opened_at=in_zone(entry.at, resident.region))


@router.get("/wallets", operation_id="listWallets", summary="My wallets")
async def list_wallets(request: Request, resident: Resident, paging: Paged) -> Page[WalletAnswer]:
    """The wallets of this person in this region with their lots, the oldest first."""
    region_id = resident.region.region_id
    start = WALLETS.start(paging)
    after = start[0] if start else None
    async with state_of(request).database.snapshot(region_id) as session:
        rows = await wallets_of(session, region_id, resident.person_id, after, paging.limit + 1)
    shops = await shops_of_wallets(state_of(request), region_id, rows)
    return WALLETS.page(
        rows, paging, lambda row: (row.wallet_id,), lambda row: wallet_answer(row, shops)
    )


@router.get("/wallets/{wallet_id}", operation_id="getWallet", summary="One wallet with its lots")
async def get_wallet(request: Request, resident: Resident, wallet_id: Uuid) -> WalletAnswer:
    """What can be spent, lot by lot, and until when."""
    state = state_of(request)
    wallet = await own_wallet(state, resident, wallet_id)
    shops = await shops_of_wallets(state, resident.region.region_id, [wallet])
    return wallet_answer(wallet, shops)


@router.get(
    "/wallets/{wallet_id}/entries",
    operation_id="listWalletEntries",
    summary="A wallet's history, newest first",
)
async def list_wallet_entries(
    request: Request,
    resident: Resident,
    wallet_id: Uuid,
    paging: Paged,
    chosen: Annotated[HistoryFilters, Depends()],
) -> Page[HistoryItem]:
    """What happened, with how it changed coin and points; refused commands are left out."""
    state = state_of(request)
    await own_wallet(state, resident, wallet_id)
    kinds = [chosen.kind] if chosen.kind else get_args(HistoryKind)
    wanted = chosen.within(wallet_id, kinds, chosen.store_id)
    start = HISTORY.start(paging)
    region = resident.region
    async with state.database.snapshot(region.region_id) as session:
        rows = await list_entries(
            session, region.region_id, wanted, start[0] if start else None, paging.limit + 1
        )
        changes = await changes_of(session, region.region_id, wallet_id, rows)
    return HISTORY.page(
        rows,
        paging,
        lambda row: (row.seq,),
        lambda row: history_item(region, row, changes.get(row.entry_id, NO_CHANGE)),
    )


async def own_wallet(state: State, resident: ResidentIdentity, wallet_id: UUID) -> Wallet:
    """The resident's own wallet; wallet-unknown for anybody else's."""
    region_id = resident.region.region_id
    async with state.database.snapshot(region_id) as session:
        wallet = await find_wallet(session, region_id, wallet_id)
    if wallet is None or wallet.person_id != resident.person_id:
        raise Problem(WALLET_UNKNOWN)
    return wallet


def wallet_answer(wallet: Wallet, shops: Shops) -> WalletAnswer:
    """A wallet as its resident is shown it."""
    return WalletAnswer(
        wallet_id=wallet.wallet_id,
        state=_STATES.validate_python(wallet.state),
        coin_yen=wallet.held("coin"),
        points=wallet.held("points"),
        pending_points=wallet.held(PENDING),
        checked_points=wallet.checked_points,
        owed_yen=wallet.owed_yen,
        lots=lots_of(wallet, shops),
        pending=pending_of(wallet, shops),
    )


def history_item(region: Region, entry: Entry, change: Change) -> HistoryItem:
    """An entry as the wallet's resident is shown it."""
    return HistoryItem(
        entry_id=entry.entry_id,
        seq=entry.seq,
        kind=_KINDS.validate_python(entry.kind),
        at=in_zone(entry.at, region),
        business_date=entry.business_date,
        amount_yen=entry.amount,
        coin_change_yen=change.coin_yen,
        points_change=change.points,
        pending_points_change=change.pending_points,
        tied_points_granted=tied_points_granted(entry.facts),
        store_id=entry.other_id if "store_name" in entry.facts else None,
        store_name=entry.facts.get("store_name"),
        benefit_name=entry.facts["name"] if entry.kind == UseBenefit.kind else None,
        refers_to=entry.refers_to,
    )


_KINDS: TypeAdapter[HistoryKind] = TypeAdapter(HistoryKind)
_STATES: TypeAdapter[WalletState] = TypeAdapter(WalletState)
