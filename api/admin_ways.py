"""By which ways notices reach people, and which of them nobody has set up."""

from datetime import datetime
from typing import Final

from fastapi import Request
from pydantic import Field

from api.admin_alerts import Reader
from api.answers import Answer, in_zone_if
from api.closed_route import v1_router
from api.state import state_of
from core.database import CITY_ROLE
from ledger.regions import Region
from notifications.dead_letters import OutsideChannel
from notifications.ways import Way, ways_of

router: Final = v1_router("administrators: notices")


class WayAnswer(Answer):
    """One way to people. The inbox is none of them: it is always there."""

    channel: OutsideChannel
    is_carried: bool = Field(examples=[False])
    """Whether a worker that carries by it was at work within ten minutes. False: what should go by
    it waits, until its time is over."""
    carried_at: datetime | None
    """When one was last; null: the deployment has never set it up."""
    addresses: int = Field(examples=[800])
    """So many addresses at least could be told by it: in hundreds, rounded down, once a day."""


class WaysAnswer(Answer):
    """Every way but the inbox."""

    items: list[WayAnswer]


@router.get(
    "/admin/notice-ways", operation_id="listNoticeWays",
    summary="By which ways notices reach people, and which nobody has set up",
)  # fmt: skip
async def list_all(request: Request, admin: Reader) -> WaysAnswer:
    """Look here before something important is sent: what nobody carries reaches inboxes alone."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        found = await ways_of(db, region.region_id)
    return WaysAnswer(items=[way_answer(region, each) for each in found])


def way_answer(region: Region, way: Way) -> WayAnswer:
    """In the region's zone."""
    return WayAnswer(
        channel=way.channel,
        is_carried=way.is_carried,
        carried_at=in_zone_if(way.carried_at, region),
        addresses=way.addresses,
    )
