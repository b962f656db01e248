"""Whether a campaign may start at a given time: not over, at one with its group, and funded."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from campaigns.groups import Coming, Span, check_group, spans_of
from campaigns.life import instant_of, key_of_next, next_version
from campaigns.terms import Terms
from core.errors import Problem, problem
from ledger.books import Books, Holder

CAMPAIGN_NOT_FUNDED: Final = problem(
    "campaign-not-funded", 409, "The campaign has no budget to start on."
)
CAMPAIGN_OVER: Final = problem("campaign-over", 409, "The last day of the campaign is over.")

_ON: Final = {"live", "scheduled"}


def check_start(books: Books, campaign: Holder, at: datetime) -> None:
    """Raises campaign-over, campaign-group-differs beside one that is live or scheduled, and
    campaign-not-funded. Nothing of this can change before a start that is scheduled.
    """
    coming = coming_of(books, campaign)
    terms: Terms = books.campaigns[campaign.holder_id].terms
    if coming is not None and coming.applies_from <= at:
        terms = coming.terms
    if terms.ends_on < at.astimezone(books.zone).date():
        raise Problem(CAMPAIGN_OVER)
    check_group(_spans(books, campaign, coming), spans_in_force(books))
    if books.account(campaign.holder_id, "budget").balance == 0:
        raise Problem(CAMPAIGN_NOT_FUNDED)


def coming_of(books: Books, campaign: Holder) -> Coming | None:
    """The terms that will be the campaign's after now, if a version was approved."""
    version, key = next_version(campaign, books.now), key_of_next(campaign)
    if version is None or key is None:
        return None
    applies_from = instant_of(version["applies_from"]).astimezone(books.zone)
    return Coming(books.versions[key].terms, applies_from)


def spans_in_force(books: Books) -> Iterator[Span]:
    """The days of all campaigns that are live or scheduled; a load brings all of them."""
    for campaign in books.holders.values():
        if campaign.kind == "campaign" and campaign.state in _ON:
            yield from _spans(books, campaign, coming_of(books, campaign))


def _spans(books: Books, campaign: Holder, coming: Coming | None) -> Iterator[Span]:
    return spans_of(campaign.holder_id, books.campaigns[campaign.holder_id].terms, coming)
