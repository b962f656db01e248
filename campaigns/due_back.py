"""What campaigns take back when more of a payment is refunded: kept before less kept after."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from campaigns.decide import Grant
from campaigns.facts import PaymentFacts
from campaigns.grant import amounts_counted
from campaigns.meters import Meter
from campaigns.recompute import recompute_all
from campaigns.rules import LiveCampaign

Counted = Sequence[tuple[Meter, int]]


class DueBack(NamedTuple):
    """What is due back of one grant, and what is counted no more."""

    campaign: LiveCampaign
    points: int
    cashback_yen: int
    less: Counted
    """Of the person, in the period of the payment. What a day's budget counts is not among it: that
    follows from what is collected, which nobody knows here."""

    @property
    def reopened(self) -> dict[str, int]:
        """What of this a refund tells beside the points, by the names of the meters."""
        return {meter.name: amount for meter, amount in self.less if meter.unit != "points"}


def due_back(
    originals: Sequence[Grant],
    campaigns: Mapping[UUID, LiveCampaign],
    paid: PaymentFacts,
    was: PaymentFacts,
    remains: PaymentFacts,
) -> Iterator[DueBack]:
    """Of each grant of the payment `paid`, when `was` was left of it, and now `remains` is.

    `campaigns` are those of `originals`, under the terms that granted (docs/RULES.md, section 4).
    """
    before, after = (kept_of(originals, campaigns, paid, left) for left in (was, remains))
    for kept, still in zip(before, after, strict=True):
        campaign = campaigns[kept.campaign_id]
        points = kept.rebate_points - still.rebate_points
        cashback_yen = kept.cashback_yen - still.cashback_yen
        assert min(points, cashback_yen) >= 0, "a refund never grants more"
        less = _less(
            amounts_counted(campaign, kept, was), amounts_counted(campaign, still, remains)
        )
        yield DueBack(campaign, points, cashback_yen, less)


def kept_of(
    originals: Sequence[Grant],
    campaigns: Mapping[UUID, LiveCampaign],
    paid: PaymentFacts,
    remains: PaymentFacts,
) -> Sequence[Grant]:
    """The grants that stand when this remains; all of them where nothing was refunded."""
    if remains.amount_yen == paid.amount_yen:
        return originals
    return recompute_all(originals, campaigns, paid, remains)


def _less(before: Counted, after: Counted) -> Counted:
    still = dict(after)
    less = [(meter, amount - still.get(meter, 0)) for meter, amount in before]
    return [(meter, amount) for meter, amount in less if amount and meter.unit != "budget"]
