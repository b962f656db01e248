"""What finance knows of a merchant's business, for papers and letters."""

from uuid import UUID

from starlette.requests import Request

from api.admin_merchants import Finance
from api.answers import Answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Uuid
from api.state import state_of
from core.errors import Problem
from merchants.application import BusinessForm
from merchants.merchant import MERCHANT_UNKNOWN
from merchants.read_business import Business, change_business, find_business
from merchants.reads import find_merchant

router = v1_router("administrators: merchants")


class BusinessAnswer(BusinessForm, Answer):
    """The business of a merchant."""

    merchant_id: UUID


@router.get(
    "/admin/merchants/{merchant_id}/business",
    operation_id="getBusiness",
    summary="The business of a merchant",
)
async def get_business(request: Request, admin: Finance, merchant_id: Uuid) -> BusinessAnswer:
    """As the application said, or finance has changed it since."""
    region_id = admin.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        if await find_merchant(db, region_id, merchant_id) is None:
            raise Problem(MERCHANT_UNKNOWN)
        return _answer(merchant_id, await find_business(db, region_id, merchant_id))


@router.post(
    "/admin/merchants/{merchant_id}/business",
    operation_id="changeBusiness",
    summary="Write down the business of a merchant",
)
async def post_business(
    request: Request, admin: Finance, merchant_id: Uuid, body: BusinessForm
) -> BusinessAnswer:
    """All of it, as it is from now on. The bank account is changed elsewhere, by two people."""
    region_id = admin.region.region_id
    said = Business(**body.model_dump())
    async with state_of(request).database.transaction(region_id) as db:
        if await find_merchant(db, region_id, merchant_id) is None:
            raise Problem(MERCHANT_UNKNOWN)
        await change_business(db, region_id, merchant_id, said, doer_of(admin))
    return _answer(merchant_id, said)


def _answer(merchant_id: UUID, found: Business) -> BusinessAnswer:
    said = {name: getattr(found, name) for name in Business.__slots__}
    return BusinessAnswer.model_validate({"merchant_id": merchant_id, **said})
