"""What a simulation is asked: which form, over which days, with which budget, beside whom."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from campaigns.form import Day, Form, Id
from campaigns.terms import Terms
from core.errors import problem

CAMPAIGN_NEVER_LIVE: Final = problem(
    "campaign-never-live", 409, "The campaign was not live on any of these days."
)
SIMULATION_TOO_LARGE: Final = problem(
    "simulation-too-large", 409, "The period has more than one simulation takes."
)
MOST_DAYS: Final = 731
"""From the first day to the last."""
MOST_BUDGET_YEN: Final = 1_000_000_000_000


class Asked(Form):
    """A simulation's question. Raises pydantic's ValidationError, with the field in `loc`."""

    terms: Terms
    """The form that is tried."""
    from_day: Day = Field(examples=["2026-08-01"])
    """The first day of past payments, in the region's zone."""
    to_day: Day = Field(examples=["2026-09-30"])
    """The last day; it must be over."""
    budget_yen: Annotated[int, Field(ge=1, le=MOST_BUDGET_YEN)] | None = None
    """Null is no limit; with `instead_of` it is what that campaign was funded with."""
    multiplier_bp: Annotated[int, Field(ge=1_000, le=50_000)] = 10_000
    """How large each payment is taken to be: 12000 is 1.2 times as large as it was."""
    instead_of: Id | None = None
    """A past campaign, whose place the form takes: its days, states and fundings."""
    beside: Literal["nobody", "others"] | None = None
    """`others`: all other campaigns that were live grant as well. Null is `others` with
    `instead_of`, else `nobody`."""

    @field_validator("to_day")
    @classmethod
    def _ends_after_it_starts(cls, to_day: date, info: ValidationInfo) -> date:
        from_day = info.data.get("from_day")
        if from_day is None:
            return to_day
        if to_day < from_day:
            raise PydanticCustomError("ends_before_it_starts", "must not be before from_day")
        if (to_day - from_day).days >= MOST_DAYS:
            raise PydanticCustomError(
                "too_many_days", "must be within {days} days of from_day", {"days": MOST_DAYS}
            )
        return to_day

    @property
    def is_beside_others(self) -> bool:
        """Whether the other campaigns of the time grant as well."""
        return self.beside == "others" or (self.beside is None and self.instead_of is not None)


def tried_terms(terms: Terms, days: tuple[date, date]) -> Terms:
    """The same terms, on these days."""
    return terms.model_copy(update={"starts_on": days[0], "ends_on": days[1]})
