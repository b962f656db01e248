"""Merchants have a wallet: they make coin of what is due to them, and see what it holds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, get_args
from uuid import UUID

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.answers import Answer, accepted, in_zone, told
from api.closed_route import v1_router
from api.days import Day
from api.fields import Body, Uuid, Yen, new_id
from api.history_bounds import HistoryBounds
from api.identity import MerchantIdentity, merchant
from api.look_up import ENTRY_UNKNOWN, TELLS_REFUSALS
from api.pages import Listing, Page, Paged
from api.shop_wallet_answers import (
    ConversionAnswer,
    ShopHistoryItem,
    ShopHistoryKind,
    ShopWalletAnswer,
    conversion_answer,
    shop_history_item,
    shop_wallet_answer,
)
from api.state import state_of
from api.statement import STATEMENT_RESPONSES, check_days, statement_of
from core.errors import Problem
from ledger.statement import NO_CHANGE, changes_of, find_entry, list_entries
from merchants.read_shop_wallets import ShopWallet, find_shop_wallet
from merchants.recirculation import Recirculation
from merchants.shop_wallet import SHOP_WALLET_UNKNOWN, OpenShopWallet
from payments.convert import Convert
from payments.reads import read_settings
from payments.spoken_for import read_convertible, read_spoken_for

HISTORY: Final = Listing("shop-wallet-history", (int,))

Spender = Annotated[MerchantIdentity, merchant("pay", roles=("owner", "manager"))]
Looker = Annotated[
    MerchantIdentity, merchant("sales:read", roles=("owner", "manager", "accountant"))
]

router = v1_router("merchants: wallet")


class OpenShopWalletBody(Body):
    """Nothing: the wallet is of the merchant whom the token names."""


class ShopWalletOpened(Answer):
    """A new wallet, empty."""

    wallet_id: UUID
    opened_at: datetime


class OwnShopWallet(ShopWalletAnswer):
    """My merchant's wallet, and what may be done with it now."""

    convertible_yen: int = Field(examples=[12_000])
    """What of what is due to the merchant may become coin now, limits of day and month apart: less
    debts, less what a settlement is about to pay, less the fee of what was sold since."""
    rules: Recirculation
    """Whether shops pay shops in this region, and how much; in yen."""


class ConversionBody(Body):
    """How much of what is due becomes coin of the wallet."""

    wallet_id: Uuid
    amount_yen: Yen = Field(examples=[4000])


@dataclass(frozen=True, slots=True)
class ShopHistoryFilters(HistoryBounds):
    """What of the history is wanted."""

    kind: Annotated[ShopHistoryKind | None, Query(description="Only this kind.")] = None


@router.put(
    "/merchant/wallets/{wallet_id}",
    operation_id="openShopWallet",
    summary="Open my merchant's wallet",
    status_code=201,
)
async def open_shop_wallet(
    request: Request,
    staff: Spender,
    wallet_id: Annotated[UUID, new_id("wallet_id")],
    body: OpenShopWalletBody,  # noqa: ARG001  an unknown member is refused
) -> ShopWalletOpened:
    """One for each merchant, where the region lets shops pay shops."""
    check_whole(staff)
    command = OpenShopWallet(entry_id=wallet_id, actor=staff.actor, merchant_id=staff.merchant_id)
    receipt = await state_of(request).engines.of(staff.region.region_id).submit(command)
    entry = accepted(request, receipt)
    return ShopWalletOpened(wallet_id=wallet_id, opened_at=in_zone(entry.at, staff.region))


@router.get("/merchant/wallet", operation_id="getOwnShopWallet", summary="My merchant's wallet")
async def get_own_shop_wallet(request: Request, staff: Looker) -> OwnShopWallet:
    """What it holds, and what may become coin. For whoever works for all stores of the merchant."""
    region = staff.region
    today = region.day_of(state_of(request).clock.now())
    async with state_of(request).database.snapshot(region.region_id) as session:
        wallet = await own_shop_wallet(session, staff)
        settings = await read_settings(session, region.region_id)
        assert settings is not None, "a region with merchants has settings"
        convertible = await read_convertible(
            session, region, settings.settlement, staff.merchant_id, today
        )
    return OwnShopWallet(
        **dict(shop_wallet_answer(wallet, today)),
        convertible_yen=convertible,
        rules=settings.recirculation,
    )


