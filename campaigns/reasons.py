"""The reasons of a decision as codes, which grants keep for ever.

A code is never renamed and never leaves this file: grants of every year carry it. The words for
each stand in `campaigns/sentences_of_*.py`.
"""

from typing import Final, NamedTuple

RATE_APPLIED: Final = "rate-applied"
FIXED_APPLIED: Final = "fixed-applied"
STEP_APPLIED: Final = "step-applied"
STEP_NOT_REACHED: Final = "step-not-reached"
TIERS_APPLIED: Final = "tiers-applied"
MONTH_TIERS_APPLIED: Final = "month-tiers-applied"
SHOP_ONLY: Final = "shop-only"

APPLIED: Final = frozenset(
    {
        *(RATE_APPLIED, FIXED_APPLIED, STEP_APPLIED, STEP_NOT_REACHED, TIERS_APPLIED),
        *(MONTH_TIERS_APPLIED, SHOP_ONLY),
    }
)
"""How a grant begins whose campaign applied, even if limits left nothing of it."""

CUT_BY_PAYMENT_CAP: Final = "cut-by-payment-cap"
CUT_BY_DAY_CAP: Final = "cut-by-day-cap"
CUT_BY_MONTH_CAP: Final = "cut-by-month-cap"
CUT_BY_CAMPAIGN_CAP: Final = "cut-by-campaign-cap"
CUT_BY_MERCHANT_CAP: Final = "cut-by-merchant-cap"
CUT_BY_CEILING: Final = "cut-by-ceiling"
CUT_BY_DAY_BUDGET: Final = "cut-by-day-budget"
CUT_BY_BUDGET: Final = "cut-by-budget"
CUT_TO_ORIGINAL: Final = "cut-to-original"

STEPPED_DOWN: Final = "stepped-down"
END_ANNOUNCED: Final = "end-announced"

CASHBACK_RATE_APPLIED: Final = "cashback-rate-applied"
CASHBACK_FIXED_APPLIED: Final = "cashback-fixed-applied"
CASHBACK_STEP_APPLIED: Final = "cashback-step-applied"
CASHBACK_STEP_NOT_REACHED: Final = "cashback-step-not-reached"
CASHBACK_TIERS_APPLIED: Final = "cashback-tiers-applied"
CASHBACK_CUT_BY_PAYMENT_CAP: Final = "cashback-cut-by-payment-cap"
CASHBACK_CUT_BY_COIN_PART: Final = "cashback-cut-by-coin-part"
CASHBACK_CUT_BY_DAY_BUDGET: Final = "cashback-cut-by-day-budget"
CASHBACK_CUT_BY_BUDGET: Final = "cashback-cut-by-budget"
CASHBACK_CUT_TO_ORIGINAL: Final = "cashback-cut-to-original"

NOT_STARTED: Final = "not-started"
ENDED: Final = "ended"
NOT_THIS_WEEKDAY: Final = "not-this-weekday"
OUTSIDE_HOURS: Final = "outside-hours"
CLASS_NOT_ELIGIBLE: Final = "class-not-eligible"
CATEGORY_NOT_ELIGIBLE: Final = "category-not-eligible"
SHOP_AREA_NOT_ELIGIBLE: Final = "shop-area-not-eligible"
STREET_NOT_ELIGIBLE: Final = "street-not-eligible"
MERCHANT_NOT_ELIGIBLE: Final = "merchant-not-eligible"
MODE_NOT_ELIGIBLE: Final = "mode-not-eligible"
TIER_NOT_ELIGIBLE: Final = "tier-not-eligible"
PERSON_AREA_NOT_ELIGIBLE: Final = "person-area-not-eligible"
PERSON_AREA_NOT_VERIFIED: Final = "person-area-not-verified"
AGE_BAND_NOT_ELIGIBLE: Final = "age-band-not-eligible"
AGE_BAND_NOT_VERIFIED: Final = "age-band-not-verified"
NOT_FIRST_HERE: Final = "not-first-here"
NOT_FIRST_EVER: Final = "not-first-ever"
STAMP_COLLECTED: Final = "stamp-collected"
TIMES_USED: Final = "times-used"
DAY_TIMES_USED: Final = "day-times-used"
NO_COIN_PART: Final = "no-coin-part"
BELOW_MINIMUM: Final = "below-minimum"
BUDGET_EMPTY: Final = "budget-empty"
DAY_BUDGET_EMPTY: Final = "day-budget-empty"
ENDED_EARLY: Final = "ended-early"
STEPPED_DOWN_TO_NOTHING: Final = "stepped-down-to-nothing"
ANOTHER_IS_BETTER: Final = "another-is-better"
ANOTHER_COMES_FIRST: Final = "another-comes-first"

FACT_MISSING_MERCHANT_CLASS: Final = "fact-missing-merchant-class"
FACT_MISSING_CATEGORY: Final = "fact-missing-category"
FACT_MISSING_SHOP_AREA: Final = "fact-missing-shop-area"
FACT_MISSING_STREET: Final = "fact-missing-street"
FACT_MISSING_MERCHANT: Final = "fact-missing-merchant"
FACT_MISSING_MODE: Final = "fact-missing-mode"
FACT_MISSING_TIME: Final = "fact-missing-time"
FACT_MISSING_TIER: Final = "fact-missing-tier"
FACT_MISSING_PERSON_AREA: Final = "fact-missing-person-area"
FACT_MISSING_AGE_BAND: Final = "fact-missing-age-band"
FACT_MISSING_FIRST_PAYMENT: Final = "fact-missing-first-payment"


ABOUT_THE_PERSON: Final = frozenset(
    {
        *(TIER_NOT_ELIGIBLE, PERSON_AREA_NOT_ELIGIBLE, PERSON_AREA_NOT_VERIFIED),
        *(AGE_BAND_NOT_ELIGIBLE, AGE_BAND_NOT_VERIFIED, NOT_FIRST_HERE, STAMP_COLLECTED),
        *(TIMES_USED, DAY_TIMES_USED, ANOTHER_IS_BETTER, ANOTHER_COMES_FIRST),
        *(FACT_MISSING_TIER, FACT_MISSING_PERSON_AREA, FACT_MISSING_AGE_BAND),
        *(NOT_FIRST_EVER, FACT_MISSING_FIRST_PAYMENT),
    }
)
"""Obstacles that would tell a shop something about its customer."""


class Reason(NamedTuple):
    """One step of a decision: a stable code, and the figure that its sentence needs.

    The figure is a rate in basis points, what a limit left (points, yen or times), an amount in
    yen, a day as YYYYMMDD, or hours as HHMMHHMM. Codes that begin with `cashback-` are for the
    merchant's eyes.
    """

    code: str
    number: int | None = None
