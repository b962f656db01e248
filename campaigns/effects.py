"""What a campaign gives for an amount: rates, fixed amounts, steps and tiers.

An effect never falls when the amount rises: rates are not negative, and steps must not fall.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from campaigns.facts import WHOLE_BP, PaymentFacts
from campaigns.form import Amount, AmountOrZero, AsTuple, Form, RateBp, says_something
from campaigns.reasons import (
    FIXED_APPLIED,
    MONTH_TIERS_APPLIED,
    RATE_APPLIED,
    STEP_APPLIED,
    STEP_NOT_REACHED,
    TIERS_APPLIED,
    Reason,
)

MOST_TIERS: Final = 12


class ClassRates(Form):
    """Basis points (1/100 of a percent) for each class of merchant; every class is named."""

    street_member: RateBp
    small: RateBp
    convenience: RateBp
    large: RateBp


class ClassAmounts(Form):
    """So much for a payment at each class of merchant; every class is named. Of a rebate these are
    points, of a cashback yen.
    """

    street_member: AmountOrZero
    small: AmountOrZero
    convenience: AmountOrZero
    large: AmountOrZero


class Step(Form):
    """From an amount on, so much; the next step replaces it."""

    from_yen: Amount
    gives: Amount
    """Points of a rebate, yen of a cashback."""


class Tier(Form):
    """The rate of what lies above an amount, up to the next tier."""

    above_yen: AmountOrZero
    rate_bp: RateBp


def _steps_rise(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    says_something(steps)
    for one, next_one in pairwise(steps):
        if next_one.from_yen <= one.from_yen:
            raise PydanticCustomError("steps_overlap", "each step must begin above the one before")
        if next_one.gives < one.gives:
            raise PydanticCustomError("effect_falls", "a higher step must not give less")
    return steps


def _tiers_join(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    says_something(tiers)
    if tiers[0].above_yen != 0:
        raise PydanticCustomError("tiers_gap", "the first tier must begin at 0")
    for one, next_one in pairwise(tiers):
        if next_one.above_yen <= one.above_yen:
            raise PydanticCustomError("tiers_overlap", "each tier must begin above the one before")
    return tiers


Steps = Annotated[
    tuple[Step, ...],
    Field(max_length=MOST_TIERS, json_schema_extra={"minItems": 1}),
    AsTuple,
    AfterValidator(_steps_rise),
]
Tiers = Annotated[
    tuple[Tier, ...],
    Field(max_length=MOST_TIERS, json_schema_extra={"minItems": 1}),
    AsTuple,
    AfterValidator(_tiers_join),
]
Base = Literal["coin", "whole"]
"""What rates and steps look at: the part paid in bought coin, or the whole payment."""
Rounding = Literal["floor", "nearest", "ceiling"]
"""To whole points or yen, once: down, to the nearest (a half goes up), or up."""


class Effect(Form):
    """What is granted for a payment, in exactly one of the ways below."""

    rates_bp: ClassRates | None = None
    """A share of the amount, by the class of the merchant."""
    fixed: ClassAmounts | None = None
    """So much for each payment, by the class of the merchant."""
    steps: Steps | None = None
    """So much from an amount on: ¥1,000 gives 100, ¥3,000 gives 400."""
    tiers: Tiers | None = None
    """A share of each part of the amount: 10 % of the first ¥1,000, 20 % of what is above."""
    on: Base = "coin"
    rounding: Rounding = "floor"

    @model_validator(mode="after")
    def _is_said_in_one_way(self) -> "Effect":
        if sum(way is not None for way in self.ways()) != 1:
            names = ", ".join(name for name in type(self).model_fields if name not in _NO_WAY)
            raise PydanticCustomError(
                "one_way", "must say exactly one of: {names}", {"names": names}
            )
        return self

    def ways(self) -> Sequence[object | None]:
        """Each way in which it could be said."""
        return (self.rates_bp, self.fixed, self.steps, self.tiers)


class Rebate(Effect):
    """What the resident gets, in points (1 point = ¥1)."""

    month_tiers: Tiers | None = None
    """A share by what the person spent under this campaign in the month so far: 20 % up to
    ¥20,000, 1 % above."""

    def ways(self) -> Sequence[object | None]:
        """Each way in which it could be said."""
        return (*super().ways(), self.month_tiers)


_NO_WAY: Final = frozenset({"on", "rounding"})
ROUNDING_BP: Final = {"floor": 0, "nearest": WHOLE_BP // 2, "ceiling": WHOLE_BP - 1}

Corner = tuple[int, int]
"""An amount in yen, and what it earns in ten-thousandths of a point or yen."""


class Earned(NamedTuple):
    """What an amount earns before any limit, rounded, and the reason that says how."""

    amount: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Share:
    """An effect made ready for the decision: plain values, no models."""

    rates_bp: Mapping[str, int] | None
    fixed: Mapping[str, int] | None
    steps: Sequence[tuple[int, int]]
    tiers: Sequence[tuple[int, int]]
    month_tiers: Sequence[tuple[int, int]]
    is_on_whole: bool
    rounding_bp: int

    def base_yen(self, facts: PaymentFacts) -> int:
        """The amount that it looks at."""
        return facts.amount_yen if self.is_on_whole else facts.coin_yen

    def gives_to(self, merchant_class: str | None) -> bool:
        """Whether a merchant of this class gets anything; where classes do not count, all do."""
        by_class = self.rates_bp if self.rates_bp is not None else self.fixed
        return by_class is None or by_class.get(merchant_class or "", 0) > 0

    def earns(self, facts: PaymentFacts, spent_yen: int) -> Earned:
        """Before any limit. `spent_yen`: of this month, for tiers that look at it."""
        base_yen = self.base_yen(facts)
        if self.rates_bp is not None:
            rate_bp = self.rates_bp[facts.merchant_class or ""]
            return self._rounded(base_yen * rate_bp, Reason(RATE_APPLIED, rate_bp))
        if self.fixed is not None:
            fixed = self.fixed[facts.merchant_class or ""]
            return Earned(fixed, Reason(FIXED_APPLIED, fixed))
        if self.steps:
            return self._step(base_yen)
        if self.tiers:
            return self._rounded(earned_by_tiers(self.tiers, base_yen), Reason(TIERS_APPLIED))
        earned_bp = earned_by_tiers(self.month_tiers, spent_yen + base_yen)
        earned_bp -= earned_by_tiers(self.month_tiers, spent_yen)
        return self._rounded(earned_bp, Reason(MONTH_TIERS_APPLIED, spent_yen))

    def corners(self, facts: PaymentFacts, spent_yen: int) -> Iterator[Corner]:
        """Where its line has corners, up to the amount of this payment; see `recompute.py`."""
        most = self.base_yen(facts)
        if self.rates_bp is not None:
            yield most, most * self.rates_bp.get(facts.merchant_class or "", 0)
        elif self.fixed is not None:
            yield 0, self.fixed.get(facts.merchant_class or "", 0) * WHOLE_BP
        elif self.steps:
            for from_yen, gives in self.steps:
                if from_yen <= most:
                    yield from_yen, gives * WHOLE_BP
        else:
            tiers, before = (self.tiers, 0) if self.tiers else (self.month_tiers, spent_yen)
            gone_bp = earned_by_tiers(tiers, before)
            edges = [above - before for above, _ in tiers if 0 < above - before < most]
            for base_yen in (*edges, most):
                yield base_yen, earned_by_tiers(tiers, before + base_yen) - gone_bp

    def _rounded(self, earned_bp: int, reason: Reason) -> Earned:
        return Earned((earned_bp + self.rounding_bp) // WHOLE_BP, reason)

    def _step(self, base_yen: int) -> Earned:
        reached = [step for step in self.steps if step[0] <= base_yen]
        if not reached:
            return Earned(0, Reason(STEP_NOT_REACHED, self.steps[0][0]))
        from_yen, gives = reached[-1]
        return Earned(gives, Reason(STEP_APPLIED, from_yen))


def share_of(effect: Effect | None) -> Share | None:
    """The effect made ready; None where there is none."""
    if effect is None:
        return None
    month_tiers = effect.month_tiers if isinstance(effect, Rebate) else None
    return Share(
        rates_bp=effect.rates_bp.model_dump() if effect.rates_bp else None,
        fixed=effect.fixed.model_dump() if effect.fixed else None,
        steps=tuple((step.from_yen, step.gives) for step in effect.steps or ()),
        tiers=pairs(effect.tiers),
        month_tiers=pairs(month_tiers),
        is_on_whole=effect.on == "whole",
        rounding_bp=ROUNDING_BP[effect.rounding],
    )


def pairs(tiers: Sequence[Tier] | None) -> Sequence[tuple[int, int]]:
    """Tiers as a decision reads them: where each begins, and its rate."""
    return tuple((tier.above_yen, tier.rate_bp) for tier in tiers or ())


def earned_by_tiers(tiers: Sequence[tuple[int, int]], yen: int) -> int:
    """What the first `yen` earn in all, in ten-thousandths."""
    earned_bp = 0
    for place, (above, rate_bp) in enumerate(tiers):
        if yen <= above:
            break
        end = min(yen, tiers[place + 1][0]) if place + 1 < len(tiers) else yen
        earned_bp += (end - above) * rate_bp
    return earned_bp
