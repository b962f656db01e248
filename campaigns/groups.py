"""Whether the campaigns of one group agree on how one of them is chosen."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from campaigns.terms import Terms
from core.errors import Problem, problem

CAMPAIGN_GROUP_DIFFERS: Final = problem(
    "campaign-group-differs", 409, "Another campaign of this group chooses in another way."
)


def check_group(terms: Terms, others: Iterable[tuple[UUID, Terms]]) -> None:
    """Raises campaign-group-differs where one of `others` is of the same group on some day that
    both last, and says another `how`. The refusal names that campaign, and the field.
    """
    ours = terms.together
    if ours is None or ours.group is None:
        return
    for campaign_id, other in others:
        theirs = other.together
        if theirs is None or theirs.group != ours.group or theirs.how == ours.how:
            continue
        if max(terms.starts_on, other.starts_on) <= min(terms.ends_on, other.ends_on):
            raise Problem(CAMPAIGN_GROUP_DIFFERS, field="together.how", campaign_id=campaign_id)
