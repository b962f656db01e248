"""Add new sales up in the tables: each event once, with the number that the reader has reached."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from ledger.events import advance, lock_position, newest_seq
from ledger.regions import Region
from merchants.fold_sales import Rolled, fold
from merchants.read_sales import NAME, read_sales, read_visitors
from merchants.sale import MEASURES
from merchants.sales_tables import sales_customers, sales_day, sales_visitor

CHUNK: Final = 1_000
"""Events that one transaction adds."""
MOST_CHUNKS: Final = 20
"""Of one call, so that a long past keeps nothing else from its turn."""


async def roll_up_sales(
    database: Database,
    region: Region,
    beat: Callable[[], None],
    *,
    chunk: int = CHUNK,
    most_chunks: int = MOST_CHUNKS,
) -> int:
    """Add what is new in a region; how many events it was. Twice is once, also two at a time."""
    done = 0
    for _ in range(most_chunks):
        async with database.transaction(region.region_id) as db:
            added, is_all = await _add(db, region, chunk)
        done += added
        beat()
        if is_all:
            break
    return done


async def lock_reader(db: AsyncSession, region_id: int) -> int:
    """The number up to which sales are added up; nobody else adds any until this one commits."""
    return await lock_position(db, region_id, NAME)


async def _add(db: AsyncSession, region: Region, chunk: int) -> tuple[int, bool]:
    """How many events were added, and whether those were all."""
    region_id = region.region_id
    after = await lock_reader(db, region_id)
    newest = await newest_seq(db, region_id)
    if newest == after:
        return 0, True
    read = await read_sales(db, region, after, chunk)
    rolled = fold(read.sales, await read_visitors(db, region_id, read.sales))
    await _write(db, region_id, rolled)
    if read.closed:
        is_theirs = sales_visitor.c.person_id.in_(read.closed)
        await db.execute(
            delete(sales_visitor).where(sales_visitor.c.region_id == region_id, is_theirs)
        )
    is_all = read.events < chunk
    # Events may have come since `newest` was asked, and be among those that were read.
    await advance(db, region_id, NAME, max(newest, read.last_seq) if is_all else read.last_seq)
    return read.events, is_all


async def _write(db: AsyncSession, region_id: int, rolled: Rolled) -> None:
    """In the order of the keys. Each statement stands once, and is sent for all rows together."""
    days: list[dict[str, Any]] = [
        {"region_id": region_id, **key._asdict()} | {name: getattr(it, name) for name in MEASURES}
        for key, it in sorted(rolled.days.items())
    ]
    customers = [
        {"region_id": region_id, **key._asdict(), "customers": it.customers,
         "new_customers": it.new_customers}
        for key, it in sorted(rolled.customers.items())
    ]  # fmt: skip
    visitors = [
        {"region_id": region_id, "scope_id": scope, "person_id": person, "last_day": day}
        for (scope, person), day in sorted(rolled.visitors.items())
    ]
    for table, rows, summed in (
        (sales_day, days, MEASURES),
        (sales_customers, customers, ("customers", "new_customers")),
    ):
        row = insert(table)
        more = {name: table.c[name] + row.excluded[name] for name in summed}
        if rows:
            await db.execute(
                row.on_conflict_do_update(constraint=table.primary_key, set_=more), rows
            )
    row = insert(sales_visitor)
    if visitors:
        key, last = sales_visitor.primary_key, {"last_day": row.excluded.last_day}
        await db.execute(row.on_conflict_do_update(constraint=key, set_=last), visitors)
