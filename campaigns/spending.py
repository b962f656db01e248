"""Read what campaigns spent on past days, and had left, from what postings left there."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.find_seq import find_seq
from ledger.past_balances import past_balances

Spent = tuple[UUID, date]
"""A campaign and a day."""

_BUDGETS: Final = text("""
    SELECT holder_id, account_no FROM ledger.account
     WHERE region_id = :region AND holder_id = ANY (:campaigns) AND kind = 'budget' AND is_open
""")
# Few entries are about a campaign itself, and payments are not among them.
_PUT_IN: Final = text("""
    SELECT e.holder_id, e.business_date,
           sum(CASE WHEN p.is_debit THEN -p.amount ELSE p.amount END)::bigint AS yen
      FROM ledger.entry e
      JOIN ledger.posting p ON p.region_id = e.region_id AND p.entry_id = e.entry_id
     WHERE e.region_id = :region AND e.holder_id = ANY (:campaigns) AND e.refusal IS NULL
       AND e.business_date >= :first AND p.account_no = ANY (:accounts)
     GROUP BY 1, 2
""")


async def spent_on(
    session: AsyncSession, region_id: int, wanted: Mapping[UUID, Sequence[date]]
) -> dict[Spent, int]:
    """By how many yen each budget fell on each of these days, which are over.

    Grants less what refunds brought back; what funders put in or took out does not count. A day is
    left out where the journal that would tell was moved away.
    """
    campaigns = [campaign for campaign, days in wanted.items() if days]
    days = sorted({day for days in wanted.values() for day in days})
    if not days:
        return {}
    rows = await session.execute(_BUDGETS, {"region": region_id, "campaigns": campaigns})
    budgets = {UUID(int=holder.int): account_no for holder, account_no in rows}
    ends = dict.fromkeys({*days, *(day - timedelta(days=1) for day in days)}, 0)
    for day in ends:
        ends[day] = await find_seq(session, region_id, day)
    balances = await past_balances(
        session,
        region_id,
        {
            (budgets[campaign], ends[end])
            for campaign in budgets
            for day in wanted[campaign]
            for end in (day, day - timedelta(days=1))
        },
    )
    put_in = await _put_in(session, region_id, budgets, days[0])
    spent = {}
    for campaign, account_no in budgets.items():
        for day in wanted[campaign]:
            before = balances.get((account_no, ends[day - timedelta(days=1)]))
            after = balances.get((account_no, ends[day]))
            if before is not None and after is not None:
                spent[campaign, day] = before - after + put_in.get((campaign, day), 0)
    return spent


async def left_when_over(
    session: AsyncSession, region_id: int, campaigns: Sequence[UUID], today: date
) -> dict[UUID, int]:
    """What each budget held when the day before `today` was over, with what funders put in since.

    Without campaigns that have no budget, or whose journal of then was moved away.
    """
    rows = await session.execute(_BUDGETS, {"region": region_id, "campaigns": list(campaigns)})
    budgets = {UUID(int=holder.int): account_no for holder, account_no in rows}
    if not budgets:
        return {}
    end = await find_seq(session, region_id, today - timedelta(days=1))
    held = await past_balances(session, region_id, {(number, end) for number in budgets.values()})
    put_in = await _put_in(session, region_id, budgets, today)
    left: dict[UUID, int] = {}
    for campaign, account_no in budgets.items():
        if (account_no, end) in held:
            since = sum(yen for (each, _), yen in put_in.items() if each == campaign)
            left[campaign] = held[account_no, end] + since
    return left


async def _put_in(
    session: AsyncSession, region_id: int, budgets: Mapping[UUID, int], first: date
) -> dict[Spent, int]:
    given = {"campaigns": list(budgets), "accounts": list(budgets.values()), "first": first}
    rows = await session.execute(_PUT_IN, {"region": region_id, **given})
    return {(UUID(int=holder.int), day): yen for holder, day, yen in rows}
