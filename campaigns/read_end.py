"""Read from the books what a campaign that looks at its end goes by: the funding, a last day."""

from dataclasses import replace
from datetime import date

from campaigns.conditions import day_number
from campaigns.facts import Headroom
from campaigns.near_end import FUNDED, LAST_DAY
from campaigns.rules import LiveCampaign
from ledger.books import Books


def with_end(room: Headroom, books: Books, campaign: LiveCampaign) -> Headroom:
    """The headroom with what the end of the budget is judged by, as the books stand."""
    assert campaign.rules.end is not None, "only asked where the form says what happens"
    seen = dict(room.seen)
    if campaign.rules.end.down_at_bp is not None:
        seen[FUNDED] = books.account(campaign.campaign_id, "funder_receivable").balance
    else:
        last_day = books.holders[campaign.campaign_id].facts.get(LAST_DAY)
        if last_day is not None:
            seen[LAST_DAY] = day_number(date.fromisoformat(last_day))
    return replace(room, seen=seen)
