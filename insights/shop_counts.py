"""How many shops there are and how many came and went, and what shops paid to shops.

Merchants are counted from public facts. What they pay each other is theirs, and is told in
thousands where at least three paid and three were paid (migrations/sql/0031_converters.sql); beside
it stands what people spent, from released tables alone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from insights.cube import read_released
from insights.figures import WEEK
from insights.read_traders import Standing
from insights.released import Figure, Released
from insights.sums import Sum, sum_of

ShopsBy = Literal["class", "category", "area", "district"]

_STEPS: Final = text("""
    SELECT date_trunc('month', business_date)::date AS month, state, count(*) AS times
      FROM insights.shop_step
     WHERE region_id = :region AND kind = 'merchant' AND business_date BETWEEN :first AND :last
     GROUP BY 1, 2
""")
_CIRCULATION: Final = text("""
    SELECT month, converted_yen, paid_yen, payers, payees
      FROM insights.circulation
     WHERE region_id = :region AND month BETWEEN :first AND :last
     ORDER BY month
""")


@dataclass(frozen=True, slots=True)
class ShopLine:
    """A class, category or place: a merchant counts once where one of its stores is."""

    key: str
    merchants: int
    stores: int


@dataclass(frozen=True, slots=True)
class MonthOfShops:
    """Merchants that joined or opened again, and that closed, in a month."""

    month: date
    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class Circulated:
    """What shops made coin of and paid to shops in a month; None where too few took part."""

    month: date
    converted_yen: int | None
    paid_yen: int | None
    payers: int | None
    payees: int | None
    per_mille_of_spend: Figure | None
    """Yen a day that shops paid to shops, for each ¥1,000 a day that people spent in the whole
    weeks of the month, as far as it was told."""


def count_shops(standings: Sequence[Standing], by: ShopsBy) -> list[ShopLine]:
    """The lines by their keys."""
    keys = {each.store_id: _key(each, by) for each in standings}
    merchants: dict[str, set[UUID]] = {}
    for each in standings:
        merchants.setdefault(keys[each.store_id], set()).add(each.merchant_id)
    stores = Counter(keys.values())
    return [ShopLine(key, len(found), stores[key]) for key, found in sorted(merchants.items())]


async def months_of_shops(
    db: AsyncSession, region_id: int, today: date, months: int
) -> list[MonthOfShops]:
    """So many months, the one of `today` the last, oldest first."""
    listed = months_until(today, months)
    given = {"region": region_id, "first": listed[0], "last": today}
    times = {(row.month, row.state): row.times for row in await db.execute(_STEPS, given)}
    return [
        MonthOfShops(month, times.get((month, "open"), 0), times.get((month, "closed"), 0))
        for month in listed
    ]


async def circulation(
    db: AsyncSession, region_id: int, today: date, months: int
) -> list[Circulated]:
    """The months in which shops paid shops, of so many that are over, oldest first."""
    listed = months_until(today.replace(day=1) - timedelta(days=1), months)
    last = _next_month(listed[-1]) - timedelta(days=1)
    rows = await db.execute(_CIRCULATION, {"region": region_id, "first": listed[0], "last": last})
    spent = await read_released(db, region_id, ["area_category"], listed[0], last)
    return [
        Circulated(
            row.month,
            row.converted_yen,
            row.paid_yen,
            row.payers,
            row.payees,
            per_mille_of_spend(row.month, row.paid_yen, spent),
        )
        for row in rows
    ]


def per_mille_of_spend(
    month: date, paid_yen: int | None, tables: Sequence[Released]
) -> Figure | None:
    """Both a day; the interval is that of the spend. None where nothing is told of either."""
    ends = _next_month(month)
    weeks = [each for each in tables if month <= each.first_day and each.last_day < ends]
    spend = sum((sum_of(each, each.cells) for each in weeks), Sum()).spend
    if paid_yen is None or spend is None or spend.low <= 0:
        return None
    days = (ends - month).days
    paid = 1_000 * paid_yen * len(weeks) * WEEK.days
    return Figure(
        (paid + days * spend.value // 2) // (days * spend.value),
        paid // (days * spend.high),
        -(-paid // (days * spend.low)),
    )


def months_until(day: date, months: int) -> list[date]:
    """The first days of so many months, that of `day` the last."""
    number = day.year * 12 + day.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - months + 1, number + 1)]


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _key(each: Standing, by: ShopsBy) -> str:
    match by:
        case "class":
            return each.merchant_class
        case "category":
            return each.listed_category
        case "area":
            return each.listed_area
        case "district":
            return each.listed_district
