"""How notices were taken: of each one noisy answer, and nothing else of who got or read it."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Uuid
from api.pages import Listing, Page, Paged
from api.state import state_of
from api.statistics_figures import FigureAnswer
from api.statistics_plans import Reader
from core.database import CITY_ROLE
from core.errors import Problem, problem
from insights.read_deliveries import Delivered, list_delivered
from insights.released import Figure
from ledger.regions import Region

DELIVERIES_NOT_TOLD: Final = problem(
    "delivery-figures-unknown", 404, "There are no figures of such a notice, or not yet."
)
DELIVERIES: Final = Listing("statistics-deliveries", (UUID,))

router: Final = v1_router("administrators: statistics")

Kind = Literal["public_service", "campaign"]


class DeliveryFigures(Answer):
    """How a notice was taken in its first 72 hours. It is told once, and never changes."""

    message_id: UUID
    kind: Kind
    title: str = Field(examples=["夏祭り"])
    """In Japanese, as everybody may read it."""
    made_at: datetime
    got: FigureAnswer
    """People in whose inbox it was."""
    read: FigureAnswer
    """Of them, those who opened it."""
    unread: FigureAnswer
    """And those who did not. A number may be below zero: that is the noise."""
    sigma_people_milli: int = Field(examples=[45_000])
    """Standard deviation of the noise in `read` and in `unread`, in thousandths of a person."""
    released_at: datetime


@router.get(
    "/admin/statistics/deliveries",
    operation_id="listDeliveryFigures",
    summary="How notices were taken, newest first",
)
async def list_delivery_figures(
    request: Request,
    admin: Reader,
    paging: Paged,
    kind: Annotated[Kind | None, Query(description="Only notices of this kind.")] = None,
) -> Page[DeliveryFigures]:
    """Of notices that are 72 hours old. To look costs nothing of the privacy budget."""
    region, start = admin.region, DELIVERIES.start(paging)
    async with state_of(request).database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        found = await list_delivered(
            db,
            region.region_id,
            before=start[0] if start else None,
            limit=paging.limit + 1,
            kind=kind,
        )
    return DELIVERIES.page(
        found, paging, lambda each: (each.message_id,), lambda each: _answer(region, each)
    )


@router.get(
    "/admin/statistics/deliveries/{message_id}",
    operation_id="getDeliveryFigures",
    summary="How one notice was taken",
)
async def get_delivery_figures(
    request: Request, admin: Reader, message_id: Uuid
) -> DeliveryFigures:
    """404 until its 72 hours are over and the job has told it."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        found = await list_delivered(
            db, region.region_id, before=None, limit=1, message_id=message_id
        )
    if not found:
        raise Problem(DELIVERIES_NOT_TOLD)
    return _answer(region, found[0])


def _answer(region: Region, each: Delivered) -> DeliveryFigures:
    return DeliveryFigures(
        message_id=each.message_id,
        kind=each.kind,
        title=each.title,
        made_at=in_zone(each.made_at, region),
        got=_figure(each.got),
        read=_figure(each.read),
        unread=_figure(each.unread),
        sigma_people_milli=each.sigma_milli,
        released_at=in_zone(each.released_at, region),
    )


def _figure(figure: Figure) -> FigureAnswer:
    return FigureAnswer(value=figure.value, low=figure.low, high=figure.high)
