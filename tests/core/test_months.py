"""Months: the day on which something ends so many months on."""

from datetime import date

import pytest

from core.months import end_of_month_after


@pytest.mark.parametrize(
    ("granted", "months", "expires"),
    [
        (date(2025, 4, 1), 6, date(2025, 10, 31)),
        (date(2025, 4, 30), 6, date(2025, 10, 31)),
        (date(2025, 6, 30), 6, date(2025, 12, 31)),
        (date(2025, 7, 1), 6, date(2026, 1, 31)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2025, 12, 31), 1, date(2026, 1, 31)),
        (date(2025, 12, 31), 12, date(2026, 12, 31)),
        (date(2025, 1, 15), 36, date(2028, 1, 31)),
    ],
)
def test_it_ends_with_a_month(granted: date, months: int, expires: date) -> None:
    assert end_of_month_after(granted, months) == expires
