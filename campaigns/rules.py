"""Terms made ready for the decision, once per campaign: plain values, no models."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args
from uuid import UUID

from campaigns import reasons
from campaigns.ask import asked_by
from campaigns.bonus import share_of_bonus
from campaigns.conditions import (
    Check,
    checks_of_days,
    checks_of_merchants,
    checks_of_modes,
    checks_of_people,
)
from campaigns.effects import Effect, Share, share_of
from campaigns.facts import Headroom, PaymentFacts
from campaigns.form import MerchantClass
from campaigns.meters import (
    MONTH_SPEND,
    STAMPS,
    VISITS,
    Meter,
    meter_of_day_budget,
    meters_of_caps,
)
from campaigns.near_end import End, end_of
from campaigns.reasons import Reason
from campaigns.shop_groups import ShopGroup
from campaigns.terms import Terms, terms_hash


@dataclass(frozen=True, slots=True)
class Rules:
    """What a decision goes by."""

    order: tuple[int, int]
    checks_of_place: tuple[Check, ...]
    """What they say is the same for all payments at a shop, until the day or the hour changes."""
    checks_of_shop: tuple[Check, ...]
    """Those among them that look at the shop alone: on no day and at no hour they say otherwise."""
    classes: frozenset[str] | None
    """Those to which it gives anything; None where classes do not count."""
    checks_of_person: tuple[Check, ...]
    asked: frozenset[str]
    """The facts that both look at, beside those that every entry tells."""
    minimum_amount_yen: int
    is_of_top_ups: bool
    """Whether it is asked about top-ups, and then about no payment."""
    rebate: Share | None
    """Of a campaign of top-ups, its bonus."""
    cashback: Share | None
    per_payment_points: int
    caps: tuple[Meter, ...]
    """Those that cut points, in their order."""
    times: tuple[Meter, ...]
    """Those that allow so many payments."""
    day_budget: Meter | None
    """What all people together may be granted in a day."""
    meters: tuple[Meter, ...]
    """All that is counted."""
    counts_payments: bool
    """Whether something is counted also where nothing is granted."""
    cashback_per_payment_yen: int | None
    is_first_at_merchant: bool
    every_nth: int | None
    how: Literal["stacking", "best", "exclusive"]
    group: str | None
    most_of_coin_bp: int
    usable_where: ShopGroup | None
    """Where its points may be spent; None is everywhere."""
    end: End | None
    """What happens before the budget is empty."""

    def effects(self, headroom: Headroom) -> tuple[Share | None, Share | None]:
        """The rebate and the cashback that hold, by what was used before the payment."""
        if self.end is None or not self.end.is_stepped_down(headroom):
            return self.rebate, self.cashback
        return self.end.rebate, self.end.cashback


@dataclass(frozen=True, slots=True)
class LiveCampaign:
    """A campaign that may grant, with the hash of its terms; build it once and keep it."""

    campaign_id: UUID
    hash: bytes
    terms: Terms
    rules: Rules = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert self.hash == terms_hash(self.terms), "a campaign's hash is the hash of its terms"
        object.__setattr__(self, "rules", _rules(self.campaign_id, self.terms))


def _rules(campaign_id: UUID, terms: Terms) -> Rules:
    capped = tuple(meters_of_caps(terms.caps))
    per_day_yen, together = terms.budget_per_day_yen, terms.together
    day_budget = None if per_day_yen is None else meter_of_day_budget(per_day_yen)
    tallies = tuple(_tallies(terms))
    classes = _classes_of(terms)
    checks_of_shop = tuple(_checks_of_shop(terms, classes))
    return Rules(
        order=(-terms.priority, campaign_id.int),
        checks_of_place=(
            *checks_of_days(terms.starts_on, terms.ends_on, terms.when),
            *checks_of_shop,
            *checks_of_modes(terms.payment_modes),
        ),
        checks_of_shop=checks_of_shop,
        classes=classes,
        checks_of_person=tuple(checks_of_people(terms.who)),
        asked=asked_by(terms),
        minimum_amount_yen=terms.minimum_amount_yen,
        is_of_top_ups=terms.bonus is not None,
        rebate=share_of_bonus(terms.bonus) if terms.bonus else share_of(terms.rebate),
        cashback=share_of(terms.cashback),
        per_payment_points=terms.caps.per_payment_points,
        caps=tuple(meter for meter in capped if meter.unit == "points"),
        times=tuple(meter for meter in capped if meter.unit == "times"),
        day_budget=day_budget,
        meters=(*capped, *([day_budget] if day_budget else ()), *tallies),
        counts_payments=bool(tallies),
        cashback_per_payment_yen=terms.caps.cashback_per_payment_yen,
        is_first_at_merchant=_is_first_at_merchant(terms),
        every_nth=terms.every_nth_payment,
        how=together.how if together else "stacking",
        group=together.group if together else None,
        most_of_coin_bp=together.most_of_coin_bp if together else 10_000,
        usable_where=ShopGroup(terms.usable_where) if terms.usable_where else None,
        end=end_of(terms.near_end),
    )


def _checks_of_shop(terms: Terms, classes: frozenset[str] | None) -> Iterator[Check]:
    yield from checks_of_merchants(terms.where)
    if classes is not None:
        yield _gives_to(classes)


def _classes_of(terms: Terms) -> frozenset[str] | None:
    if not (_looks_at_classes(terms.rebate) or _looks_at_classes(terms.cashback)):
        return None
    shares = tuple(filter(None, (share_of(terms.rebate), share_of(terms.cashback))))
    return frozenset(
        each for each in get_args(MerchantClass) if any(share.gives_to(each) for share in shares)
    )


def _looks_at_classes(effect: Effect | None) -> bool:
    return effect is not None and (effect.rates_bp is not None or effect.fixed is not None)


def _gives_to(classes: frozenset[str]) -> Check:
    def has_a_rate(facts: PaymentFacts) -> Reason | None:
        if facts.merchant_class is None:
            return Reason(reasons.FACT_MISSING_MERCHANT_CLASS)
        return None if facts.merchant_class in classes else Reason(reasons.CLASS_NOT_ELIGIBLE)

    return has_a_rate


def _tallies(terms: Terms) -> Iterator[Meter]:
    if terms.rebate is not None and terms.rebate.month_tiers is not None:
        yield MONTH_SPEND
    if terms.every_nth_payment is not None:
        yield STAMPS
    if _is_first_at_merchant(terms):
        yield VISITS


def _is_first_at_merchant(terms: Terms) -> bool:
    return terms.who is not None and terms.who.first_payment == "at_merchant"
