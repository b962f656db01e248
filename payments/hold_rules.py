"""The rules by which pending points are held for a check: a closed form, part of the settings."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from core.described import Described

_SHAPE: Final = ConfigDict(strict=True, frozen=True, extra="forbid")

RuleName = Literal["same_payment", "loops", "standing_out", "one_device", "own_shop"]
MOST_DAYS: Final = 60
"""How far back any rule looks: pending points are credited before that."""

Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]
"""So many business dates before today; today is not over, and is looked at tomorrow."""
Times = Annotated[int, Field(ge=1, le=1_000)]
Yen = Annotated[int, Field(ge=1, le=100_000_000)]


class SamePayment(Described):
    """One payment claimed by two accounts: the same two people pay the same amount in the same
    store within seconds, again and again.

    The shop's own code names no sale, so one such pair of payments may be two friends at one table.
    A bill is paid once anyway, and does not count.
    """

    model_config = _SHAPE

    is_on: bool = False
    within_seconds: Annotated[int, Field(ge=1, le=3_600, examples=[60])] = 60
    times: Times = 3
    """So often by the same two people in one store."""
    days: Days = 30


class Loops(Described):
    """Top-ups that go to one shop at once, again and again: an owner who tops up and pays there.

    Held is what the payments earned, and what the top-ups did.
    """

    model_config = _SHAPE

    is_on: bool = False
    least_top_up_yen: Yen = 5_000
    """Smaller top-ups do not count."""
    within_hours: Annotated[int, Field(ge=1, le=168, examples=[24])] = 24
    share_bp: Annotated[int, Field(ge=5_000, le=10_000, examples=[9_000])] = 9_000
    """So much of the top-up, in basis points, is paid in one shop within these hours."""
    times: Times = 3
    """So many top-ups of one person that went to one shop."""
    days: Days = 30


class StandingOut(Described):
    """A shop whose sales stand out for its class."""

    model_config = _SHAPE

    is_on: bool = False
    times_median_bp: Annotated[int, Field(ge=20_000, le=10_000_000, examples=[100_000])] = 100_000
    """Its sales are so many times the median of its class, in basis points: 100000 is ten times."""
    least_sales_yen: Yen = 1_000_000
    """Shops with less are left alone."""
    least_shops: Annotated[int, Field(ge=3, le=10_000, examples=[10])] = 10
    """A class with fewer shops that sold anything has no median worth the name."""
    days: Days = 10


class OneDevice(Described):
    """Many accounts on one device: so many people who pay or top up signed in with one app.

    A family shares a telephone, so the number should be above what a family is.
    """

    model_config = _SHAPE

    is_on: bool = False
    people: Annotated[int, Field(ge=3, le=1_000, examples=[5])] = 5
    """So many who signed in there within these days, and who paid or topped up in them."""
    days: Days = 30


class OwnShop(Described):
    """An owner or clerk who pays in the own shop: somebody signed in for the shop with the app or
    browser in which the payer signed in, too.
    """

    model_config = _SHAPE

    is_on: bool = False
    times: Times = 3
    """So many payments of one person there."""
    days: Days = 30


class HoldRules(Described):
    """What is looked for, once a day, in past payments and top-ups whose points are pending. None
    is refused by it, and nothing is taken: points wait until somebody has looked.
    """

    model_config = _SHAPE

    same_payment: SamePayment = Field(default_factory=SamePayment)
    loops: Loops = Field(default_factory=Loops)
    standing_out: StandingOut = Field(default_factory=StandingOut)
    one_device: OneDevice = Field(default_factory=OneDevice)
    own_shop: OwnShop = Field(default_factory=OwnShop)
