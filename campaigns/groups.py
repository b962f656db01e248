"""Whether the campaigns of one group agree on how one of them is chosen."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from campaigns.terms import Terms
from core.errors import Problem, problem

CAMPAIGN_GROUP_DIFFERS: Final = problem(
    "campaign-group-differs", 409, "Another campaign of this group chooses in another way."
)

_INSTANT: Final = timedelta(microseconds=1)


class Coming(NamedTuple):
    """Terms that will be a campaign's."""

    terms: Terms
    applies_from: datetime
    """In the region's zone."""


class Span(NamedTuple):
    """The days on which a campaign may grant under these terms."""

    campaign_id: UUID
    terms: Terms
    first: date
    last: date


def spans_of(campaign_id: UUID, terms: Terms, coming: Coming | None) -> Iterator[Span]:
    """Under the terms that hold and those to come. A day within which they change has both."""
    if coming is None:
        yield Span(campaign_id, terms, terms.starts_on, terms.ends_on)
        return
    last = (coming.applies_from - _INSTANT).date()
    yield Span(campaign_id, terms, terms.starts_on, min(terms.ends_on, last))
    first = max(coming.terms.starts_on, coming.applies_from.date())
    yield Span(campaign_id, coming.terms, first, coming.terms.ends_on)


def check_group(ours: Iterable[Span], others: Iterable[Span]) -> None:
    """Raises campaign-group-differs where another campaign is of the same group on some day of
    both, and says another `how`. The refusal names that campaign, and the field.
    """
    other_id = who_differs(ours, others)
    if other_id is not None:
        raise Problem(CAMPAIGN_GROUP_DIFFERS, field="together.how", campaign_id=other_id)


def who_differs(ours: Iterable[Span], others: Iterable[Span]) -> UUID | None:
    """The first other campaign that says another `how` for the same group on some day of both."""
    theirs = tuple(others)
    differing = (each.campaign_id for span in ours for each in theirs if _differ(span, each))
    return next(differing, None)


def _differ(one: Span, other: Span) -> bool:
    ours, theirs = one.terms.together, other.terms.together
    if ours is None or theirs is None or one.campaign_id == other.campaign_id:
        return False
    if ours.group is None or ours.group != theirs.group or ours.how == theirs.how:
        return False
    return max(one.first, other.first) <= min(one.last, other.last)
