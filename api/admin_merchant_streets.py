"""Finance writes down of which shopping street (商店街) a merchant is."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_merchants import Finance, Word
from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.look_up import TELLS_REFUSALS, look_up
from api.state import state_of
from ledger.books import Entry
from ledger.regions import Region
from merchants.describe import DescribeMerchant

router = v1_router("administrators: merchants")


class StreetBody(Body):
    """The shopping street of a merchant from now on; null for none."""

    street: Word | None = Field(examples=["しもきた商店街"])
    reason: Reason = Field(examples=["joined the association"])


class StreetChange(Answer):
    """A change of a merchant's shopping street, as it was made."""

    change_id: UUID
    merchant_id: UUID
    street: str | None = Field(examples=["しもきた商店街"])
    before: str | None = Field(examples=[None])
    reason: str = Field(examples=["joined the association"])
    changed_at: datetime
    seq: int = Field(examples=[4711])


@router.put(
    "/admin/merchants/{merchant_id}/street-changes/{change_id}",
    operation_id="changeMerchantStreet",
    summary="Say of which shopping street a merchant is",
    status_code=201,
)
async def change_merchant_street(
    request: Request,
    admin: Finance,
    merchant_id: Uuid,
    change_id: Annotated[UUID, new_id("change_id")],
    body: StreetBody,
) -> StreetChange:
    """Campaigns that name streets, and points that are for some, go by it from the next payment on.

    What was granted before stays granted.
    """
    command = DescribeMerchant(
        entry_id=change_id,
        actor=admin.actor,
        merchant_id=merchant_id,
        street=body.street,
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _told(admin.region, accepted(request, receipt))


@router.get(
    "/admin/merchants/{merchant_id}/street-changes/{change_id}",
    operation_id="getMerchantStreetChange",
    responses=TELLS_REFUSALS,
    summary="One change of a merchant's shopping street",
)
async def get_merchant_street_change(
    request: Request, admin: Finance, merchant_id: Uuid, change_id: Uuid
) -> StreetChange:
    """What became of it."""
    entry = await look_up(request, admin.region, change_id, DescribeMerchant, merchant_id)
    return _told(admin.region, entry)


def _told(region: Region, entry: Entry) -> StreetChange:
    return StreetChange.model_validate(
        {
            "change_id": entry.entry_id,
            "merchant_id": entry.holder_id,
            "street": entry.facts["merchant"].get("street"),
            "before": entry.facts["street_before"],
            "reason": entry.facts["reason"],
            "changed_at": in_zone(entry.at, region),
            "seq": entry.seq,
        }
    )
