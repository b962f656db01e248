"""Whether and how much shops pay shops (域内循環), as part of a region's settings."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from core.described import Described

_SHAPE: Final = ConfigDict(strict=True, frozen=True, extra="forbid")

Yen = Annotated[int, Field(ge=0, le=100_000_000)]


class Recirculation(Described):
    """Off until finance turns it on: whether the law reads it as a transfer of money is open.

    Limits are a merchant's, in yen; 0 allows nothing. Where a day or a month has none (null),
    nothing is counted either.
    """

    model_config = _SHAPE

    is_on: bool = False
    """Whether merchants make coin of what is due to them, and pay other shops with it."""
    balance_yen: Yen = Field(default=1_000_000, examples=[1_000_000])
    """The most coin that a shop's wallet may hold."""
    conversions_per_day_yen: Yen | None = Field(default=500_000, examples=[500_000])
    """All that a merchant may convert on one day, in the region's zone."""
    conversions_per_month_yen: Yen | None = Field(default=3_000_000, examples=[3_000_000])
    """The same of one calendar month."""
    payment_yen: Yen = Field(default=500_000, examples=[500_000])
    """The largest single payment of a shop."""
    payments_per_day_yen: Yen | None = Field(default=1_000_000, examples=[1_000_000])
    """All payments of a merchant on one day."""
    payments_per_month_yen: Yen | None = Field(default=None, examples=[5_000_000])
    """The same of one calendar month."""
