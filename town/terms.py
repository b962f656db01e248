"""The town's campaign: terms as Setagaya City published, a budget that the day nearly uses."""

from datetime import date, timedelta
from typing import Final

from town.shops import CLASS_SHARES, MerchantClass

REBATE_BP: Final = 3_000
"""30 % of the coin part to the resident, floored to whole points."""

CASHBACK_BP: Final = 500
"""5 % of the coin part to the shop, floored to whole yen."""

REBATED_CLASSES: Final[frozenset[MerchantClass]] = frozenset(
    {"street_member", "small", "convenience"}
)
"""The campaign is there for the town's own shops; large ones take part with 0 %."""

CAP_PAYMENT_POINTS: Final = 3_000
CAP_PERSON_MONTH_POINTS: Final = 10_000

BUDGET_STEP_YEN: Final = 10_000
_MONTH: Final = timedelta(days=30)


def form(day: date) -> dict[str, object]:
    """The terms as the API takes them, form 1, for the three months around `day`."""
    return {
        "form_version": 1,
        "name": "まちのにぎわい還元",
        "starts_on": (day - _MONTH).isoformat(),
        "ends_on": (day + 2 * _MONTH).isoformat(),
        "rebate": {"rates_bp": _by_class(REBATE_BP)},
        "cashback": {"rates_bp": _by_class(CASHBACK_BP)},
        "caps": {
            "per_payment_points": CAP_PAYMENT_POINTS,
            "per_person_month_points": CAP_PERSON_MONTH_POINTS,
        },
    }


def in_words() -> tuple[str, str]:
    """The terms for people, in two lines."""
    return (
        f"{REBATE_BP // 100} % of the coin part back to residents, {CASHBACK_BP // 100} % to shops",
        f"at most {CAP_PAYMENT_POINTS:,} points a payment and {CAP_PERSON_MONTH_POINTS:,} a month",
    )


def budget_yen(granted_yen: int) -> int:
    """The budget for a day that is expected to grant `granted_yen`: 3 % more, in full ¥10,000.

    It lasts, so that who comes last does not decide who gets the last yen, and the totals of a
    seed are always the same; a few dearer payments by hand after the day use it up.
    """
    assert granted_yen >= 0, granted_yen
    wanted_yen = granted_yen * 103 // 100
    return (wanted_yen // BUDGET_STEP_YEN + 1) * BUDGET_STEP_YEN


def _by_class(rate_bp: int) -> dict[str, int]:
    return {name: rate_bp if name in REBATED_CLASSES else 0 for name in CLASS_SHARES}
