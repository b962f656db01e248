"""The setting `limits` for tests: as it is at first, but for what the test says."""

from typing import Any

from payments.settings import LIMITS, TierLimits


def limits(tier: str = "unverified", **changed: int | None) -> dict[str, Any]:
    """The setting `limits` as at first, but for these of one tier: `limits(payment_yen=5)`."""
    said = LIMITS.model_dump()
    assert changed.keys() <= TierLimits.model_fields.keys()
    return said | {tier: said[tier] | changed}
