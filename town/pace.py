"""Which day the town lives, and how many times faster than ours its clock runs."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from town.draws import DAY_BEGINS, DAY_ENDS

WEEK_IS_OVER: Final = timedelta(days=1, hours=9)
"""From the day's midnight: on Monday morning its tables are released, and visitors may come."""

ACTS_A_SECOND: Final = 250
"""What a server does with ease on two cores that it shares with the town: a clock that is faster
makes the acts late, never wrong."""

SHORTEST_DAY_SECONDS: Final = 15
"""Even an empty town has time to be seen; and a reply that is lost can be asked for again while
the id is younger than 24 hours there."""

DAYS_LEFT: Final = 7
"""An act that is so late that it falls into a later day must not fall into another month: caps
count by month, coin expires by month, and the totals of a seed are always the same."""

DAYS_BEFORE: Final = 7
"""The town is built so many days before: between them lie the days that are written in bulk."""

SET_UP_AT: Final = timedelta(minutes=30)
"""The town is built at night, as fast as real time."""

SERVER_STARTS_SECONDS: Final = 4
"""Ours, from the moment when the clock is set to the first act that somebody may send."""

SUNDAY: Final = 7
_DAY_SECONDS: Final = DAY_ENDS - DAY_BEGINS


def town_day(today: date) -> date:
    """A Sunday, which ends its week's tables, of this month: the newest if there is one.

    It has DAYS_BEFORE and DAYS_LEFT around it in its month. Early in a month that is a day to come.
    """
    last = monthrange(today.year, today.month)[1]
    days = (today.replace(day=day) for day in range(1 + DAYS_BEFORE, last - DAYS_LEFT + 1))
    sundays = [day for day in days if day.isoweekday() == SUNDAY]
    return max((day for day in sundays if day <= today), default=sundays[0])


def factor(acts: int) -> int:
    """How many times faster than real time the clock runs, so that the server keeps up."""
    return _DAY_SECONDS // max(acts // ACTS_A_SECOND, SHORTEST_DAY_SECONDS)


def before_the_first_act(factor: int) -> timedelta:
    """The time of the day to set the clock to, so that the server is there when the day begins."""
    return timedelta(seconds=DAY_BEGINS - SERVER_STARTS_SECONDS * factor)
