"""Terms of campaigns for tests, in one call."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from campaigns.terms import Terms

CLASSES = ("street_member", "small", "convenience", "large")


def terms_of(day: date, **given: Any) -> Terms:
    """Terms that hold around `day`: 30 % back, 5 % cashback, at most 3,000 points a payment.

    Give `rebate_bp` and `cashback_bp` as a number, or as one per class; caps by their names
    (`per_payment_points`, `per_person_day_points`, `cashback_per_payment_yen`, ...); else fields
    of the form. With a `bonus` there is neither a rebate nor a cashback.
    """
    caps = {"per_payment_points": 3000} | {
        name: given.pop(name) for name in list(given) if name.startswith(("per_", "cashback_per"))
    }
    form: dict[str, Any] = {
        "form_version": 1,
        "name": "Autumn",
        "starts_on": day - timedelta(days=30),
        "ends_on": day + timedelta(days=365),
        "caps": caps,
    }
    rates = {"rebate": given.pop("rebate_bp", 3000), "cashback": given.pop("cashback_bp", 500)}
    if "bonus" not in given:
        form |= {name: {"rates_bp": _rates(rate_bp)} for name, rate_bp in rates.items()}
    return Terms.model_validate(form | given)


def _rates(rate_bp: int | Mapping[str, int]) -> dict[str, int]:
    if isinstance(rate_bp, int):
        return dict.fromkeys(CLASSES, rate_bp)
    return dict.fromkeys(CLASSES, 0) | dict(rate_bp)
