"""The decision that runs live, told in full: also of campaigns that do not apply, and why."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from campaigns.decide import Grant, decide_amount, decide_here, refusal
from campaigns.facts import Headroom, PaymentFacts
from campaigns.line_up import LineUp
from campaigns.rules import LiveCampaign


def decide_all(
    campaigns: Sequence[LiveCampaign], facts: PaymentFacts, headrooms: Mapping[UUID, Headroom]
) -> tuple[Grant, ...]:
    """One grant of each, in the order in which they are served; a refusal is of nothing."""
    line_up = LineUp(campaigns)
    decision = decide_here(line_up, facts, lambda campaign: headrooms[campaign.campaign_id])
    grants = {grant.campaign_id: grant for grant in decision.grants}
    for campaign, why_not in (*decision.refused, *line_up.away(facts)):
        headroom = headrooms[campaign.campaign_id]
        grants[campaign.campaign_id] = refusal(campaign, headroom, why_not)
    return tuple(grants[campaign.campaign_id] for campaign in line_up.served)


def decide(campaign: LiveCampaign, facts: PaymentFacts, headroom: Headroom, room: int) -> Grant:
    """What one campaign grants, when `room` points are left below the payment's ceiling."""
    line_up = LineUp([campaign])
    if line_up.asked(line_up.here(facts), facts).units:
        return decide_amount(campaign, facts, headroom, room)
    (grant,) = decide_all([campaign], facts, {campaign.campaign_id: headroom})
    return grant
