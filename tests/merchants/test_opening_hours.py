"""Opening hours: over midnight, on holidays, on single dates; what is no hours at all."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.bank_days import is_public_holiday
from merchants.opening_hours import OpeningHours, is_open_at

TOKYO = ZoneInfo("Asia/Tokyo")
CLOSED: list[Any] = [[]] * 7


def span(opens: str, closes: str) -> dict[str, str]:
    return {"opens": opens, "closes": closes}


def hours(weekly: list[Any] = CLOSED, **more: Any) -> OpeningHours:
    return OpeningHours.model_validate({"weekly": weekly, **more})


LUNCH, EVENING = span("11:00", "14:30"), span("18:00", "02:00")
BAR = hours([[LUNCH, EVENING]] * 6 + [[]], holidays=[span("12:00", "24:00")])
EVE = hours([[LUNCH]] * 7, exceptions=[{"on": "2026-12-31", "spans": [span("22:00", "06:00")]}])
NONSTOP = hours([[span("00:00", "00:00")]] * 7)
EARLY = hours([[span("05:00", "05:00")], *CLOSED[1:]])


@pytest.mark.parametrize(
    ("shop", "at", "is_open"),
    [
        (BAR, "2026-11-27 10:59", False),  # a Friday
        (BAR, "2026-11-27 11:00", True),
        (BAR, "2026-11-27 14:29", True),
        (BAR, "2026-11-27 14:30", False),
        (BAR, "2026-11-28 01:59", True),
        (BAR, "2026-11-28 02:00", False),
        (BAR, "2026-11-29 01:59", True),  # Sunday is closed, Saturday night is not over
        (BAR, "2026-11-29 12:00", False),
        (BAR, "2026-11-30 01:00", False),
        (BAR, "2026-11-23 11:30", False),  # Monday, 勤労感謝の日
        (BAR, "2026-11-23 23:59", True),
        (BAR, "2026-11-24 00:00", False),
        (BAR, "2026-11-03 13:00", True),  # 文化の日
        (EVE, "2026-12-31 12:00", False),
        (EVE, "2026-12-31 22:00", True),
        (EVE, "2027-01-01 05:59", True),
        (EVE, "2027-01-01 06:00", False),
        (EVE, "2027-01-01 11:00", True),  # a holiday of which nothing is said
        (NONSTOP, "2026-11-27 00:00", True),
        (NONSTOP, "2026-11-27 23:59", True),
        (EARLY, "2026-11-24 04:59", True),
        (EARLY, "2026-11-24 05:00", False),
        (EARLY, "2026-11-23 04:59", False),
    ],
)
def test_whether_a_shop_is_open(shop: OpeningHours, at: str, is_open: bool):
    local = datetime.fromisoformat(at).replace(tzinfo=TOKYO)
    assert is_open_at(shop, local, is_public_holiday) is is_open


@pytest.mark.parametrize(
    "said",
    [
        {"weekly": CLOSED[1:]},
        {"weekly": [*CLOSED, []]},
        {"weekly": [[span("24:00", "03:00")], *CLOSED[1:]]},
        {"weekly": [[span("9:00", "12:00")], *CLOSED[1:]]},
        {"weekly": [[span("09:00", "12:60")], *CLOSED[1:]]},
        {"weekly": [[span("09:00", "24:01")], *CLOSED[1:]]},
        {"weekly": [[span("０９:00", "12:00")], *CLOSED[1:]]},
        {"weekly": [[LUNCH, span("14:00", "16:00")], *CLOSED[1:]]},
        {"weekly": [[EVENING, LUNCH], *CLOSED[1:]]},
        {"weekly": [[LUNCH] * 5, *CLOSED[1:]]},
        {"weekly": CLOSED, "holidays": [LUNCH, LUNCH]},
        {"weekly": CLOSED, "exceptions": [{"on": "2026-12-31", "spans": []}] * 2},
        {"weekly": CLOSED, "exceptions": [{"on": "2026-02-30", "spans": []}]},
        {"weekly": CLOSED, "closed": True},
    ],
)
def test_what_is_no_hours(said: dict[str, Any]):
    with pytest.raises(ValidationError):
        OpeningHours.model_validate(said)


MINUTES = st.integers(0, 24 * 60 - 1)


@given(MINUTES, MINUTES, st.integers(0, 6), st.integers(0, 365 * 1440))
def test_a_span_is_open_for_as_long_as_it_says(opens: int, closes: int, day: int, later: int):
    at = datetime(2026, 1, 5, tzinfo=TOKYO) + timedelta(minutes=later)
    text = [f"{minute // 60:02}:{minute % 60:02}" for minute in (opens, closes)]
    shop = hours([[span(*text)] if each == day else [] for each in range(7)])
    minute = (at.weekday() - day) % 7 * 1440 + at.hour * 60 + at.minute
    lasts = (closes - opens - 1) % 1440 + 1
    wanted = opens <= minute < opens + lasts
    assert is_open_at(shop, at, is_public_holiday) is wanted
