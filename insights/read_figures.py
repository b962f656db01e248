"""Read what is true of a period's tables, bounded person by person while it streams by."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from core.database import Database
from insights.bound_many import Ints, Sums
from insights.cells import AGE_BANDS, Cells, Keys, Shop, merge
from insights.mechanism import MECHANISMS, WEEKLY
from insights.plan import StatisticsPlan
from insights.read_shops import read_shops
from insights.release_tables import Figures
from insights.released import TableName
from insights.stream_people import Rows, stream_people
from ledger.find_seq import find_seq
from ledger.regions import Region

_SESSION: Final = {
    "statement_timeout": "0", "work_mem": "64MB",
    "enable_nestloop": "off", "enable_mergejoin": "off", "jit": "off",
    "max_parallel_workers_per_gather": "0",
}  # fmt: skip
"""It reads all of a week once, in the order in which it lies there, and sorts on disk beyond that
memory. The planner would go shop by shop through an index, which is far slower."""
PARTS: Final = 2
"""People are read in so many parts at once, by the last byte of their ids, which is of chance: so
two processors work, and no process has to merge what the others sorted."""

# People who closed the account are in nothing that is released from then on; wallets of shops are
# of another kind. Whoever said nothing is no holder.
_PAYERS: Final = f"""
    SELECT w.holder_id, w.subject_id AS person,
           coalesce(array_position($4::text[], p.facts ->> 'age_band'), $5) - 1 AS band
      FROM ledger.holder w
      LEFT JOIN ledger.holder p
        ON p.region_id = $1 AND p.holder_id = w.subject_id AND p.kind = 'person'
     WHERE w.region_id = $1 AND w.kind = 'wallet' AND p.state IS DISTINCT FROM 'closed'
       AND get_byte(uuid_send(w.subject_id), 15) % {PARTS} = {{part}}
"""  # noqa: S608  (our own text)
_WEEK: Final = f"""
    SELECT payer.person, shop.place * $5 + payer.band AS cell,
           sum(CASE e.kind WHEN 'payment' THEN e.amount ELSE -e.amount END)::bigint,
           count(*) FILTER (WHERE e.kind = 'payment')::integer
      FROM ledger.entry e
      JOIN (SELECT s.store_id, s.place FROM unnest($6::uuid[], $7::integer[]) s (store_id, place)
           ) shop ON shop.store_id = e.other_id
      JOIN ({_PAYERS}) payer ON payer.holder_id = e.holder_id
     WHERE e.region_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.refusal IS NULL
       AND e.kind IN ('payment', 'refund', 'void')
     GROUP BY 1, 2
     ORDER BY 1
"""  # noqa: S608  (our own text)
# By weekday and hour on the region's clock. A top-up that came to a wallet by way of suspense
# counts when it came there. Rebates are points that campaigns granted, less what was taken back.
_QUARTER: Final = f"""
    SELECT payer.person,
           ((extract(isodow FROM e.business_date) - 1) * 24
            + extract(hour FROM e.at AT TIME ZONE $6))::integer AS cell,
           coalesce(sum(CASE e.kind WHEN 'payment' THEN e.amount ELSE -e.amount END)
                    FILTER (WHERE e.kind IN ('payment', 'refund', 'void')), 0)::bigint,
           coalesce(sum(CASE e.kind WHEN 'top_up.reversed' THEN -e.amount ELSE e.amount END)
                    FILTER (WHERE e.kind IN ('top_up', 'top_up.reversed', 'suspense.placed')),
                    0)::bigint,
           coalesce(sum((SELECT sum((g ->> 'points')::bigint)
                           FROM jsonb_array_elements(e.facts -> 'grants') g))
                    FILTER (WHERE e.kind IN ('payment', 'top_up', 'suspense.placed')), 0)::bigint
           - coalesce(sum((SELECT sum((c ->> 'points')::bigint)
                             FROM jsonb_array_elements(e.facts -> 'clawed_back') c))
                      FILTER (WHERE e.kind IN ('refund', 'void', 'top_up.reversed')), 0)::bigint,
           count(*) FILTER (WHERE e.kind = 'payment')::integer
      FROM ledger.entry e
      JOIN ({_PAYERS}) payer ON payer.holder_id = e.holder_id
     WHERE e.region_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.refusal IS NULL
       AND e.kind IN ('payment', 'refund', 'void', 'top_up', 'top_up.reversed', 'suspense.placed')
       AND (e.kind <> 'top_up' OR e.facts ->> 'outcome' = 'credited')
     GROUP BY 1, 2
     ORDER BY 1
