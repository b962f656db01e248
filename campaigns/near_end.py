"""What a campaign does near the end of its budget: step down to other rates, or end with notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from campaigns import reasons as say
from campaigns.conditions import day_number
from campaigns.effects import Effect, Rebate, Share, share_of
from campaigns.facts import WHOLE_BP, Headroom, PaymentFacts
from campaigns.form import Form
from campaigns.no_more import check_no_more
from campaigns.reasons import Reason

FUNDED: Final = "funded"
"""As headrooms call what funders promised and did not get back, in yen."""
LAST_DAY: Final = "last_day"
"""As headrooms call the announced last day, as YYYYMMDD; and a campaign's facts, as YYYY-MM-DD."""

MarkBp = Annotated[int, Field(ge=1, le=WHOLE_BP - 1, examples=[8000])]
"""The share of the budget that was used, in basis points: 8000 is 80 %."""


class StepDown(Form):
    """Other effects, from a share of the budget on. The form says it, so everybody knows before."""

    at_used_bp: MarkBp
    rebate: Rebate | None = None
    """In the way of the first rebate, and never more of it; null is none from there on."""
    cashback: Annotated[Effect | None, Field(validate_default=True)] = None

    @field_validator("cashback")
    @classmethod
    def _gives_something(cls, cashback: Effect | None, info: ValidationInfo) -> Effect | None:
        if cashback is None and info.data.get("rebate", "refused") is None:
            raise PydanticCustomError("gives_nothing", "must be said where there is no rebate")
        return cashback


class ScheduledEnd(Form):
    """At a share of the budget the last day is announced, until which the campaign goes on."""

    at_used_bp: MarkBp
    notice_days: Annotated[int, Field(ge=1, le=90, examples=[7])]
    """Whole days after the day of the announcement; the last of them is the campaign's last."""


class NearEnd(Form):
    """What happens before a budget is empty, in one of the ways below; at zero it ends anyway."""

    step_down: StepDown | None = None
    scheduled_end: ScheduledEnd | None = None

    @model_validator(mode="after")
    def _is_said_in_one_way(self) -> "NearEnd":
        if (self.step_down is None) is (self.scheduled_end is None):
            raise PydanticCustomError(
                "one_way", "must say exactly one of: step_down, scheduled_end"
            )
        return self


def check_near_end(near_end: NearEnd, rebate: Effect | None, cashback: Effect | None) -> None:
    """Raises pydantic's ValidationError, with the path of each effect of a step down that would
    give more than the first one.
    """
    refused = []
    for name, first in (("rebate", rebate), ("cashback", cashback)):
        later = getattr(near_end.step_down, name, None)
        try:
            if later is not None:
                check_no_more(later, name, first)
        except PydanticCustomError as error:
            loc = ("step_down", name)
            refused.append(InitErrorDetails(type=error, loc=loc, input=later))
    if refused:
        raise ValidationError.from_exception_data("near_end", refused)


@dataclass(frozen=True, slots=True)
class End:
    """The same made ready for the decision: plain values, no models."""

    down_at_bp: int | None
    """None where it does not step down."""
    rebate: Share | None
    cashback: Share | None

    def is_stepped_down(self, headroom: Headroom) -> bool:
        """Whether so much was used before this payment that the later effects hold for it."""
        if self.down_at_bp is None:
            return False
        return is_used(headroom.seen[FUNDED], headroom.budget_yen, self.down_at_bp)

    def obstacle(self, facts: PaymentFacts, headroom: Headroom) -> Reason | None:
        """An announced end that is over, or later effects that give this class nothing."""
        last_day = headroom.seen.get(LAST_DAY)
        if last_day is not None and day_number(facts.business_date) > last_day:
            return Reason(say.ENDED_EARLY, last_day)
        if self.is_stepped_down(headroom):
            shares = [share for share in (self.rebate, self.cashback) if share is not None]
            if not any(share.gives_to(facts.merchant_class) for share in shares):
                return Reason(say.STEPPED_DOWN_TO_NOTHING, self.down_at_bp)
        return None

    def told(self, headroom: Headroom) -> Iterator[Reason]:
        """What is said beside a grant: that later effects hold, that an end was announced."""
        if self.is_stepped_down(headroom):
            yield Reason(say.STEPPED_DOWN, self.down_at_bp)
        if LAST_DAY in headroom.seen:
            yield Reason(say.END_ANNOUNCED, headroom.seen[LAST_DAY])


def end_of(near_end: NearEnd | None) -> End | None:
    """Made ready; None where nothing is said of the end."""
    if near_end is None:
        return None
    down = near_end.step_down
    if down is None:
        return End(None, None, None)
    return End(down.at_used_bp, share_of(down.rebate), share_of(down.cashback))


def is_stepped_down(near_end: NearEnd | None, funded_yen: int, left_yen: int) -> bool:
    """Whether the effects of a step down hold for the next payment."""
    down = near_end.step_down if near_end else None
    return down is not None and is_used(funded_yen, left_yen, down.at_used_bp)


def is_used(funded_yen: int, left_yen: int, share_bp: int) -> bool:
    """Whether so much of what was funded is used; never where nothing was funded."""
    return 0 < share_bp * funded_yen <= (funded_yen - left_yen) * WHOLE_BP
