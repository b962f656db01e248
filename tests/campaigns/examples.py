"""Campaigns, payments and headrooms that the tests of this folder share."""

from datetime import date
from typing import Any
from uuid import UUID

from campaigns.facts import Headroom, PaymentFacts
from campaigns.rules import LiveCampaign
from campaigns.terms import Terms, terms_hash

CAMPAIGN = UUID("01960000-0000-7000-8000-000000000001")
CLASSES = ("street_member", "small", "convenience", "large")
OPENING_DAY = date(2025, 7, 1)
A_DAY = date(2025, 7, 15)
LAST_DAY = date(2025, 8, 31)

# 30 % for residents at small shops, 5 % for the shop: see docs/RULES.md, section 3.
SETAGAYA: dict[str, Any] = {
    "form_version": 1,
    "name": "せたがや 夏の30%還元",
    "starts_on": "2025-07-01",
    "ends_on": "2025-08-31",
    "rebate": {
        "rates_bp": {"street_member": 3000, "small": 3000, "convenience": 1000, "large": 0},
    },
    "cashback": {
        "rates_bp": {"street_member": 500, "small": 500, "convenience": 0, "large": 0},
    },
    "minimum_amount_yen": 100,
    "caps": {
        "per_payment_points": 3000,
        "per_person_day_points": 5000,
        "per_person_month_points": 10000,
        "per_person_campaign_points": 15000,
    },
}


def head(
    budget_yen: int, day: int | None = None, month: int | None = None, campaign: int | None = None
) -> Headroom:
    """A headroom of the three caps of a person; None is a cap that was not read."""
    left = {"day": day, "month": month, "campaign": campaign}
    return Headroom(budget_yen, {name: n for name, n in left.items() if n is not None})


PLENTY = head(1_000_000, 5000, 10000, 15000)


def terms(**changes: Any) -> Terms:
    """The example's terms with some fields of its form changed."""
    return Terms.model_validate(SETAGAYA | changes)


def live(campaign_id: UUID = CAMPAIGN, **changes: Any) -> LiveCampaign:
    """The example as a live campaign, with some fields of its form changed."""
    form = terms(**changes)
    return LiveCampaign(campaign_id, terms_hash(form), form)


def flat(number: int, rebate_bp: int, cashback_bp: int = 0, **changes: Any) -> LiveCampaign:
    """A campaign with one rate for every shop and, unless it is changed, no cap that matters."""
    form: dict[str, Any] = {
        "rebate": {"rates_bp": dict.fromkeys(CLASSES, rebate_bp)},
        "cashback": {"rates_bp": dict.fromkeys(CLASSES, cashback_bp)},
        "minimum_amount_yen": 1,
        "caps": {"per_payment_points": 1_000_000},
    }
    return live(UUID(int=number), **(form | changes))


def payment(
    coin_yen: int,
    amount_yen: int | None = None,
    merchant_class: str | None = "small",
    business_date: date = A_DAY,
) -> PaymentFacts:
    """A payment, all of it in coin unless an amount says otherwise."""
    return PaymentFacts(
        amount_yen=coin_yen if amount_yen is None else amount_yen,
        coin_yen=coin_yen,
        merchant_class=merchant_class,
        business_date=business_date,
    )
