"""The history of a campaign: who did what, when and why."""

from datetime import datetime
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_campaigns import Reader
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Uuid
from api.pages import Listing, Page, Paged
from api.state import state_of
from campaigns.campaign import CAMPAIGN_UNKNOWN
from campaigns.history import list_steps, step_of, version_of_step
from campaigns.life import instant_of
from campaigns.reads import find_campaign
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region

HISTORY = Listing("campaign-history", (int,))

router = v1_router("administrators: campaigns")


class CampaignStepAnswer(Answer):
    """A step in the life of a campaign."""

    seq: int = Field(examples=[4711])
    """Its number in the journal; for *campaigns*, among the steps of this campaign."""
    entry_id: UUID
    at: datetime
    step: str = Field(examples=["approved"])
    """The state that it brought (`simulated`, `submitted`, `draft` where an approval was refused or
    withdrawn, `approved`, `scheduled`, `live`, `stopped`, `ended`), or `drafted`, `funded`,
    `settled`, `returned`, `budget-mark`, `end-announced`; of a version `version-drafted`,
    `version-submitted`, `version-draft`, `version-approved`, `version-applied`,
    `version-withdrawn`."""
    actor: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000002"])
    """Who: an administrator, or a job where it came by itself."""
    reason: str | None = Field(examples=["議会の議決のとおり"])
    version_id: UUID | None
    """The version that it is about, or that ended with the campaign."""
    simulation_id: UUID | None
    starts_at: datetime | None
    """When it starts, where it was scheduled."""
    applies_from: datetime | None
    """When the version applies."""
    amount_yen: int | None = Field(examples=[None])
    """Of what was funded or returned, or spent by a settlement; for *campaigns*, of what was funded
    alone."""


@router.get(
    "/admin/campaigns/{campaign_id}/history",
    operation_id="listCampaignHistory",
    summary="All steps of a campaign, newest first",
)
async def list_history(
    request: Request, admin: Reader, campaign_id: Uuid, paging: Paged
) -> Page[CampaignStepAnswer]:
    """From the journal, which nobody changes. *Campaigns* find no marks of the budget there: what
    payments make of it is told to them once a week, rounded.
    """
    region = admin.region
    start = HISTORY.start(paging)
    database = state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        if await find_campaign(db, region.region_id, campaign_id) is None:
            raise Problem(CAMPAIGN_UNKNOWN)
        before = start[0] if start else None
        rows = await list_steps(db, region.region_id, campaign_id, before, paging.limit + 1)
    return HISTORY.page(rows, paging, lambda row: (row.seq,), lambda row: _answer(region, row))


def _answer(region: Region, entry: Entry) -> CampaignStepAnswer:
    facts, step = entry.facts, step_of(entry)
    plan = facts.get("plan", {})

    def instant(text: str | None) -> datetime | None:
        return None if text is None else in_zone(instant_of(text), region)

    return CampaignStepAnswer(
        seq=entry.seq,
        entry_id=entry.entry_id,
        at=in_zone(entry.at, region),
        step=step,
        actor=entry.actor,
        reason=facts.get("reason"),
        version_id=version_of_step(entry),
        simulation_id=facts.get("simulation_id"),
        starts_at=instant(plan.get("starts_at")) if step == "scheduled" else None,
        applies_from=instant(facts.get("applies_from")),
        amount_yen=entry.amount or None,
    )
