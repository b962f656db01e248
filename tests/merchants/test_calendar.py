"""Periods of settlement: they have each day once, and are paid on a bank day after their close."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bank_days import is_bank_day
from core.errors import Problem
from merchants.calendar import Period, pay_day, period_of, periods_between
from merchants.settlement_rules import SettlementRules


def rules(calendar: str = "twice_a_month", **more: object) -> SettlementRules:
    return SettlementRules.model_validate({"calendar": calendar, **more})


def day(text: str) -> date:
    return date.fromisoformat(text)


# What banks' calendars of these years say; holidays as the Cabinet Office published them.
PAID = [
    ("2022-04-30", "2022-05-16", "2022-05-13"),  # the 15th is a Sunday
    ("2022-12-15", "2023-01-04", "2022-12-30"),  # 31 December to 3 January
    ("2023-04-15", "2023-05-01", "2023-04-28"),  # the 30th is a Sunday
    ("2023-08-31", "2023-09-15", "2023-09-15"),
    ("2023-12-31", "2024-01-15", "2024-01-15"),
    ("2024-02-15", "2024-02-29", "2024-02-29"),  # a leap day
    ("2024-06-15", "2024-07-01", "2024-06-28"),  # the 30th is a Sunday
    ("2024-08-31", "2024-09-17", "2024-09-13"),  # Sunday, then Respect for the Aged
    ("2025-04-15", "2025-04-30", "2025-04-30"),
    ("2025-10-31", "2025-11-17", "2025-11-14"),  # the 15th is a Saturday
    ("2026-02-15", "2026-03-02", "2026-02-27"),  # the 28th is a Saturday
    ("2026-12-15", "2027-01-04", "2026-12-30"),
]


@pytest.mark.parametrize(("last_day", "following", "previous"), PAID)
def test_twice_a_month_is_paid_on_the_nearest_bank_day(last_day, following, previous):
    for way, paid in (("next", following), ("previous", previous)):
        how = rules(when_banks_are_closed=way)
        assert pay_day(how, period_of(how, day(last_day))) == day(paid)


@pytest.mark.parametrize(
    ("last_day", "bank_days", "paid"),
    [
        ("2024-04-30", 3, "2024-05-07"),  # golden week: the 3rd, 4th, 5th and the 6th instead
        ("2024-04-30", 5, "2024-05-09"),
        ("2026-09-30", 5, "2026-10-07"),
        ("2025-12-31", 1, "2026-01-05"),
        ("2026-04-30", 5, "2026-05-12"),
    ],
)
def test_a_month_is_paid_some_bank_days_after_its_end(last_day, bank_days, paid):
    how = rules("month_end", bank_days_after=bank_days)
    period = period_of(how, day(last_day))
    assert period == Period(day(last_day).replace(day=1), day(last_day))
    assert pay_day(how, period) == day(paid)


def test_silver_week_passes_before_a_day_is_paid():
    assert pay_day(
        rules("daily", bank_days_after=1), period_of(rules("daily"), day("2026-09-18"))
    ) == day("2026-09-24")


DAYS = st.dates(date(2001, 1, 1), date(2098, 1, 1))
RULES = st.builds(
    lambda calendar, bank_days, way: rules(
        calendar, bank_days_after=bank_days, when_banks_are_closed=way
    ),
    st.sampled_from(["twice_a_month", "month_end", "daily"]),
    st.integers(1, 20),
    st.sampled_from(["next", "previous"]),
)


@given(RULES, DAYS, st.integers(0, 100))
def test_periods_have_each_day_once_and_are_paid_after_they_close(how, first, length):
    period = period_of(how, first)
    assert period.first_day <= first <= period.last_day
    assert period_of(how, period.last_day + timedelta(days=1)).first_day == (
        period.last_day + timedelta(days=1)
    )
    paid = pay_day(how, period)
    assert paid > period.last_day
    assert is_bank_day(paid)
    until = first + timedelta(days=length)
    after = period.first_day - timedelta(days=1)
    between = list(periods_between(how, after, until))
    for one, following in itertools.pairwise(between):
        assert following.first_day == one.last_day + timedelta(days=1)
    assert all(each.last_day <= until for each in between)
    if between:
        assert between[0] == period
        assert period_of(how, between[-1].last_day + timedelta(days=1)).last_day > until


def test_no_day_is_guessed_where_no_calendar_has_the_holidays():
    with pytest.raises(Problem) as refused:
        pay_day(rules(), period_of(rules(), day("2099-12-20")))
    assert refused.value.type.slug == "bank-days-unknown"
