"""Read what anybody may see of a region's campaigns: those that are on, and those to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.forecast import LONGEST_DAYS, Forecast, forecast
from campaigns.near_end import is_stepped_down
from campaigns.pace import pace_of
from campaigns.reads import NextTerms, next_terms
from campaigns.remainder import Remainder, remainder_of
from campaigns.spending import Spent, left_when_over, spent_on
from campaigns.terms import Terms, parse

MOST_SHOWN: Final = 100

_Day = tuple[date, int]
"""A day, and what it cost in yen."""

_ONE_DAY: Final = timedelta(days=1)
_SHOWN: Final = text("""
    SELECT s.campaign_id, s.state, s.terms_hash, s.form, s.funded_yen, s.budget_left_yen,
           s.last_day, s.starts_at, s.next_version_id, s.next_applies_from, s.next_terms_hash,
           s.next_form,
           (SELECT max(j.business_date) FROM campaigns.journal j
             WHERE j.region_id = s.region_id AND j.holder_id = s.campaign_id
               AND j.kind IN ('campaign.changed', 'campaign.version_changed')
               AND j.refusal IS NULL AND j.facts ->> 'state' IN ('live', 'applied')) AS live_since,
           (SELECT max(j.business_date) FROM campaigns.journal j
             WHERE j.region_id = s.region_id AND j.holder_id = s.campaign_id
               AND j.kind = 'campaign.threshold' AND j.refusal IS NULL
               AND j.facts -> 'used_bp'
                   = CAST(s.form AS jsonb) -> 'near_end' -> 'step_down' -> 'at_used_bp'
               AND CAST(j.facts ->> 'funded_yen' AS bigint) = s.funded_yen) AS stepped_down_on
      FROM campaigns.standing s
     WHERE s.region_id = :region AND s.state IN ('approved', 'scheduled', 'live')
       AND CAST(CAST(s.form AS jsonb) ->> 'ends_on' AS date) >= :today
     ORDER BY CAST(s.form AS jsonb) ->> 'ends_on', s.campaign_id
     LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class PublicCampaign:
    """A campaign as it is told to the public."""

    campaign_id: UUID
    terms: Terms
    terms_hash: bytes
    is_running: bool
    """Live, and begun. Others are to come."""
    remainder: Remainder | None
    """Of the budget; None where nobody promised any money yet."""
    forecast: Forecast | None
    """None where too little is known."""
    is_stepped_down: bool
    """Whether the effects of `near_end.step_down` hold for the next payment."""
    last_day: date | None
    """Announced near the end of the budget, before `terms.ends_on`."""
    starts_at: datetime | None = None
    """When it starts, where it was told to."""
    next: NextTerms | None = None
    """What it becomes, and when."""


async def read_board(
    session: AsyncSession, region_id: int, today: date, over: date, known: dict[Spent, int]
) -> list[PublicCampaign]:
    """The campaigns that are live, scheduled or approved and not over; those that end first, first.

    At most `MOST_SHOWN`. What is left is told as it stood when the last day was over that ended
    before `over`: nothing is written into such days any more. `known` is the caller's memory of
    what was spent on them, which never changes: new days are put in, and days that count no more
    are taken out.
    """
    shown = {"region": region_id, "today": today, "most": MOST_SHOWN}
    rows = [(row, parse(row.form)) for row in await session.execute(_SHOWN, shown)]
    counted = {
        UUID(int=row.campaign_id.int): _days_that_count(row, terms, over) for row, terms in rows
    }
    needed = {(campaign, day) for campaign, days in counted.items() for day in days}
    for spent in known.keys() - needed:
        del known[spent]
    missing = {
        campaign: [day for day in days if (campaign, day) not in known]
        for campaign, days in counted.items()
    }
    known.update(await spent_on(session, region_id, missing))
    left = await left_when_over(session, region_id, list(counted), over)
    told = (_told(row, terms, counted, known, today, _left_then(row, left)) for row, terms in rows)
    return [each for each in told if each.last_day is None or each.last_day >= today]


def _days_that_count(row: Row[Any], terms: Terms, over: date) -> list[date]:
    """The last complete days on all of which it was on, oldest first; as far as one looks back."""
    if row.state != "live" or row.live_since is None:
        return []
    first = max(terms.starts_on, row.live_since + _ONE_DAY, over - timedelta(days=LONGEST_DAYS))
    return [first + timedelta(days=after) for after in range((over - first).days)]


def _told(
    row: Row[Any],
    terms: Terms,
    counted: dict[UUID, list[date]],
    known: dict[Spent, int],
    today: date,
    left_yen: int,
) -> PublicCampaign:
    campaign_id = UUID(int=row.campaign_id.int)
    is_running = row.state == "live" and terms.starts_on <= today
    last_day = row.last_day if terms.near_end and terms.near_end.scheduled_end else None
    spent = _unbroken([(day, known.get((campaign_id, day))) for day in counted[campaign_id]])
    is_open = is_running and left_yen > 0
    return PublicCampaign(
        campaign_id=campaign_id,
        terms=terms,
        terms_hash=row.terms_hash,
        is_running=is_running,
        remainder=remainder_of(left_yen, row.funded_yen),
        forecast=_forecast(row, terms, spent, today, last_day, left_yen) if is_open else None,
        is_stepped_down=is_running
        and is_stepped_down(terms.near_end, row.funded_yen, row.budget_left_yen),
        last_day=last_day,
        starts_at=row.starts_at,
        next=next_terms(row),
    )


def _left_then(row: Row[Any], left: dict[UUID, int]) -> int:
    """What was left when yesterday was over, with what was put in since; that nothing is left now,
    and that it is not so, is told at once: the next payment learns it anyway.
    """
    if row.budget_left_yen == 0:
        return 0
    then_yen: int = left.get(UUID(int=row.campaign_id.int), row.funded_yen)
    return max(1, then_yen)


def _forecast(
    row: Row[Any],
    terms: Terms,
    spent: Sequence[_Day],
    today: date,
    last_day: date | None,
    left_yen: int,
) -> Forecast | None:
    days_yen = [yen for _, yen in spent]
    pace = pace_of(terms, row.funded_yen)
    if pace is not None:
        left_yen = pace.as_before(left_yen)
        days_yen = [pace.spent_as_before(yen, day, row.stepped_down_on) for day, yen in spent]
    return forecast(left_yen, days_yen, today, last_day or terms.ends_on)


def _unbroken(spent: Sequence[tuple[date, int | None]]) -> list[_Day]:
    """The days at the end of which all are known."""
    unbroken: list[_Day] = []
    for day, yen in reversed(spent):
        if yen is None:
            break
        unbroken.insert(0, (day, yen))
    return unbroken
