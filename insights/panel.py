"""The weeks of a comparison, and the cells that were told alike in all of them. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from insights.reach import Keys
from insights.released import Released
from insights.sums import Sum, sum_of

MOST_BEFORE: Final = 13
"""A quarter of a year: longer ago, the town was another one."""
MOST_AFTER: Final = 8
_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Weeks:
    """Releases of one table by week, in order, on each side of a campaign."""

    before: tuple[Released, ...]
    during: tuple[Released, ...]
    """Wholly within its days."""
    after: tuple[Released, ...]
    missing: int
    """Weeks of these spans of which there is no release under the same plan."""
    cut_days: int
    """Days of the campaign in weeks that it began or ended in the middle of: not counted."""

    @property
    def used(self) -> tuple[Released, ...]:
        """Those that the effect is computed from."""
        return (*self.before, *self.during)


def weeks_around(
    first_day: date, last_day: date, releases: Sequence[Released], since: date | None = None
) -> Weeks:
    """The weeks around a campaign of these days, of one table's releases; none begins before
    `since`, where an earlier campaign ended.

    The plan of the first week within the campaign is that of the comparison: cells of another are
    not the same cells.
    """
    begins, over = _monday_on_or_after(first_day), last_day + _DAY
    whole = max(0, (over - begins).days // 7)
    ends = _monday_on_or_after(over)
    monday = first_day - timedelta(days=first_day.weekday())
    before = [monday - _WEEK * n for n in range(MOST_BEFORE, 0, -1)]
    before = [day for day in before if since is None or day >= since]
    during = [begins + _WEEK * n for n in range(whole)]
    after = [ends + _WEEK * n for n in range(min(MOST_AFTER, whole))]
    by_day = {each.first_day: each for each in releases}
    plan = next((by_day[day].plan_digest for day in during if day in by_day), None)
    known = {day: each for day, each in by_day.items() if each.plan_digest == plan}
    first_known = min(known, default=begins)
    expected = [day for day in before if day >= first_known] + during
    spans = [tuple(known[day] for day in span if day in known) for span in (before, during, after)]
    return Weeks(
        before=spans[0],
        during=spans[1],
        after=spans[2],
        missing=sum(day not in known for day in expected),
        cut_days=(last_day - first_day).days + 1 - 7 * whole,
    )


def told_alike(weeks: Sequence[Released]) -> frozenset[Keys]:
    """The keys that are told in each of these weeks, and stand for the same shops' cells in all."""
    if not weeks:
        return frozenset()
    alike: frozenset[Keys] | None = None
    first = _parts(weeks[0])
    for week in weeks:
        parts = _parts(week)
        told = {
            cell.keys
            for cell in week.cells
            if not cell.is_suppressed and parts.get(cell.keys) == first.get(cell.keys)
        }
        alike = frozenset(told) if alike is None else alike & told
    return alike or frozenset()


def weekly_sums(weeks: Sequence[Released], keys: Collection[Keys]) -> list[Sum]:
    """What these cells come to, week by week."""
    return [sum_of(week, (cell for cell in week.cells if cell.keys in keys)) for week in weeks]


def _parts(week: Released) -> Mapping[Keys, frozenset[Keys]]:
    """Which keys are counted in a cell beside its own."""
    into: dict[Keys, set[Keys]] = {}
    for keys, target in week.merged:
        into.setdefault(target, set()).add(keys)
    return {keys: frozenset(found) for keys, found in into.items()}


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)
