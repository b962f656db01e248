"""Months: the day on which something ends so many months on."""

from datetime import date, timedelta

_ONE_DAY = timedelta(days=1)


def end_of_month_after(day: date, months: int) -> date:
    """The last day of the month that lies `months` after the month of `day`."""
    year, month_index = divmod(day.year * 12 + day.month + months, 12)
    return date(year, month_index + 1, 1) - _ONE_DAY
