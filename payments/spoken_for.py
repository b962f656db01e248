"""Read what of a merchant's payable is not its own to convert: due to a close, or a fee."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.events import newest_seq
from ledger.find_seq import find_seq
from ledger.read_counter import read_counter
from ledger.regions import Region
from ledger.statement import open_accounts
from merchants.calendar import Period, periods_between
from merchants.fees import fee_yen, tax_yen
from merchants.settlement import run_of
from merchants.settlement_figures import Figures, figures_of
from merchants.settlement_rules import SettlementRules
from merchants.settlement_tables import settlement
from payments.close_settlement import settled_key
from payments.convert import SpokenFor, free_yen

_ROW: Final = settlement.c
_ONE_DAY: Final = timedelta(days=1)
_LONGEST: Final = timedelta(days=62)
"""So many days have a whole period of any calendar among them."""


async def read_spoken_for(
    session: AsyncSession, region: Region, rules: SettlementRules, merchant_id: UUID, today: date
) -> SpokenFor:
    """What stays in the payable whatever the shop converts today.

    A period that is over is closed soon after midnight: until that has been done for this merchant,
    what was due at its end is the close's. What was sold since leaves its fee and tax, so that
    nobody converts them away; to have converted already never makes those more.
    """
    from_seq = await read_counter(session, region.region_id, settled_key(merchant_id))
    due_yen, before = 0, _NOTHING
    last = _last_over(rules, today)
    if last is not None and not await _is_closed(session, region, merchant_id, last):
        until_seq = await find_seq(session, region.region_id, last.last_day)
        found = await _figures(session, region, merchant_id, from_seq, until_seq)
        if found is not None:
            due_yen = max(0, found.due_yen - max(0, found.cashback_yen))
            before = (found.sales_yen - found.refunded_yen, found.converted_yen)
    newest = await newest_seq(session, region.region_id)
    now = await _figures(session, region, merchant_id, from_seq, newest)
    costs_yen = 0 if now is None else _costs(rules, now, before, today)
    return SpokenFor(today, from_seq, due_yen + costs_yen)


async def read_convertible(
    session: AsyncSession, region: Region, rules: SettlementRules, merchant_id: UUID, today: date
) -> int:
    """What may become coin now, in yen: the same sum as in the decision."""
    kept = await read_spoken_for(session, region, rules, merchant_id, today)
    accounts = await open_accounts(session, region.region_id, [merchant_id])
    return free_yen(accounts, kept)


_NOTHING: Final = (0, 0)


def _costs(rules: SettlementRules, now: Figures, before: tuple[int, int], today: date) -> int:
    """Fee and tax of what was sold since the last period that is over."""
    net_yen = now.sales_yen - now.refunded_yen - before[0]
    converted_yen = now.converted_yen - before[1]
    fee = fee_yen(rules, now.merchant_class, net_yen, today, converted_yen)
    return fee + tax_yen(rules, fee)


def _last_over(rules: SettlementRules, today: date) -> Period | None:
    """The last period that ended before today."""
    yesterday = today - _ONE_DAY
    return max(periods_between(rules, yesterday - _LONGEST, yesterday), default=None)


async def _is_closed(
    session: AsyncSession, region: Region, merchant_id: UUID, period: Period
) -> bool:
    """Whether the merchant has its settlement of that period, be it carried over."""
    found = select(_ROW.settlement_id).where(
        _ROW.region_id == region.region_id,
        _ROW.run_id == run_of(region.code, period.last_day),
        _ROW.merchant_id == merchant_id,
    )
    return await session.scalar(found) is not None


async def _figures(
    session: AsyncSession, region: Region, merchant_id: UUID, from_seq: int, until_seq: int
) -> Figures | None:
    """The merchant's figures; None where nothing moved."""
    if until_seq <= from_seq:
        return None
    found = await figures_of(session, region.region_id, [merchant_id], until_seq)
    return found[0] if found else None
