"""Bank days: against holidays as Japan's Cabinet Office publishes them, and beyond those known."""

from datetime import date, timedelta

import pytest

from core.bank_days import BankDaysUnknownError, bank_day_after, is_bank_day, is_public_holiday

# As month and day, with those that are free because a holiday was a Sunday (振替休日) or because
# they lie between two (国民の休日: 22 September of 2009, 2015, 2026; 30 April and 2 May of 2019).
PUBLISHED = {
    2009: "0101 0112 0211 0320 0429 0503 0504 0505 0506 0720 0921 0922 0923 1012 1103 1123 1223",
    2015: "0101 0112 0211 0321 0429 0503 0504 0505 0506 0720 0921 0922 0923 1012 1103 1123 1223",
    2019: "0101 0114 0211 0321 0429 0430 0501 0502 0503 0504 0505 0506 0715 0811 0812 0916 0923"
    " 1014 1022 1103 1104 1123",
    2020: "0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0723 0724 0810 0921 0922 1103"
    " 1123",
    2021: "0101 0111 0211 0223 0320 0429 0503 0504 0505 0722 0723 0808 0809 0920 0923 1103 1123",
    2022: "0101 0110 0211 0223 0321 0429 0503 0504 0505 0718 0811 0919 0923 1010 1103 1123",
    2023: "0101 0102 0109 0211 0223 0321 0429 0503 0504 0505 0717 0811 0918 0923 1009 1103 1123",
    2024: "0101 0108 0211 0212 0223 0320 0429 0503 0504 0505 0506 0715 0811 0812 0916 0922 0923"
    " 1014 1103 1104 1123",
    2025: "0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0721 0811 0915 0923 1013 1103"
    " 1123 1124",
    2026: "0101 0112 0211 0223 0320 0429 0503 0504 0505 0506 0720 0811 0921 0922 0923 1012 1103"
    " 1123",
    2027: "0101 0111 0211 0223 0321 0322 0429 0503 0504 0505 0719 0811 0920 0923 1011 1103 1123",
}
# The same by name.
NAMED = {
    2022: "0101元日 0110成人の日 0211建国記念の日 0223天皇誕生日 0321春分の日"
    " 0429昭和の日 0503憲法記念日 0504みどりの日 0505こどもの日 0718海の日"
    " 0811山の日 0919敬老の日 0923秋分の日 1010スポーツの日 1103文化の日"
    " 1123勤労感謝の日",
    2023: "0101元日 0102振替休日 0109成人の日 0211建国記念の日 0223天皇誕生日"
    " 0321春分の日 0429昭和の日 0503憲法記念日 0504みどりの日 0505こどもの日"
    " 0717海の日 0811山の日 0918敬老の日 0923秋分の日 1009スポーツの日"
    " 1103文化の日 1123勤労感謝の日",
    2024: "0101元日 0108成人の日 0211建国記念の日 0212振替休日 0223天皇誕生日"
    " 0320春分の日 0429昭和の日 0503憲法記念日 0504みどりの日 0505こどもの日"
    " 0506振替休日 0715海の日 0811山の日 0812振替休日 0916敬老の日"
    " 0922秋分の日 0923振替休日 1014スポーツの日 1103文化の日 1104振替休日"
    " 1123勤労感謝の日",
    2025: "0101元日 0113成人の日 0211建国記念の日 0223天皇誕生日 0224振替休日"
    " 0320春分の日 0429昭和の日 0503憲法記念日 0504みどりの日 0505こどもの日"
    " 0506振替休日 0721海の日 0811山の日 0915敬老の日 0923秋分の日"
    " 1013スポーツの日 1103文化の日 1123勤労感謝の日 1124振替休日",
    2026: "0101元日 0112成人の日 0211建国記念の日 0223天皇誕生日 0320春分の日"
    " 0429昭和の日 0503憲法記念日 0504みどりの日 0505こどもの日 0506振替休日"
    " 0720海の日 0811山の日 0921敬老の日 0922国民の休日 0923秋分の日"
    " 1012スポーツの日 1103文化の日 1123勤労感謝の日",
    2027: "0101元日 0111成人の日 0211建国記念の日 0223天皇誕生日 0321春分の日"
    " 0322振替休日 0429昭和の日 0503憲法記念日 0504みどりの日 0505こどもの日"
    " 0719海の日 0811山の日 0920敬老の日 0923秋分の日 1011スポーツの日"
    " 1103文化の日 1123勤労感謝の日",
}  # fmt: skip
NEW_YEAR = "0102 0103 1231"


@pytest.mark.parametrize("year", PUBLISHED)
def test_a_year_has_the_bank_days_that_are_published(year: int):
    shut = {*PUBLISHED[year].split(), *NEW_YEAR.split()}
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    open_days = [day for day in days if day.weekday() < 5 and f"{day:%m%d}" not in shut]
    assert [day for day in days if is_bank_day(day)] == open_days


@pytest.mark.parametrize("year", NAMED)
def test_days_in_lieu_and_between_are_those_of_the_act(year: int):
    """国民の祝日に関する法律, article 3: by the names, without the library that is tested."""
    named = {date(year, int(told[:2]), int(told[2:4])): told[4:] for told in NAMED[year].split()}
    assert [told[:4] for told in NAMED[year].split()] == PUBLISHED[year].split()
    own = {day for day, name in named.items() if name not in {"振替休日", "国民の休日"}}
    one_day = timedelta(days=1)
    between = {
        day + one_day for day in own if day + 2 * one_day in own and day + one_day not in own
    }
    in_lieu = set()
    for sunday in (day for day in own if day.weekday() == 6):
        free = next(sunday + n * one_day for n in range(9) if sunday + n * one_day not in own)
        in_lieu.add(free)
    assert {day for day, name in named.items() if name == "振替休日"} == in_lieu
    assert {day for day, name in named.items() if name == "国民の休日"} == {
        day for day in between - in_lieu if day.weekday() != 6
    }
    first = date(year, 1, 1)
    days = [first + n * one_day for n in range(366)]
    assert [day for day in days if day.year == year and is_public_holiday(day)] == sorted(named)


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        (date(2026, 11, 10), 5, date(2026, 11, 17)),  # a weekend lies between
        (date(2026, 11, 20), 5, date(2026, 11, 30)),  # and 23 November
        (date(2026, 9, 18), 1, date(2026, 9, 24)),  # three holidays after a weekend
        (date(2026, 12, 30), 1, date(2027, 1, 4)),  # the banks' new year
        (date(2027, 3, 20), 1, date(2027, 3, 23)),  # the equinox was a Sunday
        (date(2026, 11, 14), 1, date(2026, 11, 16)),  # from a day that is none itself
    ],
)
def test_so_many_bank_days_on(day: date, count: int, then: date):
    assert bank_day_after(day, count) == then


def test_beyond_the_known_years_there_is_no_answer():
    assert is_bank_day(date(2099, 12, 30))
    for day in (date(1999, 12, 31), date(2100, 1, 4)):
        with pytest.raises(BankDaysUnknownError):
            is_bank_day(day)
    with pytest.raises(BankDaysUnknownError):
        bank_day_after(date(2099, 12, 30), 1)
