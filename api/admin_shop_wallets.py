"""Finance sees the wallet of a merchant, and puts back what it cannot spend any more."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_merchants import Finance
from api.answers import accepted
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.look_up import TELLS_REFUSALS, look_up
from api.shop_wallet_answers import (
    ConversionReturn,
    ShopWalletAnswer,
    return_answer,
    shop_wallet_answer,
)
from api.state import state_of
from core.errors import Problem
from merchants.read_shop_wallets import find_shop_wallet
from merchants.shop_wallet import SHOP_WALLET_UNKNOWN
from payments.convert import ReturnConversion

router = v1_router("administrators: merchants")


class ConversionReturnBody(Body):
    """Whose coin is due to the shop again, and why."""

    wallet_id: Uuid
    reason: Reason = Field(examples=["the shop has left"])


@router.get(
    "/admin/merchants/{merchant_id}/wallet",
    operation_id="getMerchantWallet",
    summary="The wallet from which a merchant pays other shops",
)
async def get_merchant_wallet(
    request: Request, admin: Finance, merchant_id: Uuid
) -> ShopWalletAnswer:
    """What it holds today."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        wallet = await find_shop_wallet(session, region.region_id, merchant_id)
    if wallet is None:
        raise Problem(SHOP_WALLET_UNKNOWN)
    return shop_wallet_answer(wallet, region.day_of(state_of(request).clock.now()))


@router.put(
    "/admin/conversion-returns/{return_id}",
    operation_id="returnConversion",
    summary="Put the coin of a shop's wallet back to what is due to it",
    status_code=201,
)
async def return_conversion(
    request: Request,
    admin: Finance,
    return_id: Annotated[UUID, new_id("return_id")],
    body: ConversionReturnBody,
) -> ConversionReturn:
    """All of it, where it pays nothing any more: the merchant is leaving or has left, or shops do
    not pay shops in the region any longer. It is paid with the next settlement. That is a refund of
    prepaid value: whoever does it knows that the law allows it.
    """
    command = ReturnConversion(
        entry_id=return_id, actor=admin.actor, wallet_id=body.wallet_id, reason=body.reason
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return return_answer(admin.region, accepted(request, receipt))


@router.get(
    "/admin/conversion-returns/{return_id}",
    operation_id="getConversionReturn",
    summary="One return of a shop's coin",
    responses=TELLS_REFUSALS,
)
async def get_conversion_return(
    request: Request, admin: Finance, return_id: Uuid
) -> ConversionReturn:
    """What became of it."""
    entry = await look_up(request, admin.region, return_id, ReturnConversion)
    return return_answer(admin.region, entry)
