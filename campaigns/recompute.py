"""What is kept of a payment's grants when only a part of it remains after refunds.

Path-independent, and a refund only ever takes back: docs/decisions/0006 has why and how.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

from campaigns.decide import Grant, grant_of_amount, obstacle_of_amount, room_below
from campaigns.effects import Corner
from campaigns.facts import WHOLE_BP, PaymentFacts
from campaigns.meters import MONTH_SPEND
from campaigns.reasons import CASHBACK_CUT_TO_ORIGINAL, CUT_TO_ORIGINAL, Reason
from campaigns.rules import LiveCampaign, Rules


def recompute_all(
    originals: Sequence[Grant],
    campaigns: Mapping[UUID, LiveCampaign],
    paid: PaymentFacts,
    remains: PaymentFacts,
) -> tuple[Grant, ...]:
    """What is kept of all grants of the payment `paid` when only `remains` is left of it.

    `originals` are the grants of the payment itself, in their order, never those kept after an
    earlier refund: the path does not matter. Nothing that is kept grows when less remains, so
    a refund only ever takes back. Two choices see to that where campaigns meet at the ceiling:
    a campaign's place below it is counted before rounding, and stays taken when the remainder
    falls under that campaign's minimum.
    """
    taken_bp = 0
    kept = []
    for original in originals:
        campaign = campaigns[original.campaign_id]
        room = room_below(campaign.rules, remains.coin_yen * WHOLE_BP, taken_bp)
        kept.append(recompute(original, campaign, remains, room))
        taken_bp += place_bp(original, campaign.rules, paid, remains)
    return tuple(kept)


def recompute(original: Grant, campaign: LiveCampaign, remains: PaymentFacts, room: int) -> Grant:
    """What is kept of one grant: the decision for the remainder at the original's headrooms.

    Only amounts are looked at again: what else the payment was stays as it was decided. `room` is
    how many points are left below the ceiling of the remainder. No effect is above the original.
    """
    assert original.hash == campaign.hash, "a grant is recomputed under the terms it came from"
    if not original.is_eligible and not original.is_stamped:
        return original
    why_not = obstacle_of_amount(campaign.rules, remains)
    if why_not is not None:
        return replace(original, rebate_points=0, cashback_yen=0, reasons=(why_not,))
    if original.is_stamped:
        return original
    again = grant_of_amount(campaign, remains, original.headroom, room)
    points, cashback_yen, reasons = again.rebate_points, again.cashback_yen, again.reasons
    if points > original.rebate_points:
        points = original.rebate_points
        reasons += (Reason(CUT_TO_ORIGINAL, points),)
    if cashback_yen > original.cashback_yen:
        cashback_yen = original.cashback_yen
        reasons += (Reason(CASHBACK_CUT_TO_ORIGINAL, cashback_yen),)
    return replace(again, rebate_points=points, cashback_yen=cashback_yen, reasons=reasons)


def place_bp(original: Grant, rules: Rules, paid: PaymentFacts, remains: PaymentFacts) -> int:
    """How much below the ceiling a campaign that applied takes, in 1/10,000 points, not rounded.

    A line that never rises faster than its own beginning promised: the least concave one that no
    effect exceeds, flat at a limit. So the room above such lines never shrinks while it is open
    and the coin part grows. Rounded lines, steps and tiers can jump at the same yen.
    """
    head = original.headroom
    rebate, _ = rules.effects(head) if original.is_eligible else (None, None)
    if rebate is None:
        return 0
    limit = min(
        rules.per_payment_points,
        head.budget_yen,
        *(head.left[meter.name] for meter in rules.caps),
        *([head.left[rules.day_budget.name]] if rules.day_budget else ()),
    )
    corners = rebate.corners(paid, head.seen.get(MONTH_SPEND.name, 0))
    line_bp = _on_hull(sorted([(0, 0), *corners]), rebate.base_yen(remains))
    return min(line_bp + rebate.rounding_bp, limit * WHOLE_BP)


def _on_hull(corners: Sequence[Corner], base_yen: int) -> int:
    """The height at `base_yen` of the least concave line over all corners; rounded up."""
    hull: list[Corner] = []
    for corner in corners:
        while len(hull) > 1 and not _bends_down(hull[-2], hull[-1], corner):
            hull.pop()
        if hull and hull[-1][0] == corner[0]:
            hull.pop()
        hull.append(corner)
    for (left, low), (right, high) in pairwise(hull):
        if left <= base_yen <= right:
            return -((low - high) * (base_yen - left) // (right - left)) + low
    return hull[-1][1]


def _bends_down(one: Corner, middle: Corner, last: Corner) -> bool:
    rise, run = middle[1] - one[1], middle[0] - one[0]
    return rise * (last[0] - middle[0]) > (last[1] - middle[1]) * run
