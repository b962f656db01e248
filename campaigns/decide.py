"""The decision what campaigns grant for a payment: pure, from what was read beforehand."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from uuid import UUID

from campaigns import reasons as say
from campaigns.effects import Share
from campaigns.facts import WHOLE_BP, Headroom, PaymentFacts
from campaigns.line_up import Here, LineUp, Refused
from campaigns.meters import MONTH_SPEND, STAMPS, VISITS
from campaigns.reasons import APPLIED, Reason
from campaigns.rules import LiveCampaign, Rules


@dataclass(frozen=True, slots=True)
class Grant:
    """What one campaign gives for one payment, with all it takes to explain and recompute it."""

    campaign_id: UUID
    hash: bytes
    rebate_points: int
    cashback_yen: int
    headroom: Headroom
    reasons: tuple[Reason, ...]

    @property
    def spent_yen(self) -> int:
        """What the budget pays: 1 point is 1 yen."""
        return self.rebate_points + self.cashback_yen

    @property
    def is_eligible(self) -> bool:
        """Whether the campaign applied at all, even if limits left nothing to grant."""
        return self.reasons[0].code in APPLIED

    @property
    def is_stamped(self) -> bool:
        """Whether the payment met all conditions, but is not the one that is granted for."""
        return self.reasons[0].code == say.STAMP_COLLECTED


@dataclass(frozen=True, slots=True)
class Decision:
    """What all live campaigns come to for one payment."""

    grants: list[Grant]
    """Of each campaign whose conditions the payment meets, as they were served, granted or not."""
    refused: Sequence[Refused]
    """Campaigns that are not for this person."""
    here: Here
    """It also has those that are not for this shop, day or hour."""


def decide_here(
    line_up: LineUp, facts: PaymentFacts, headroom_of: Callable[[LiveCampaign], Headroom]
) -> Decision:
    """What the campaigns grant. A headroom is asked for where the conditions are met, only there.

    All rebates together are never more than the coin part; whoever comes first is served first.
    Of a group one campaign grants, in the place of the group's first: `best` that which gives
    the person most, `exclusive` the first that applies. Where all campaigns stack, more of them or
    a larger amount never make the sum of the rebates fall.
    """
    granted = 0
    grants: list[Grant] = []
    here = line_up.here(facts)
    asked = line_up.asked(here, facts)
    for unit in asked.units:
        offers = []
        for campaign in unit:
            room = room_below(campaign.rules, facts.coin_yen * WHOLE_BP, granted * WHOLE_BP)
            offers.append(decide_amount(campaign, facts, headroom_of(campaign), room))
        for grant in offers if len(offers) < 2 else _chosen(unit[0].rules, offers):
            grants.append(grant)
            granted += grant.rebate_points
    return Decision(grants, asked.refused, here)


def _chosen(rules: Rules, grants: Sequence[Grant]) -> Iterator[Grant]:
    """The grants of a group, of which at most one gives anything."""
    applying = [grant for grant in grants if grant.is_eligible]
    if len(applying) < 2:
        yield from grants
        return
    is_best = rules.how == "best"
    best = max(applying, key=attrgetter("rebate_points")) if is_best else applying[0]
    why = Reason(say.ANOTHER_IS_BETTER if is_best else say.ANOTHER_COMES_FIRST)
    for grant in grants:
        is_passed_over = grant.is_eligible and grant is not best
        yield _nothing(grant, why) if is_passed_over else grant


def refusal(campaign: LiveCampaign, headroom: Headroom, why_not: Reason) -> Grant:
    """A grant of nothing."""
    return Grant(campaign.campaign_id, campaign.hash, 0, 0, headroom, (why_not,))


def room_below(rules: Rules, coin_bp: int, granted_bp: int) -> int:
    """Points that are left below the ceiling of all rebates, given what went before."""
    return max(0, coin_bp * rules.most_of_coin_bp // WHOLE_BP - granted_bp) // WHOLE_BP


def decide_amount(
    campaign: LiveCampaign, facts: PaymentFacts, headroom: Headroom, room: int
) -> Grant:
    """What a campaign grants whose conditions about shop and person are met, when `room` points are
    left below the payment's ceiling.

    Amount and headrooms, effect, cap per payment, caps per person, ceiling, budget, in this order
    (docs/RULES.md, section 3). The end of a budget serves the resident first, then the shop.
    """
    why_not = _obstacle(campaign.rules, facts, headroom)
    if why_not is not None:
        return refusal(campaign, headroom, why_not)
    return grant_of_amount(campaign, facts, headroom, room)


def grant_of_amount(
    campaign: LiveCampaign, facts: PaymentFacts, headroom: Headroom, room: int
) -> Grant:
    """What a campaign that applies grants for the amount, under all limits."""
    rules = campaign.rules
    rebate, cashback = rules.effects(headroom)
    points, steps = _rebate(rebate, rules, facts, headroom, min(room, facts.coin_yen))
    cashback_yen, cashback_steps = _cashback(cashback, rules, facts, headroom, points)
    assert 0 <= points <= facts.coin_yen
    assert 0 <= cashback_yen <= headroom.budget_yen - points
    # How the effects came about stands first, then what cut them.
    near_end = () if rules.end is None else rules.end.told(headroom)
    said = (steps[0], *cashback_steps[:1], *near_end, *steps[1:], *cashback_steps[1:])
    return Grant(campaign.campaign_id, campaign.hash, points, cashback_yen, headroom, said)


def _rebate(
    rebate: Share | None, rules: Rules, facts: PaymentFacts, headroom: Headroom, room: int
) -> tuple[int, list[Reason]]:
    if rebate is None:
        return 0, [Reason(say.SHOP_ONLY)]
    points, why = rebate.earns(facts, headroom.seen.get(MONTH_SPEND.name, 0))
    left = headroom.left
    limits = [(rules.per_payment_points, say.CUT_BY_PAYMENT_CAP)]
    limits += [(left[meter.name], meter.code) for meter in rules.caps]
    limits += [(room, say.CUT_BY_CEILING)]
    if rules.day_budget is not None:
        limits += [(left[rules.day_budget.name], say.CUT_BY_DAY_BUDGET)]
    limits += [(headroom.budget_yen, say.CUT_BY_BUDGET)]
    return _cut(points, why, limits)


def _cashback(
    cashback: Share | None, rules: Rules, facts: PaymentFacts, headroom: Headroom, points: int
) -> tuple[int, Sequence[Reason]]:
    """What is left once the resident has got `points`, as far as the shop may have it."""
    if cashback is None or not cashback.gives_to(facts.merchant_class):
        return 0, ()
    yen, why = cashback.earns(facts, 0)
    why = Reason(f"cashback-{why.code}", why.number)
    cap = rules.cashback_per_payment_yen
    limits = [] if cap is None else [(cap, say.CASHBACK_CUT_BY_PAYMENT_CAP)]
    limits += [(facts.coin_yen, say.CASHBACK_CUT_BY_COIN_PART)]
    if rules.day_budget is not None:
        day_yen = headroom.left[rules.day_budget.name] - points
        limits += [(day_yen, say.CASHBACK_CUT_BY_DAY_BUDGET)]
    limits += [(headroom.budget_yen - points, say.CASHBACK_CUT_BY_BUDGET)]
    return _cut(yen, why, limits)


def _cut(amount: int, why: Reason, limits: Sequence[tuple[int, str]]) -> tuple[int, list[Reason]]:
    """What the limits leave of an amount, one after the other; `why`, and each that cut."""
    steps = [why]
    for most, code in limits:
        if amount > most:
            amount = most
            steps.append(Reason(code, most))
    return amount, steps


def _obstacle(rules: Rules, facts: PaymentFacts, headroom: Headroom) -> Reason | None:
    """What about the amount, or about what was used so far, keeps the campaign from granting."""
    assert 0 <= facts.coin_yen <= facts.amount_yen
    return (
        (None if rules.end is None else rules.end.obstacle(facts, headroom))
        or obstacle_of_amount(rules, facts)
        or _obstacle_of_person(rules, headroom)
        or _obstacle_of_budget(rules, headroom)
        or _stamp(rules, headroom)
    )


def obstacle_of_amount(rules: Rules, facts: PaymentFacts) -> Reason | None:
    """What about the amount keeps a payment from the campaign: it may come with a refund."""
    if facts.coin_yen == 0:
        return Reason(say.NO_COIN_PART)
    if facts.amount_yen < rules.minimum_amount_yen:
        return Reason(say.BELOW_MINIMUM, rules.minimum_amount_yen)
    return None


def _obstacle_of_person(rules: Rules, headroom: Headroom) -> Reason | None:
    if rules.is_first_at_merchant and headroom.seen[VISITS.name]:
        return Reason(say.NOT_FIRST_HERE)
    for meter in rules.times:
        if headroom.left[meter.name] == 0:
            return Reason(meter.code, meter.cap)
    return None


def _obstacle_of_budget(rules: Rules, headroom: Headroom) -> Reason | None:
    if headroom.budget_yen == 0:
        return Reason(say.BUDGET_EMPTY)
    if rules.day_budget is not None and headroom.left[rules.day_budget.name] == 0:
        return Reason(say.DAY_BUDGET_EMPTY)
    return None


def _stamp(rules: Rules, headroom: Headroom) -> Reason | None:
    """How many more payments it takes, this one not counted; None if this one is granted for."""
    if rules.every_nth is None:
        return None
    missing = -(headroom.seen[STAMPS.name] + 1) % rules.every_nth
    return Reason(say.STAMP_COLLECTED, missing) if missing else None


def _nothing(grant: Grant, why: Reason) -> Grant:
    return replace(grant, rebate_points=0, cashback_yen=0, reasons=(why,))
