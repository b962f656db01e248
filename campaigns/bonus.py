"""A bonus on top-ups: its form, and the fields of a campaign that say nothing about a top-up."""

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Final

from pydantic import Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from campaigns.effects import ROUNDING_BP, Rounding, Share, Steps, Tiers, pairs
from campaigns.form import Amount, Form

_NO_CLASS: Final = ""
"""A top-up has no shop: what effects look up by class of merchant stands under this one."""

OF_PAYMENTS: Final[dict[str, Collection[str]]] = {
    "where": (),
    "payment_modes": (),
    "rebate": (),
    "cashback": (),
    "every_nth_payment": (),
    "who": ("first_payment",),
    "caps": ("per_person_merchant_points", "cashback_per_payment_yen"),
    "near_end": ("step_down",),
}
"""Fields that are about payments alone; where names follow, only these parts of the field."""


class Bonus(Form):
    """What the resident gets for a top-up, in points (1 point = ¥1), in exactly one of the ways
    below. All bonuses of a top-up together are never more than the amount that was topped up.
    """

    rate_bp: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """A share of the amount, in basis points: 1000 is 10 %."""
    fixed_points: Amount | None = None
    """So much for each top-up."""
    steps: Steps | None = None
    """So much from an amount on: ¥10,000 gives 500, ¥30,000 gives 2,000."""
    tiers: Tiers | None = None
    """A share of each part of the amount: 10 % of the first ¥10,000, 5 % of what is above."""
    rounding: Rounding = "floor"

    @model_validator(mode="after")
    def _is_said_in_one_way(self) -> "Bonus":
        ways: Sequence[object | None] = (self.rate_bp, self.fixed_points, self.steps, self.tiers)
        if sum(way is not None for way in ways) != 1:
            raise PydanticCustomError(
                "one_way", "must say exactly one of: rate_bp, fixed_points, steps, tiers"
            )
        return self


def fits_a_bonus(value: object, info: ValidationInfo) -> object:
    """Refuse, each by its path, what is about payments in a campaign that has a bonus."""
    if info.data.get("bonus") is None or value is None:
        return value
    assert info.field_name is not None, "it is asked about a field"
    if parts := OF_PAYMENTS[info.field_name]:
        if refused := list(_refused(value, parts)):
            raise ValidationError.from_exception_data(info.field_name, refused)
        return value
    raise _out_of_place()


def share_of_bonus(bonus: Bonus) -> Share:
    """The bonus made ready for the decision."""
    return Share(
        rates_bp=None if bonus.rate_bp is None else {_NO_CLASS: bonus.rate_bp},
        fixed=None if bonus.fixed_points is None else {_NO_CLASS: bonus.fixed_points},
        steps=tuple((step.from_yen, step.gives) for step in bonus.steps or ()),
        tiers=pairs(bonus.tiers),
        month_tiers=(),
        is_on_whole=False,
        rounding_bp=ROUNDING_BP[bonus.rounding],
    )


def _refused(value: object, parts: Collection[str]) -> Iterator[InitErrorDetails]:
    for name in parts:
        said = getattr(value, name)
        if said is not None:
            yield InitErrorDetails(type=_out_of_place(), loc=(name,), input=said)


def _out_of_place() -> PydanticCustomError:
    return PydanticCustomError(
        "not_of_top_ups",
        "must be left out: this campaign gives a bonus on top-ups, and this is about payments",
    )
