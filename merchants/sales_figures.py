"""What a merchant sold over some days, in pieces, beside the days before: tables and tail."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem, problem
from ledger.regions import Region
from merchants.fold_sales import GRAINS, DayKey, PeriodKey, Rolled, begin_of, fold
from merchants.read_sales import NAME, read_sales_of, read_visitors
from merchants.sale import MEASURES, Customers, Cut, Figures, Grain

SALES_BEHIND: Final = problem(
    "sales-behind", 503, "Sales are still being added up; nothing is missing."
)
LONGEST_TAIL: Final = 10_000
"""Sales of one merchant that a page adds up by itself."""
CATCH_UP_S: Final = 30

By = Literal["day", "week", "month", "weekday", "hour", "store", "terminal", "clerk", "campaign"]

_CUTS: Final[Mapping[By, Cut]] = {
    "hour": "hour", "terminal": "terminal", "clerk": "clerk", "campaign": "campaign"
}  # fmt: skip
"""Everything else divides whole days."""
_KEYS: Final[Mapping[By, str]] = {
    "day": "on_day::text",
    "week": "date_trunc('week', on_day::timestamp)::date::text",
    "month": "date_trunc('month', on_day::timestamp)::date::text",
    "weekday": "extract(isodow FROM on_day)::text",
    "hour": "part",
    "store": "store_id::text",
    "terminal": "store_id::text || ' ' || part",
    "clerk": "part",
    "campaign": "part",
}

_READ: Final = text("""
    SELECT h.seq AS newest, coalesce(r.seq, 0) AS reached
      FROM ledger.head h
      LEFT JOIN ledger.reader r ON r.region_id = h.region_id AND r.name = :name
     WHERE h.region_id = :region
""")
_SUMS: Final = ", ".join(f"sum({name})::bigint AS {name}" for name in MEASURES)
# Days before are moved to where they are compared: day 1 of them to the first day, and so on.
_PIECES: Final = {
    by: text(f"""
        SELECT is_before, {key} AS key, {_SUMS}
          FROM (SELECT *, day < :from_day AS is_before,
                       CASE WHEN day < :from_day THEN day + CAST(:shift AS integer)
                            ELSE day END AS on_day
                  FROM merchants.sales_day
                 WHERE region_id = :region AND merchant_id = :merchant AND cut = :cut
                   AND day BETWEEN :before_day AND :to_day
                   AND (CAST(:stores AS uuid[]) IS NULL OR store_id = ANY(:stores))) d
         WHERE on_day BETWEEN :from_day AND :to_day
         GROUP BY 1, 2
    """)  # noqa: S608  (our own texts)
    for by, key in _KEYS.items()
}
_CUSTOMERS: Final = text("""
    SELECT scope_id, grain, begins_on, customers, new_customers
      FROM merchants.sales_customers
     WHERE region_id = :region AND scope_id = ANY(:scopes) AND grain = ANY(:grains)
       AND begins_on BETWEEN :before_day AND :to_day
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants to see, of which merchant and stores."""

    merchant_id: UUID
    stores: frozenset[UUID] | None
    """None for all of the merchant's."""
    by: By
    from_day: date
    to_day: date
    shift: int
    """How many days before those lie with which each day is compared; at least as many as asked."""
    today: date

    @property
    def scope_id(self) -> UUID | None:
        """At what customers are counted: nobody has counted them at some of the stores."""
        if self.stores is None:
            return self.merchant_id
        return next(iter(self.stores)) if len(self.stores) == 1 else None

    def placed(self, day: date) -> tuple[bool, date] | None:
        """Whether a day is of those before, and where it is compared; None for any other."""
        is_before = day < self.from_day
        on_day = day + timedelta(days=self.shift) if is_before else day
        return (is_before, on_day) if self.from_day <= on_day <= self.to_day else None


@dataclass(slots=True)
class Piece:
    """One day, till or whatever was asked for; and the same of the days before."""

    figures: Figures = field(default_factory=Figures)
    before: Figures = field(default_factory=Figures)
    customers: Customers | None = None
    """None where people were not counted."""


@dataclass(frozen=True, slots=True)
class SalesFigures:
    """All pieces by their keys, and the whole."""

    seq: int
    """The newest entry of the region: all until then is counted."""
    total: Piece
    new_customers: int | None
    """Over all days asked for, whose first payment ever it was; None for some of the stores."""
    pieces: dict[str, Piece]


async def sales_figures(
    session: AsyncSession, region: Region, asked: Asked, *, longest_tail: int = LONGEST_TAIL
) -> SalesFigures:
    """Up to the newest entry of the snapshot. Raises sales-behind where the tail is too long."""
    row = (await session.execute(_READ, {"region": region.region_id, "name": NAME})).one()
    tail = Rolled()
    if row.newest > row.reached:
        tail = await _tail(session, region, asked, row.reached, longest_tail)
    pieces = await _pieces(session, region, asked, asked.by, tail)
    total = Piece()
    # Not everything that was sold has a campaign, or was given back by somebody.
    whole = pieces
    if asked.by in ("clerk", "campaign"):
        whole = await _pieces(session, region, asked, "month", tail)
    for piece in whole.values():
        total.figures.add(piece.figures)
        total.before.add(piece.before)
    counted = await _customers(session, region, asked, tail)
    total.customers = _of_span(asked, counted, asked.scope_id)
    for key, piece in pieces.items():
        piece.customers = _of_piece(asked, counted, key)
    return SalesFigures(row.newest, total, _new_ones(asked, counted), pieces)


