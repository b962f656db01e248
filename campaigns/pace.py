"""How a step down slows what a budget spends: yen of after the mark as yen of before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, get_args

from campaigns.effects import Share, share_of
from campaigns.facts import WHOLE_BP, PaymentFacts
from campaigns.form import MerchantClass
from campaigns.terms import Terms

_TYPICAL_YEN: Final = (1_000, 3_000, 10_000)
"""Payments by which effects are compared, one of each at each class of shop."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Of a campaign that steps down: what is left at the mark, and how fast it spends from there.

    Which shops people choose and how much they pay is not looked at: the pace is an estimate.
    """

    left_at_mark_yen: int
    later_bp: int
    """What the later effects give, as a share of what the first ones give."""

    def as_before(self, left_yen: int) -> int:
        """How much would be left if the first rates held to the end, and lasted as long."""
        slow_yen = min(left_yen, self.left_at_mark_yen)
        return left_yen - slow_yen + self._stretched(slow_yen)

    def spent_as_before(self, yen: int, day: date, stepped_down_on: date | None) -> int:
        """What a day would have cost at the first rates; the day of the step counts among them."""
        is_slow = stepped_down_on is not None and day > stepped_down_on
        return self._stretched(yen) if is_slow else yen

    def _stretched(self, yen: int) -> int:
        return yen * WHOLE_BP // self.later_bp


def pace_of(terms: Terms, funded_yen: int) -> Pace | None:
    """The pace of a campaign with these terms; None where it does not step down."""
    down = terms.near_end.step_down if terms.near_end else None
    if down is None:
        return None
    first = _given(share_of(terms.rebate), share_of(terms.cashback))
    later = _given(share_of(down.rebate), share_of(down.cashback))
    return Pace(
        left_at_mark_yen=funded_yen * (WHOLE_BP - down.at_used_bp) // WHOLE_BP,
        later_bp=max(1, later * WHOLE_BP // max(1, first)),
    )


def _given(*shares: Share | None) -> int:
    """What typical payments get in all, in yen."""
    said = [share for share in shares if share is not None]
    return sum(share.earns(facts, 0).amount for facts in _typical() for share in said)


def _typical() -> Iterator[PaymentFacts]:
    for merchant_class in get_args(MerchantClass):
        for yen in _TYPICAL_YEN:
            yield PaymentFacts(
                amount_yen=yen,
                coin_yen=yen,
                business_date=date.min,
                merchant_class=merchant_class,
            )
