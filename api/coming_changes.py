"""What will change of the campaigns that an explanation is about, and from when."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import Answer, in_zone
from campaigns.may_change import changed_fields
from campaigns.reads import find_campaign
from ledger.regions import Region


class ComingChange(Answer):
    """A version that was approved: the board tells all of it."""

    campaign_id: UUID
    applies_from: datetime
    """From this instant on other rules hold than those of the payment, or than those of today."""
    changes: tuple[str, ...]
    """The fields of the campaign's form that change."""


async def coming_changes(
    session: AsyncSession, region: Region, campaigns: Collection[UUID]
) -> list[ComingChange]:
    """Of these campaigns, those that will change; as it stands today."""
    found = [await find_campaign(session, region.region_id, each) for each in campaigns]
    return [
        ComingChange(
            campaign_id=campaign.campaign_id,
            applies_from=in_zone(campaign.next.applies_from, region),
            changes=changed_fields(campaign.terms, campaign.next.terms),
        )
        for campaign in found
        if campaign is not None and campaign.next is not None
    ]