async def _tail(
    session: AsyncSession, region: Region, asked: Asked, reached: int, longest: int
) -> Rolled:
    sales = await read_sales_of(
        session, region, asked.merchant_id, asked.stores, reached, longest + 1
    )
    if len(sales) > longest:
        raise Problem(SALES_BEHIND, retry_after=CATCH_UP_S)
    return fold(sales, await read_visitors(session, region.region_id, sales))


async def _pieces(
    session: AsyncSession, region: Region, asked: Asked, by: By, tail: Rolled
) -> dict[str, Piece]:
    cut = _CUTS.get(by, "all")
    rows = await session.execute(
        _PIECES[by],
        {
            "region": region.region_id, "merchant": asked.merchant_id, "cut": cut,
            "from_day": asked.from_day, "to_day": asked.to_day, "shift": asked.shift,
            "before_day": asked.from_day - timedelta(days=asked.shift),
            "stores": None if asked.stores is None else sorted(asked.stores),
        },
    )  # fmt: skip
    pieces: defaultdict[str, Piece] = defaultdict(Piece)
    for is_before, key, *sums in rows:
        _side(pieces[key], is_before=is_before).add(Figures(*sums))
    for day_key, figures in tail.days.items():
        place = asked.placed(day_key.day)
        if day_key.cut == cut and place is not None:
            piece = pieces[_key(by, day_key, place[1])]
            _side(piece, is_before=place[0]).add(figures)
    return dict(sorted(pieces.items()))


def _side(piece: Piece, *, is_before: bool) -> Figures:
    return piece.before if is_before else piece.figures


def _key(by: By, key: DayKey, on_day: date) -> str:
    """The same as `_KEYS` says in SQL."""
    if by in ("day", "week", "month"):
        return begin_of(by, on_day).isoformat()
    if by == "weekday":
        return str(on_day.isoweekday())
    if by == "store":
        return str(key.store_id)
    return f"{key.store_id} {key.part}" if by == "terminal" else key.part


async def _customers(
    session: AsyncSession, region: Region, asked: Asked, tail: Rolled
) -> Mapping[PeriodKey, Customers]:
    """What was counted in the days asked for, and in the periods that they are part of."""
    scopes: Sequence[UUID] = [] if asked.scope_id is None else [asked.scope_id]
    grains = {"day", _span_of(asked) or "day"} | ({asked.by} & set(GRAINS))
    counted: defaultdict[PeriodKey, Customers] = defaultdict(Customers)
    values: dict[str, Any] = {
        "region": region.region_id, "scopes": list(scopes), "grains": sorted(grains),
        "before_day": asked.from_day, "to_day": asked.to_day,
    }  # fmt: skip
    if scopes:
        for scope_id, grain, begins_on, *numbers in await session.execute(_CUSTOMERS, values):
            counted[PeriodKey(scope_id, grain, begins_on)].add(Customers(*numbers))
    for key, they in tail.customers.items():
        counted[key].add(they)
    return counted


def _span_of(asked: Asked) -> Grain | None:
    """The one day, week or month that was asked for: whole, or as far as it has come."""
    for grain in GRAINS:
        if begin_of(grain, asked.from_day) == asked.from_day and _is_to_its_end(
            grain, asked.from_day, asked
        ):
            return grain
    return None


def _is_to_its_end(grain: Grain, begins_on: date, asked: Asked) -> bool:
    """Whether a period ends with the days asked for, or has not come further than they go."""
    next_day = asked.to_day + timedelta(days=1)
    if begin_of(grain, asked.to_day) != begins_on:
        return False
    return begin_of(grain, next_day) == next_day or asked.to_day >= asked.today


def _of_span(
    asked: Asked, counted: Mapping[PeriodKey, Customers], scope_id: UUID | None
) -> Customers | None:
    span = _span_of(asked)
    if span is None or scope_id is None:
        return None
    return counted.get(PeriodKey(scope_id, span, asked.from_day)) or Customers()


def _of_piece(asked: Asked, counted: Mapping[PeriodKey, Customers], key: str) -> Customers | None:
    """Of a day; and of a week or month that lies within the days asked for."""
    if asked.by not in GRAINS or asked.scope_id is None:
        return None
    begins_on = date.fromisoformat(key)
    ends_on = _last_day(asked.by, begins_on)
    if begins_on < asked.from_day or min(ends_on, asked.today) > asked.to_day:
        return None
    return counted.get(PeriodKey(asked.scope_id, asked.by, begins_on)) or Customers()


def _last_day(grain: Grain, begins_on: date) -> date:
    if grain == "day":
        return begins_on
    later = begins_on + timedelta(days=7 if grain == "week" else 31)
    return begin_of(grain, later) - timedelta(days=1)


def _new_ones(asked: Asked, counted: Mapping[PeriodKey, Customers]) -> int | None:
    """Everybody is new on one day only, so days add up."""
    if asked.scope_id is None:
        return None
    return sum(
        they.new_customers
        for key, they in counted.items()
        if (key.scope_id, key.grain) == (asked.scope_id, "day")
        and asked.from_day <= key.begins_on <= asked.to_day
    )
