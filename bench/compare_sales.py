"""sales_month_vs_point: a month's page of a busy shop's sales, over one entry read by its id."""

from contextlib import AsyncExitStack
from datetime import date, timedelta
from random import Random
from time import perf_counter
from typing import Final
from uuid import UUID

from sqlalchemy import text

from bench.figures import Figure, Ratio, Result
from bench.filled import Filled
from bench.keep_history import HISTORY, SORTING_KB, kept_history
from bench.names import MERCHANT, STORE
from bench.pay_by_engine import pay_by_engine
from bench.rounds import Turn, take_turns
from bench.scale import ENGINE_CLIENTS, Scale
from bench.sides import Sides, judge, running_engine
from core.database import Database, allow
from ledger.events import advance, newest_seq
from ledger.statement import find_entry
from merchants.read_sales import NAME as READER
from merchants.recompute_sales import fill_merchant
from merchants.sales_figures import Asked, sales_figures

NAME: Final = "sales_month_vs_point"
NAMES: Final = (NAME,)
TARGET: Final = 10

_SIDE: Final = "sales"
_PAGE: Final = "pages of a busy shop's month"
_POINT: Final = "entries read by their ids"
_DAYS: Final = 30
_POINTS: Final = 1_000
_TAIL_SECONDS: Final = 0.2

# A history is of one business date. The shop's other days are as full as that one.
_SPREAD: Final = text("""
    INSERT INTO merchants.sales_day
    SELECT region_id, merchant_id, cut, day - past, store_id, part, payments, paid_yen, refunds,
           refunded_yen, voids, voided_yen, cashback_yen, cashback_taken_yen
      FROM merchants.sales_day CROSS JOIN generate_series(1, :days) past
     WHERE region_id = :region AND merchant_id = :merchant
""")
_SPREAD_CUSTOMERS: Final = text("""
    INSERT INTO merchants.sales_customers
    SELECT region_id, scope_id, grain, begins_on - past, customers, new_customers
      FROM merchants.sales_customers CROSS JOIN generate_series(1, :days) past
     WHERE region_id = :region AND scope_id = :merchant AND grain = 'day'
""")
_ADDED_UP: Final = text("SELECT sum(payments) FROM merchants.sales_day WHERE cut = 'all'")
_SOLD: Final = text("""
    SELECT count(*), sum(amount)::bigint,
           count(*) FILTER (WHERE seq > (SELECT seq FROM ledger.reader
                                          WHERE region_id = :region AND name = 'sales'))
      FROM ledger.entry
     WHERE region_id = :region AND other_id = :store AND kind = 'payment' AND refusal IS NULL
       AND business_date = :day
""")
_SOME: Final = text(
    "SELECT entry_id FROM ledger.entry WHERE region_id = :region AND seq = ANY(:seqs)"
)


async def compare_sales(sides: Sides, scale: Scale, result: Result) -> None:
    """On a copy of the kept history, in turns. Only the shop's own sales are added up first: what
    stands in the tables of others is in other ranges of them.
    """
    folder = sides.history or sides.ground.folder / "history"
    result.machine["history"] = str(folder)
    async with AsyncExitStack() as stack:
        ground, filled, _ = await stack.enter_async_context(
            kept_history(folder, scale, is_fresh=sides.is_fresh)
        )
        await ground.server.drop_database(_SIDE)
        stack.push_async_callback(ground.server.drop_database, _SIDE)
        await ground.copy(HISTORY, _SIDE)
        await ground.settle()
        database = Database(ground.server.app_url(_SIDE))
        stack.push_async_callback(database.close)
        async with ground.parameters(work_mem=SORTING_KB):
            figures_a_second = await _add_up(database, filled)
        engine = await stack.enter_async_context(running_engine(ground, _SIDE, filled))
        await pay_by_engine(engine, filled, ENGINE_CLIENTS, _TAIL_SECONDS)
        shop = await _Shop.of(database, filled)
        await ground.execute(_SIDE, "VACUUM (ANALYZE)")
        turns = [
            Turn(_PAGE, 1, lambda: shop.pages_a_second(scale.seconds)),
            Turn(_POINT, 1, lambda: shop.points_a_second(scale.seconds)),
        ]
        for turn in turns:
            await turn.measure()
        figures = await take_turns(turns, scale.rounds)
        await judge(ground, _SIDE, filled, result)
    rebuilt = Figure("payments of the shop added up from the postings", 1, (figures_a_second,))
    result.figures += [*figures.values(), rebuilt]
    page, point = (figures[name, 1].per_second for name in (_PAGE, _POINT))
    result.ratios.append(
        Ratio(
            NAME,
            point / page,
            TARGET,
            f"the time of a month's sales by day, beside the month before, of the busiest shop of "
            f"{scale.past_payments:,} payments, {shop.tail:,} of its sales not added up yet, over "
            "that of one entry by its id; both in a snapshot of their own",
            "four statements instead of one, and the tail, which is added up in Python",
            is_ceiling=True,
        )
    )


