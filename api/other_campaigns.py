"""Campaigns that were live and of which an entry does not tell, each with why it gave nothing."""

from collections.abc import Iterable
from uuid import UUID

from pydantic import Field

from api.answers import Answer, ReasonAnswer, in_words
from campaigns.explain import Of
from payments.why_not import WhyNot


class OtherCampaign(Answer):
    """A campaign that was live, and of which the payment's own record does not tell."""

    campaign_id: UUID
    campaign_name: str = Field(examples=["朝の商店街"])
    terms_hash: str = Field(examples=["1b07" + 60 * "0"])
    """Which rules these were, as above."""
    steps: list[ReasonAnswer]
    """Why it gave nothing: the first condition that was not met. `facts-not-kept`, `facts-erased`:
    what it takes to say so is not there any more."""


def other_campaigns(others: Iterable[WhyNot], of: Of = "payment") -> list[OtherCampaign]:
    """Those that the entry does not tell of."""
    return [
        OtherCampaign(
            campaign_id=campaign.campaign_id,
            campaign_name=campaign.terms.name,
            terms_hash=campaign.hash.hex(),
            steps=[in_words(reason, of)],
        )
        for campaign, reason in others
    ]
