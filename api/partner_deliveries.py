"""What was told to a partner, and what it answered: for whoever asks why nothing arrives."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

from api.admin_alerts import Reader
from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.fields import Uuid
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.database import CITY_ROLE
from core.instants import Instant
from ledger.regions import Region
from notifications.kinds import MessageKind
from notifications.partner_deliveries import (
    DeliveryFilters,
    PartnerDelivery,
    PartnerDeliveryState,
    list_partner_deliveries,
)
from notifications.partner_words import PartnerWebhook
from notifications.partners import find_partner

DELIVERIES: Final = Listing("partner-deliveries", (int,))

router: Final = v1_router("administrators: notices")


class PartnerDeliveryAnswer(Answer):
    """One webhook to a partner."""

    delivery_no: int = Field(examples=[4711])
    webhook_id: UUID
    """The header `webhook-id`, the same in each attempt."""
    type: PartnerWebhook
    kind: MessageKind | None
    """Null: a test."""
    message_id: UUID | None
    state: PartnerDeliveryState
    """`dropped`: it was not to be sent any more. `dead`: the partner did not take it."""
    why: str | None = Field(examples=["status-503"])
    """What came of the last attempt, or why there is none: a code."""
    tries: int = Field(examples=[1])
    not_before: datetime | None
    """When it is tried next."""
    made_at: datetime
    ended_at: datetime | None


@router.get(
    "/admin/partners/{partner_id}/deliveries", operation_id="listPartnerDeliveries",
    summary="What was told to a partner, newest first",
)  # fmt: skip
async def list_all(  # noqa: PLR0913, PLR0917  one for each way to search
    request: Request,
    admin: Reader,
    partner_id: Uuid,
    paging: Paged,
    state: Annotated[PartnerDeliveryState | None, Query(description="Only these.")] = None,
    called: Annotated[
        PartnerWebhook | None, Query(alias="type", description="Only of this type.")
    ] = None,
    message_id: Annotated[Uuid | None, Query(description="Only of this message.")] = None,
    since: Annotated[
        Instant | None, Query(description="Put down at this instant or later.")
    ] = None,
    until: Annotated[Instant | None, Query(description="Put down before this instant.")] = None,
) -> Page[PartnerDeliveryAnswer]:
    """Of the last 30 days. What is `dead` is tried again as any dead letter."""
    region, start = admin.region, DELIVERIES.start(paging)
    wanted = DeliveryFilters(state, called, message_id, since, until)
    async with state_of(request).database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        await find_partner(db, region.region_id, partner_id)
        found = await list_partner_deliveries(
            db, region.region_id, partner_id, wanted, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return DELIVERIES.page(
        found, paging, lambda each: (each.delivery_id,), lambda each: delivery_answer(region, each)
    )


def delivery_answer(region: Region, found: PartnerDelivery) -> PartnerDeliveryAnswer:
    """In the region's zone."""

    return PartnerDeliveryAnswer(
        delivery_no=found.delivery_id,
        webhook_id=found.webhook_id,
        type=found.webhook,
        kind=found.kind,
        message_id=found.message_id,
        state=found.state,
        why=found.why,
        tries=found.tries,
        not_before=in_zone_if(found.not_before, region),
        made_at=in_zone(found.made_at, region),
        ended_at=in_zone_if(found.ended_at, region),
    )
