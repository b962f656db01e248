"""The deposit of a base date: by the kind of issuer, at the threshold, and rounded up."""

import pytest

from payments.deposit import THRESHOLD_YEN, WORDS, Deposit, deposit_due
from payments.settings import RegionSettings


@pytest.mark.parametrize(
    ("issuer_kind", "unused_yen", "deposit_yen", "rule"),
    [
        ("third_party", 0, 0, "not_above"),
        ("third_party", 9_999_999, 0, "not_above"),
        ("third_party", 10_000_000, 0, "not_above"),
        ("third_party", 10_000_001, 5_000_001, "half"),
        ("third_party", 10_000_002, 5_000_001, "half"),
        ("own_use", 10_000_000, 0, "not_above"),
        ("own_use", 10_000_001, 5_000_001, "half"),
        ("own_use", 9_007_199_254_740_991, 4_503_599_627_370_496, "half"),
        ("local_government", 10_000_001, 0, "local_government_is_exempt"),
        ("six_month_only", 10_000_001, 0, "six_months_are_exempt"),
    ],
)
def test_half_is_due_above_ten_million_of_who_is_not_exempt(
    issuer_kind, unused_yen, deposit_yen, rule
):
    assert deposit_due(issuer_kind, unused_yen) == Deposit(deposit_yen, rule)
    assert WORDS[rule].endswith("です。")


def test_a_new_region_is_exempt_and_the_threshold_is_the_laws():
    assert THRESHOLD_YEN == 10_000_000
    assert deposit_due(RegionSettings().issuer_kind, 10**9).deposit_yen == 0
