"""When campaigns really ran: from the day on which they were live, until they gave no more."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.gauge import step_of
from campaigns.terms import Terms, parse

_RAN: Final = text("""
    SELECT s.campaign_id, s.state, s.terms_hash, s.form, s.last_day, s.funded_yen,
           min(j.business_date) FILTER (WHERE j.step = 'live') AS live_on,
           max(j.business_date) FILTER (WHERE j.step = 'ended') AS ended_on,
           bool_or(j.step = 'stopped') AS was_stopped,
           max(j.business_date) FILTER (WHERE j.step = 'applied') AS changed_on,
           s.as_of, s.spent_yen,
           (SELECT min(g.as_of) FROM campaigns.gauge_told g
             WHERE g.region_id = s.region_id AND g.campaign_id = s.campaign_id
               AND g.funded_yen = s.funded_yen AND g.spent_yen = s.funded_yen) AS used_up_on
      FROM campaigns.standing_told s
      JOIN (SELECT region_id, holder_id, business_date, facts ->> 'state' AS step
              FROM campaigns.journal_told
             WHERE kind IN ('campaign.changed', 'campaign.version_changed') AND refusal IS NULL) j
        ON j.region_id = s.region_id AND j.holder_id = s.campaign_id
     WHERE s.region_id = :region
     GROUP BY s.region_id, s.campaign_id, s.state, s.terms_hash, s.form, s.last_day, s.funded_yen,
              s.as_of, s.spent_yen
    HAVING bool_or(j.step = 'live')
     ORDER BY s.campaign_id
""")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a campaign spent as the city is told it: rounded, at the end of a Sunday."""

    as_of: date
    yen: int
    low_yen: int
    """Between this and the next lies what it really was."""
    high_yen: int


@dataclass(frozen=True, slots=True)
class Ran:
    """A campaign that was live at some time, as the city may see it."""

    campaign_id: UUID
    terms: Terms
    terms_hash: bytes
    first_day: date
    last_day: date
    """Of its days, or the one on which it was ended, or on which its budget was told as used up."""
    was_stopped: bool
    """For some time in between it gave nothing."""
    was_changed: bool
    """Other terms held before these, within its days."""
    spent: Spent | None
    """None where nothing was told yet."""

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.last_day < today

    def overlaps(self, first_day: date, last_day: date) -> bool:
        """Whether it ran on one of these days."""
        return self.first_day <= last_day and first_day <= self.last_day


async def campaigns_that_ran(session: AsyncSession, region_id: int) -> list[Ran]:
    """All of the region, oldest first; from the views of roles that see no person."""
    rows = await session.execute(_RAN, {"region": region_id})
    return [_ran(row) for row in rows]


def _ran(row: Row[Any]) -> Ran:
    terms = parse(row.form)
    first_day = max(terms.starts_on, row.live_on)
    ended_on = row.ended_on if row.state == "ended" else None
    ends = (terms.ends_on, row.last_day, row.used_up_on, ended_on)
    last_day = min(day for day in ends if day is not None)
    return Ran(
        campaign_id=UUID(int=row.campaign_id.int),
        terms=terms,
        terms_hash=row.terms_hash,
        first_day=first_day,
        last_day=max(first_day, last_day),
        was_stopped=bool(row.was_stopped),
        was_changed=row.changed_on is not None and row.changed_on > first_day,
        spent=None if row.as_of is None else _spent(row.as_of, row.spent_yen, row.funded_yen),
    )


def _spent(as_of: date, yen: int, funded_yen: int) -> Spent:
    """Whole steps with a secret offset: the sum itself is less than a step away, either way."""
    step_yen = step_of(funded_yen)
    return Spent(as_of, yen, max(0, yen - step_yen), min(funded_yen, yen + step_yen))