"""  # noqa: S608  (our own text)


async def read_week(
    database: Database,
    region: Region,
    plan: StatisticsPlan,
    first_day: date,
    beat: Callable[[], None],
) -> dict[TableName, Figures]:
    """The three weekly tables of the week of this Monday, of which all entries have come."""
    region_id = region.region_id
    first, last = await _numbers(database, region_id, first_day, first_day + timedelta(days=6))
    connection = await database.connect_region(region_id)
    try:
        shops = await read_shops(connection, region_id, plan)
    finally:
        await connection.close()
    places = sorted({(each.area, each.district, each.category) for each in shops.values()})
    number = {each: place for place, each in enumerate(places)}
    tables = {name: _Table(name, plan, frozenset(shops.values()), places) for name in WEEKLY}

    def take(rows: Rows) -> None:
        beat()
        for table in tables.values():
            table.take(rows)

    of_shops = [number[each.area, each.district, each.category] for each in shops.values()]
    await _stream(
        database, _WEEK, region_id, first, last, list(AGE_BANDS), len(AGE_BANDS), list(shops),
        of_shops, measures=1, take=take,
    )  # fmt: skip
    return {name: table.figures() for name, table in tables.items()}


async def read_quarter(
    database: Database,
    region: Region,
    plan: StatisticsPlan,
    days: tuple[date, date],
    beat: Callable[[], None],
) -> dict[TableName, Figures]:
    """The patterns of thirteen weeks."""
    region_id = region.region_id
    first, last = await _numbers(database, region_id, *days)
    cells = merge("hour_weekday", plan, frozenset())
    names = MECHANISMS["hour_weekday"].amounts
    sums = Sums.empty(len(names), len(cells.keys))

    def take(rows: Rows) -> None:
        beat()
        sums.add(rows.person, rows.cell, rows.yen, rows.has_paid)

    await _stream(
        database, _QUARTER, region_id, first, last, list(AGE_BANDS), len(AGE_BANDS),
        region.zone.key, measures=len(names), take=take,
    )  # fmt: skip
    return {"hour_weekday": _figures(cells, names, sums)}


async def _stream(
    database: Database,
    query: str,
    region_id: int,
    *arguments: Any,
    measures: int,
    take: Callable[[Rows], None],
) -> None:
    """Stream all people, in parts at once; a part has whole people."""

    async def stream(part: int) -> None:
        connection = await database.connect_region(region_id, **_SESSION)
        try:
            await stream_people(
                connection, query.replace("{part}", str(part)), region_id, *arguments,
                measures=measures, take=take,
            )  # fmt: skip
        finally:
            await connection.close()

    parts = [asyncio.create_task(stream(part)) for part in range(PARTS)]
    try:
        await asyncio.gather(*parts)
    finally:
        for each in parts:  # where one fails, nobody waits for the others
            each.cancel()


class _Table:
    """One weekly table while people go by."""

    def __init__(
        self,
        name: TableName,
        plan: StatisticsPlan,
        shops: frozenset[Shop],
        places: Sequence[tuple[str, str, str]],
    ) -> None:
        self._names = MECHANISMS[name].amounts
        self._cells = merge(name, plan, shops)
        numbers = {keys: number for number, keys in enumerate(self._cells.keys)}
        end = self._cells.merged
        # By place and age band, which is how the stream numbers what people did.
        self._cell_of: Ints = np.array(
            [
                numbers[end.get(keys, keys)]
                for keys in (_keys(name, *place, band) for place in places for band in AGE_BANDS)
            ],
            np.int64,
        )
        self._sums = Sums.empty(len(self._names), len(self._cells.keys))

    def take(self, rows: Rows) -> None:
        """Add these people."""
        self._sums.add(rows.person, self._cell_of[rows.cell], rows.yen, rows.has_paid)

    def figures(self) -> Figures:
        """What all of them came to."""
        return _figures(self._cells, self._names, self._sums)


def _keys(name: TableName, area: str, district: str, trade: str, band: str) -> Keys:
    match name:
        case "area_category":
            return area, trade
        case "district":
            return (district,)
        case _:
            return area, band


def _figures(cells: Cells, names: Iterable[str], sums: Sums) -> Figures:
    amounts: Mapping[str, Sequence[int]] = {
        name: yen.tolist() for name, yen in zip(names, sums.yen, strict=True)
    }
    return Figures(cells, amounts, sums.payers_milli.tolist())


async def _numbers(
    database: Database, region_id: int, first_day: date, last_day: date
) -> tuple[int, int]:
    """The entries of these days are those numbered above the first and up to the last."""
    async with database.snapshot(region_id) as db:
        before = await find_seq(db, region_id, first_day - timedelta(days=1))
        return before, await find_seq(db, region_id, last_day)
