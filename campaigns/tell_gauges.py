"""Write down once a week what is told of each campaign's spending; nothing of it ever changes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from secrets import randbelow
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.gauge import last_told_day, step_of, told_yen
from campaigns.gauge_tables import gauge
from core.database import Database
from ledger.find_seq import find_seq
from ledger.past_balances import past_balances
from ledger.regions import Region

_FUNDED: Final = text("""
    SELECT c.holder_id, c.state,
           (SELECT sum(f.amount)::bigint FROM ledger.entry f
             WHERE f.region_id = :region AND f.holder_id = c.holder_id
               AND f.kind = 'campaign.funded' AND f.refusal IS NULL
               AND f.business_date <= :as_of) AS funded_yen
      FROM ledger.holder c
     WHERE c.region_id = :region AND c.kind = 'campaign'
       AND NOT EXISTS (SELECT FROM campaigns.gauge m
                        WHERE m.region_id = :region AND m.campaign_id = c.holder_id
                          AND m.as_of >= :as_of)
""")
_ACCOUNTS: Final = text("""
    SELECT holder_id, kind, account_no FROM ledger.account
     WHERE region_id = :region AND holder_id = ANY (:campaigns)
       AND kind IN ('funder_receivable', 'budget', 'budget_due', 'budget_kept')
""")
_BEFORE: Final = text("""
    SELECT DISTINCT ON (campaign_id, step_yen) campaign_id, step_yen, offset_yen, spent_yen, as_of
      FROM campaigns.gauge
     WHERE region_id = :region AND campaign_id = ANY (:campaigns)
     ORDER BY campaign_id, step_yen, as_of DESC
""")


@dataclass(frozen=True, slots=True)
class _Budget:
    campaign_id: UUID
    is_ended: bool
    funded_yen: int


async def tell_gauges(database: Database, region: Region, today: date) -> int:
    """Tell of every funded campaign what it spent until the last Sunday that is over; how many.

    Twice is once. A campaign that has ended is told again only while the figure moves.
    """
    as_of, region_id = last_told_day(today), region.region_id
    async with database.snapshot(region_id) as db:
        budgets = await _funded(db, region_id, as_of)
        spent = await _spent_until(db, region_id, as_of, budgets)
        before = await _before(db, region_id, budgets)
    rows = [
        row
        for budget in budgets
        if budget.campaign_id in spent
        for row in _told(region_id, as_of, budget, spent[budget.campaign_id], before)
    ]
    if rows:
        async with database.transaction(region_id) as db:
            await db.execute(insert(gauge).on_conflict_do_nothing(), rows)
    return len(rows)


async def _funded(db: AsyncSession, region_id: int, as_of: date) -> list[_Budget]:
    rows = await db.execute(_FUNDED, {"region": region_id, "as_of": as_of})
    return [
        _Budget(UUID(int=holder.int), state == "ended", yen) for holder, state, yen in rows if yen
    ]


async def _spent_until(
    db: AsyncSession, region_id: int, as_of: date, budgets: list[_Budget]
) -> dict[UUID, int]:
    """What was promised and not returned, less what was left, owed back or kept at that day's end.

    Without campaigns whose journal of then was moved away.
    """
    given = {"region": region_id, "campaigns": [budget.campaign_id for budget in budgets]}
    accounts = list(await db.execute(_ACCOUNTS, given))
    seq = await find_seq(db, region_id, as_of)
    held = await past_balances(db, region_id, {(account_no, seq) for *_, account_no in accounts})
    spent: defaultdict[UUID, int] = defaultdict(int)
    unknown: set[UUID] = set()
    for holder, kind, account_no in accounts:
        campaign_id = UUID(int=holder.int)
        balance = held.get((account_no, seq))
        if balance is None:
            unknown.add(campaign_id)
        else:
            spent[campaign_id] += balance if kind == "funder_receivable" else -balance
    return {campaign_id: yen for campaign_id, yen in spent.items() if campaign_id not in unknown}


async def _before(
    db: AsyncSession, region_id: int, budgets: list[_Budget]
) -> dict[tuple[UUID, int], tuple[int, int]]:
    """By campaign and step: the offset that was drawn, and what was told last."""
    given = {"region": region_id, "campaigns": [budget.campaign_id for budget in budgets]}
    rows = await db.execute(_BEFORE, given)
    return {
        (UUID(int=row.campaign_id.int), row.step_yen): (row.offset_yen, row.spent_yen)
        for row in rows
    }


def _told(
    region_id: int,
    as_of: date,
    budget: _Budget,
    spent_yen: int,
    before: dict[tuple[UUID, int], tuple[int, int]],
) -> list[dict[str, object]]:
    step_yen = step_of(budget.funded_yen)
    known = before.get((budget.campaign_id, step_yen))
    offset_yen = randbelow(step_yen) if known is None else known[0]
    told = told_yen(spent_yen, budget.funded_yen, step_yen, offset_yen)
    if budget.is_ended and known is not None and known[1] == told:
        return []
    return [
        {
            "region_id": region_id,
            "campaign_id": budget.campaign_id,
            "as_of": as_of,
            "funded_yen": budget.funded_yen,
            "step_yen": step_yen,
            "offset_yen": offset_yen,
            "spent_yen": told,
        }
    ]