@router.get(
    "/merchant/wallet/entries",
    operation_id="listShopWalletEntries",
    summary="The history of my merchant's wallet, newest first",
)
async def list_shop_wallet_entries(
    request: Request,
    staff: Looker,
    paging: Paged,
    chosen: Annotated[ShopHistoryFilters, Depends()],
) -> Page[ShopHistoryItem]:
    """What was converted, paid and given back, and how it changed the coin."""
    region, start = staff.region, HISTORY.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as session:
        wallet_id = (await own_shop_wallet(session, staff)).wallet_id
        kinds = [chosen.kind] if chosen.kind else get_args(ShopHistoryKind)
        wanted = chosen.within(wallet_id, kinds)
        rows = await list_entries(
            session, region.region_id, wanted, start[0] if start else None, paging.limit + 1
        )
        changes = await changes_of(session, region.region_id, wallet_id, rows)
    return HISTORY.page(
        rows,
        paging,
        lambda row: (row.seq,),
        lambda row: shop_history_item(region, row, changes.get(row.entry_id, NO_CHANGE)),
    )


@router.get(
    "/merchant/wallet/statement.csv",
    operation_id="downloadShopStatement",
    summary="The statement of my merchant's wallet as CSV",
    response_class=StreamingResponse,
    responses=STATEMENT_RESPONSES,
)
async def download_shop_statement(
    request: Request,
    staff: Looker,
    from_day: Annotated[Day, Query(alias="from", description="First business date.")],
    to_day: Annotated[Day, Query(alias="to", description="Last business date.")],
) -> StreamingResponse:
    """As a resident's: oldest first, UTF-8 with a byte order mark, at most 400 days at once."""
    check_days(from_day, to_day)
    async with state_of(request).database.snapshot(staff.region.region_id) as session:
        wallet = await own_shop_wallet(session, staff)
    return await statement_of(state_of(request), staff.region, wallet.wallet_id, from_day, to_day)


@router.put(
    "/merchant/conversions/{conversion_id}",
    operation_id="makeConversion",
    summary="Make coin of what is due to my merchant",
    status_code=201,
)
async def make_conversion(
    request: Request,
    staff: Spender,
    conversion_id: Annotated[UUID, new_id("conversion_id")],
    body: ConversionBody,
) -> ConversionAnswer:
    """It is taken from what is due at once, and no settlement pays it out any more. It pays other
    shops of the region, and is not changed back into money by the shop.
    """
    check_whole(staff)
    state, region = state_of(request), staff.region
    today = region.day_of(state.clock.now())
    async with state.database.snapshot(region.region_id) as session:
        settings = await read_settings(session, region.region_id)
        assert settings is not None, "a region with merchants has settings"
        spoken_for = await read_spoken_for(
            session, region, settings.settlement, staff.merchant_id, today
        )
    command = Convert(
        entry_id=conversion_id,
        actor=staff.actor,
        merchant_id=staff.merchant_id,
        wallet_id=body.wallet_id,
        amount_yen=body.amount_yen,
        spoken_for=spoken_for,
    )
    receipt = await state.engines.of(region.region_id).submit(command)
    return conversion_answer(region, accepted(request, receipt))


@router.get(
    "/merchant/conversions/{conversion_id}",
    operation_id="getConversion",
    summary="What became of a conversion",
    responses=TELLS_REFUSALS,
)
async def get_conversion(request: Request, staff: Looker, conversion_id: Uuid) -> ConversionAnswer:
    """The conversion, or the problem that refused it."""
    region = staff.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        wallet = await own_shop_wallet(session, staff)
        entry = await find_entry(session, region.region_id, conversion_id)
    is_own = entry is not None and (entry.kind, entry.holder_id) == (Convert.kind, wallet.wallet_id)
    if entry is None or not is_own:
        raise Problem(ENTRY_UNKNOWN)
    return conversion_answer(region, told(entry))


def check_whole(staff: MerchantIdentity) -> None:
    """The wallet is all stores': raises shop-wallet-unknown for whoever works in some of them."""
    if staff.stores is not None:
        raise Problem(SHOP_WALLET_UNKNOWN)


async def own_shop_wallet(session: AsyncSession, staff: MerchantIdentity) -> ShopWallet:
    """The wallet of the merchant of the token. Raises shop-wallet-unknown."""
    check_whole(staff)
    wallet = await find_shop_wallet(session, staff.region.region_id, staff.merchant_id)
    if wallet is None:
        raise Problem(SHOP_WALLET_UNKNOWN)
    return wallet
