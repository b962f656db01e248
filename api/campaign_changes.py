"""Lead a campaign from state to state: schedule, start, stop, end."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from api.admin_campaigns import Reader, Starter
from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.look_up import TELLS_REFUSALS, as_read, look_up_campaign
from api.state import state_of
from campaigns.campaign import ChangeCampaign
from campaigns.life import CampaignState, instant_of
from core.instants import Instant
from ledger.books import Entry
from ledger.regions import Region

router = v1_router("administrators: campaigns")


class CampaignChangeBody(Body):
    """Start an approved campaign (again) now or at a time to come, stop it at once, or end it for
    good.
    """

    state: Literal["scheduled", "live", "stopped", "ended"]
    reason: Reason = Field(examples=["opening day"])
    starts_at: Annotated[Instant | None, Field(validate_default=True)] = Field(
        default=None,
        description="For `scheduled`: from this instant on it is live, without anybody's doing.",
    )

    @field_validator("starts_at")
    @classmethod
    def _is_said_of_what_is_scheduled(
        cls, starts_at: datetime | None, info: ValidationInfo
    ) -> datetime | None:
        if (info.data.get("state") == "scheduled") != (starts_at is not None):
            raise PydanticCustomError(
                "starts_at_wrong", "must be said where the state is scheduled, and nowhere else"
            )
        return starts_at


class CampaignChange(Answer):
    """A change of a campaign's state, as it was made."""

    change_id: UUID
    campaign_id: UUID
    state: CampaignState
    before: CampaignState
    reason: str = Field(examples=["opening day"])
    starts_at: datetime | None
    """When it starts, where it was scheduled."""
    changed_at: datetime
    seq: int = Field(examples=[4711])


@router.put(
    "/admin/campaigns/{campaign_id}/state-changes/{change_id}",
    operation_id="changeCampaign",
    summary="Start, schedule, stop or end a campaign",
    status_code=201,
)
async def change_campaign(
    request: Request,
    admin: Starter,
    campaign_id: Uuid,
    change_id: Annotated[UUID, new_id("change_id")],
    body: CampaignChangeBody,
) -> CampaignChange:
    """It holds from the next payment on, or from `starts_at` on. A campaign needs an approval and a
    budget to start.
    """
    command = ChangeCampaign(
        entry_id=change_id,
        actor=admin.actor,
        campaign_id=campaign_id,
        state=body.state,
        reason=body.reason,
        starts_at=body.starts_at and body.starts_at.astimezone(UTC),
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _change(admin.region, await as_read(request, admin, accepted(request, receipt)))


@router.get(
    "/admin/campaigns/{campaign_id}/state-changes/{change_id}",
    operation_id="getCampaignChange",
    responses=TELLS_REFUSALS,
    summary="One change of a campaign's state",
)
async def get_campaign_change(
    request: Request, admin: Reader, campaign_id: Uuid, change_id: Uuid
) -> CampaignChange:
    """What became of it."""
    entry = await look_up_campaign(request, admin, change_id, ChangeCampaign, campaign_id)
    return _change(admin.region, entry)


def _change(region: Region, entry: Entry) -> CampaignChange:
    assert entry.holder_id is not None, "a change has a campaign"
    starts_at = entry.facts.get("plan", {}).get("starts_at")
    return CampaignChange(
        change_id=entry.entry_id,
        campaign_id=entry.holder_id,
        state=entry.facts["state"],
        before=entry.facts["before"],
        reason=entry.facts["reason"],
        starts_at=None if starts_at is None else in_zone(instant_of(starts_at), region),
        changed_at=in_zone(entry.at, region),
        seq=entry.seq,
    )
