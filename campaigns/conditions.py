"""For whom, where and when a campaign is: the form, and the checks that it becomes.

A fact that is not known never satisfies a condition; the reason says which one is missing.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import date, time
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from campaigns import reasons
from campaigns.facts import PaymentFacts
from campaigns.form import (
    DAY_ENDS,
    AgeBands,
    Classes,
    Clock,
    ClockEnd,
    Form,
    Ids,
    Modes,
    Tiers,
    Weekdays,
    Words,
)
from campaigns.reasons import Reason

Check = Callable[[PaymentFacts], Reason | None]
"""What keeps a payment from a campaign; None if nothing does."""

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class When(Form):
    """Days of the week and hours, on the clocks of the town."""

    weekdays: Weekdays | None = None
    from_time: Clock | None = None
    """The first minute; with `until_time`, or not at all."""
    until_time: Annotated[ClockEnd | None, Field(validate_default=True)] = None
    """The minute after the last; 24:00 is the end of the day."""

    @field_validator("until_time")
    @classmethod
    def _hours_are_a_span(cls, until_time: time | None, info: ValidationInfo) -> time | None:
        if "from_time" not in info.data:
            return until_time  # it was refused itself
        from_time: time | None = info.data["from_time"]
        if (from_time is None) is not (until_time is None):
            raise PydanticCustomError(
                "half_a_span", "must stand beside from_time, or both be left out"
            )
        if from_time is not None and until_time is not None and until_time <= from_time:
            raise PydanticCustomError(
                "ends_before_it_starts",
                "must be after from_time on the same day, 24:00 at the latest; hours over midnight"
                " are two campaigns",
            )
        return until_time


class Where(Form):
    """The merchants that take part; what is not said does not matter."""

    classes: Classes | None = None
    categories: Words | None = None
    areas: Words | None = None
    streets: Words | None = None
    """Shopping streets (商店街) that the merchants are of."""
    only_merchants: Ids | None = None
    except_merchants: Ids | None = None


class Who(Form):
    """The people who take part; what is not said does not matter."""

    tiers: Tiers | None = None
    """How far it is known who somebody is (本人確認区分)."""
    areas: Words | None = None
    age_bands: AgeBands | None = None
    proof: Literal["verified", "declared"] = "verified"
    """Whether area and age band must have been seen by somebody, or what people say is enough."""
    first_payment: Literal["at_merchant", "ever"] | None = None
    """`at_merchant`: the person's first payment at that merchant since the campaign began. `ever`:
    the first that the person makes at all, whichever the wallet, and also before the campaign."""


def checks_of_days(starts_on: date, ends_on: date, when: When | None) -> Iterator[Check]:
    """The calendar and the clock."""

    def on_days(facts: PaymentFacts) -> Reason | None:
        if facts.business_date < starts_on:
            return Reason(reasons.NOT_STARTED, day_number(starts_on))
        if facts.business_date > ends_on:
            return Reason(reasons.ENDED, day_number(ends_on))
        return None

    yield on_days
    if when is None:
        return
    if when.weekdays is not None:
        days = frozenset(map(_WEEKDAYS.index, when.weekdays))
        yield (
            lambda facts: (
                None if facts.business_date.weekday() in days else Reason(reasons.NOT_THIS_WEEKDAY)
            )
        )
    if when.from_time is not None and when.until_time is not None:
        yield _within(when.from_time, when.until_time)


def _within(from_time: time, until_time: time) -> Check:
    outside = Reason(
        reasons.OUTSIDE_HOURS, _clock_number(from_time) * 10_000 + _clock_number(until_time)
    )

    def within_hours(facts: PaymentFacts) -> Reason | None:
        if facts.clock is None:
            return Reason(reasons.FACT_MISSING_TIME)
        is_before_end = until_time == DAY_ENDS or facts.clock < until_time
        return None if from_time <= facts.clock and is_before_end else outside

    return within_hours


def checks_of_merchants(where: Where | None) -> Iterator[Check]:
    """Whether the shop takes part."""
    if where is None:
        return
    for name, wanted, missing, other in (
        ("merchant_class", where.classes, reasons.FACT_MISSING_MERCHANT_CLASS,
         reasons.CLASS_NOT_ELIGIBLE),
        ("category", where.categories, reasons.FACT_MISSING_CATEGORY,
         reasons.CATEGORY_NOT_ELIGIBLE),
        ("shop_area", where.areas, reasons.FACT_MISSING_SHOP_AREA,
         reasons.SHOP_AREA_NOT_ELIGIBLE),
        ("street", where.streets, reasons.FACT_MISSING_STREET, reasons.STREET_NOT_ELIGIBLE),
        ("merchant_id", where.only_merchants, reasons.FACT_MISSING_MERCHANT,
         reasons.MERCHANT_NOT_ELIGIBLE),
    ):  # fmt: skip
        if wanted is not None:
            yield _one_of(name, wanted, missing, other)
    if where.except_merchants is not None:
        barred = frozenset(where.except_merchants)

        def not_barred(facts: PaymentFacts) -> Reason | None:
            if facts.merchant_id is None:
                return Reason(reasons.FACT_MISSING_MERCHANT)
            is_barred = facts.merchant_id in barred
            return Reason(reasons.MERCHANT_NOT_ELIGIBLE) if is_barred else None

        yield not_barred


def checks_of_people(who: Who | None) -> Iterator[Check]:
    """Whether the person takes part."""
    if who is None:
        return
    if who.tiers is not None:
        yield _one_of("tier", who.tiers, reasons.FACT_MISSING_TIER, reasons.TIER_NOT_ELIGIBLE)
    for name, wanted, missing, other, unverified in (
        ("person_area", who.areas, reasons.FACT_MISSING_PERSON_AREA,
         reasons.PERSON_AREA_NOT_ELIGIBLE, reasons.PERSON_AREA_NOT_VERIFIED),
        ("age_band", who.age_bands, reasons.FACT_MISSING_AGE_BAND,
         reasons.AGE_BAND_NOT_ELIGIBLE, reasons.AGE_BAND_NOT_VERIFIED),
    ):  # fmt: skip
        if wanted is not None:
            yield _one_of(name, wanted, missing, other)
            if who.proof == "verified":
                yield _shown(f"is_{name}_verified", unverified)
    if who.first_payment == "ever":
        yield _is_first_ever


def checks_of_modes(modes: Modes | None) -> Iterator[Check]:
    """Whether it is paid in one of these ways."""
    if modes is not None:
        yield _one_of("mode", modes, reasons.FACT_MISSING_MODE, reasons.MODE_NOT_ELIGIBLE)


def day_number(day: date) -> int:
    """A day as a figure of a reason: YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day


def _clock_number(clock: time) -> int:
    return 2400 if clock == DAY_ENDS else clock.hour * 100 + clock.minute


def _is_first_ever(facts: PaymentFacts) -> Reason | None:
    if facts.is_first_payment is None:
        return Reason(reasons.FACT_MISSING_FIRST_PAYMENT)
    return None if facts.is_first_payment else Reason(reasons.NOT_FIRST_EVER)


def _one_of(name: str, wanted: Collection[object], missing: str, other: str) -> Check:
    allowed = frozenset(wanted)

    def is_one_of(facts: PaymentFacts) -> Reason | None:
        fact = getattr(facts, name)
        if fact is None:
            return Reason(missing)
        return None if fact in allowed else Reason(other)

    return is_one_of


def _shown(name: str, code: str) -> Check:
    return lambda facts: None if getattr(facts, name) else Reason(code)