async def _add_up(database: Database, filled: Filled) -> float:
    """Add up what the busiest shop has sold so far; how many payments a second that was."""
    region = filled.region
    async with database.transaction(region.region_id) as db:
        await allow(db, None)
        seq = await newest_seq(db, region.region_id)
        started = perf_counter()
        await fill_merchant(db, region, filled.names.name(MERCHANT, 0), seq)
        elapsed_s = perf_counter() - started
        await advance(db, region.region_id, READER, seq)
        sold = await db.execute(
            text("SELECT sum(payments) FROM merchants.sales_day WHERE cut = 'all'")
        )
    return int(sold.scalar_one()) / elapsed_s


class _Shop:
    """The shop that is visited most, in a region that has begun to sell again."""

    def __init__(self, database: Database, filled: Filled, today: date) -> None:
        self.tail = 0
        self._database = database
        self._region = filled.region
        self._asked = Asked(
            merchant_id=filled.names.name(MERCHANT, 0),
            stores=None,
            by="day",
            from_day=today - timedelta(days=_DAYS - 1),
            to_day=today,
            shift=_DAYS,
            today=today,
        )
        self._points: list[UUID] = []

    @classmethod
    async def of(cls, database: Database, filled: Filled) -> "_Shop":
        """With its other days. What its page says of today is what its entries come to."""
        region_id = filled.region.region_id
        today = filled.region.day_of((await database.clock()).now())
        shop = cls(database, filled, today)
        async with database.transaction(region_id) as db:
            values = {
                "region": region_id,
                "merchant": shop._asked.merchant_id,
                "days": 2 * _DAYS - 1,
            }
            before = (await sales_figures(db, filled.region, shop._asked)).total.figures
            await db.execute(_SPREAD, values)
            await db.execute(_SPREAD_CUSTOMERS, values)
            store_id = filled.names.name(STORE, 0)
            sold = {"region": region_id, "store": store_id, "day": today}
            payments, paid_yen, shop.tail = (await db.execute(_SOLD, sold)).one()
            assert (before.payments, before.paid_yen) == (payments, paid_yen), "nothing is missing"
            seqs = Random(1).sample(range(1, payments), min(_POINTS, payments - 1))
            some = await db.execute(_SOME, {"region": region_id, "seqs": seqs})
            shop._points = [UUID(int=name.int) for name in some.scalars()]
        return shop

    async def pages_a_second(self, seconds: float) -> float:
        """One after the other."""
        started, done = perf_counter(), 0
        while perf_counter() - started < seconds:
            async with self._database.snapshot(self._region.region_id) as session:
                found = await sales_figures(session, self._region, self._asked)
            assert len(found.pieces) == _DAYS
            done += 1
        return done / (perf_counter() - started)

    async def points_a_second(self, seconds: float) -> float:
        """One after the other, each of another entry."""
        started, done = perf_counter(), 0
        while perf_counter() - started < seconds:
            entry_id = self._points[done % len(self._points)]
            async with self._database.snapshot(self._region.region_id) as session:
                assert await find_entry(session, self._region.region_id, entry_id) is not None
            done += 1
        return done / (perf_counter() - started)
