"""What a store tells the public of itself, written down by those who run it, or by finance."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.admin_merchants import Finance
from api.answers import Answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Uuid
from api.merchants import Staff, check_store
from api.offices import Chief
from api.state import state_of
from core.errors import Problem
from insights.plans import check_district
from ledger.regions import Region
from merchants.merchant import STORE_UNKNOWN
from merchants.reads import find_store
from merchants.store_details import StoreDetails, change_details, find_details

router = v1_router("merchants")
by_finance = v1_router("administrators: merchants")


class StoreDetailsAnswer(StoreDetails, Answer):
    """What a store tells of itself."""

    store_id: UUID


@router.get(
    "/stores/{store_id}/details", operation_id="getStoreDetails", summary="What my store tells"
)
async def get_details(request: Request, staff: Staff, store_id: Uuid) -> StoreDetailsAnswer:
    """As the public directory shows it."""
    region_id = staff.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        await check_store(db, staff, store_id)
        return _answer(store_id, await find_details(db, region_id, store_id))


@router.post(
    "/stores/{store_id}/details",
    operation_id="changeStoreDetails",
    summary="Write down what my store tells",
)
async def post_details(
    request: Request, staff: Chief, store_id: Uuid, body: StoreDetails
) -> StoreDetailsAnswer:
    """All of it, as it is from now on, by an owner or a manager. Anybody may see it."""
    region_id = staff.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        await check_store(db, staff, store_id)
        await _check_district(request, db, staff.region, body)
        await change_details(db, region_id, store_id, body, doer_of(staff))
    return _answer(store_id, body)


@by_finance.get(
    "/admin/merchants/{merchant_id}/stores/{store_id}/details",
    operation_id="getStoreDetailsOfMerchant",
    summary="What a merchant's store tells",
)
async def get_details_of(
    request: Request, admin: Finance, merchant_id: Uuid, store_id: Uuid
) -> StoreDetailsAnswer:
    """As the public directory shows it."""
    region_id = admin.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        if await find_store(db, region_id, merchant_id, store_id) is None:
            raise Problem(STORE_UNKNOWN)
        return _answer(store_id, await find_details(db, region_id, store_id))


@by_finance.post(
    "/admin/merchants/{merchant_id}/stores/{store_id}/details",
    operation_id="changeStoreDetailsOfMerchant",
    summary="Write down what a merchant's store tells",
)
async def post_details_of(
    request: Request, admin: Finance, merchant_id: Uuid, store_id: Uuid, body: StoreDetails
) -> StoreDetailsAnswer:
    """All of it, as it is from now on. Anybody may see it."""
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        if await find_store(db, region_id, merchant_id, store_id) is None:
            raise Problem(STORE_UNKNOWN)
        await _check_district(request, db, admin.region, body)
        await change_details(db, region_id, store_id, body, doer_of(admin))
    return _answer(store_id, body)


async def _check_district(
    request: Request, db: AsyncSession, region: Region, said: StoreDetails
) -> None:
    """Raises district-unknown."""
    if said.district is not None:
        today = region.day_of(state_of(request).clock.now())
        await check_district(db, region.region_id, said.district, today)


def _answer(store_id: UUID, said: StoreDetails) -> StoreDetailsAnswer:
    told = {name: getattr(said, name) for name in StoreDetails.model_fields}
    return StoreDetailsAnswer(store_id=store_id, **told)
