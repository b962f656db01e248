"""Recompute what sales come to from the postings: to prove the tables, and to make them anew.

It shares nothing with merchants/fold_sales.py: what the one gets wrong, the other tells.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Table, delete, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database, allow
from ledger.events import advance, newest_seq, position
from ledger.regions import Region
from merchants.read_sales import NAME
from merchants.roll_up_sales import lock_reader
from merchants.sale import MEASURES
from merchants.sales_tables import sales_customers, sales_day, sales_visitor
from merchants.tables import merchant

AT_ONCE: Final = 500
"""Merchants whose ids are read at once."""

Progress = Callable[[str, int], None]
"""Hears the region's code, and how many merchants are done."""

# What went to the shop and came back to wallets is asked of the postings. Which campaign it was of
# is not there: an entry of several campaigns credits one account of cashback.
_SALE: Final = """
    SELECT e.seq, e.kind, e.business_date AS day, e.other_id AS store_id,
           extract(hour FROM e.at AT TIME ZONE :zone)::integer AS hour,
           coalesce(e.facts ->> 'terminal', paid.facts ->> 'terminal', '') AS terminal,
           coalesce(substring(e.actor FROM '^merchant:(.*)$'), '') AS clerk,
           e.facts -> CASE e.kind WHEN 'payment' THEN 'grants' ELSE 'clawed_back' END AS campaigns,
           moved.*
      FROM merchants.store s
      JOIN ledger.entry e ON e.region_id = :region AND e.other_id = s.store_id
      LEFT JOIN ledger.entry paid ON paid.region_id = :region AND paid.entry_id = e.refers_to
     CROSS JOIN LATERAL (
           SELECT coalesce(CASE WHEN e.kind = 'payment'
                       THEN sum(p.amount) FILTER (WHERE NOT p.is_debit AND a.kind = 'payable')
                       ELSE sum(p.amount) FILTER (WHERE NOT p.is_debit AND a.value IS NOT NULL)
                  END, 0) AS yen,
                  coalesce(sum(p.amount) FILTER (
                      WHERE CASE WHEN e.kind = 'payment' THEN NOT p.is_debit AND a.kind = 'cashback'
                                 ELSE p.is_debit AND (a.kind = 'cashback'
                                      OR a.kind = 'merchant_receivable'
                                         AND a.source_id IS NOT NULL) END), 0) AS cashback_yen
             FROM ledger.posting p
             JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
            WHERE p.region_id = :region AND p.entry_id = e.entry_id) moved
     WHERE s.region_id = :region AND s.merchant_id = :merchant
       AND e.kind IN ('payment', 'refund', 'void') AND e.refusal IS NULL AND e.seq <= :seq
"""
_SUMS: Final = """
    count(*) FILTER (WHERE kind = 'payment') AS payments,
    coalesce(sum(yen) FILTER (WHERE kind = 'payment'), 0)::bigint AS paid_yen,
    count(*) FILTER (WHERE kind = 'refund') AS refunds,
    coalesce(sum(yen) FILTER (WHERE kind = 'refund'), 0)::bigint AS refunded_yen,
    count(*) FILTER (WHERE kind = 'void') AS voids,
    coalesce(sum(yen) FILTER (WHERE kind = 'void'), 0)::bigint AS voided_yen,
    coalesce(sum(part_yen) FILTER (WHERE kind = 'payment'), 0)::bigint AS cashback_yen,
    coalesce(sum(part_yen) FILTER (WHERE kind <> 'payment'), 0)::bigint AS cashback_taken_yen
"""
_DAYS: Final = f"""
    WITH sale AS MATERIALIZED ({_SALE})
    SELECT CAST(:region AS integer) AS region_id, CAST(:merchant AS uuid) AS merchant_id, cut, day,
           store_id, part, {_SUMS}
      FROM sale
     CROSS JOIN LATERAL (
           SELECT 'all' AS cut, '' AS part, cashback_yen AS part_yen
            UNION ALL SELECT 'hour', lpad(hour::text, 2, '0'), cashback_yen
            UNION ALL SELECT 'terminal', terminal, cashback_yen
            UNION ALL SELECT 'clerk', clerk, cashback_yen WHERE kind <> 'payment'
            UNION ALL SELECT 'campaign', c ->> 'campaign_id', (c ->> 'cashback_yen')::bigint
                        FROM jsonb_array_elements(campaigns) c
                       WHERE (c ->> 'cashback_yen')::bigint > 0) counted
     GROUP BY cut, day, store_id, part
"""  # noqa: S608  (our own texts)
_VISIT: Final = """
    SELECT scope.scope_id, w.subject_id AS person_id, e.business_date AS day
      FROM merchants.store s
      JOIN ledger.entry e ON e.region_id = :region AND e.other_id = s.store_id
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = e.holder_id
     CROSS JOIN LATERAL (VALUES (s.merchant_id), (s.store_id)) AS scope (scope_id)
     WHERE s.region_id = :region AND s.merchant_id = :merchant
       AND e.kind = 'payment' AND e.refusal IS NULL AND e.seq <= :seq
     GROUP BY scope.scope_id, w.subject_id, e.business_date
"""
_CUSTOMERS: Final = f"""
    SELECT CAST(:region AS integer) AS region_id, scope_id, grain, begins_on,
           count(DISTINCT person_id) AS customers,
           count(DISTINCT person_id) FILTER (WHERE begins_on = first_begins_on) AS new_customers
      FROM (SELECT v.scope_id, v.person_id, g.grain,
                   date_trunc(g.grain, v.day::timestamp)::date AS begins_on,
                   date_trunc(g.grain, v.first_day::timestamp)::date AS first_begins_on
              FROM (SELECT visit.*, min(day) OVER (PARTITION BY scope_id, person_id) AS first_day
                      FROM ({_VISIT}) visit) v
             CROSS JOIN (VALUES ('day'), ('week'), ('month')) AS g (grain)) periods
     GROUP BY scope_id, grain, begins_on
"""  # noqa: S608
_VISITORS: Final = f"""
    SELECT CAST(:region AS integer) AS region_id, scope_id, person_id, max(day) AS last_day
      FROM ({_VISIT}) visit
     WHERE NOT EXISTS (
           SELECT FROM ledger.entry c
            WHERE c.region_id = :region AND c.holder_id = visit.person_id
              AND c.kind = 'person.closed' AND c.refusal IS NULL AND c.seq <= :seq)
     GROUP BY scope_id, person_id
"""  # noqa: S608

_OF_MERCHANT: Final = "merchant_id = :merchant"
_OF_SCOPES: Final = """
    (scope_id = :merchant OR scope_id IN (SELECT store_id FROM merchants.store
      WHERE region_id = :region AND merchant_id = :merchant))
"""


@dataclass(frozen=True, slots=True)
class _Proof:
    """A table, the query that says what it has to hold of a merchant, and which of its rows."""

    table: Table
    recomputed: str
    whose: str
    measures: tuple[str, ...]

    def difference(self) -> str:
        """The first row that is there and should not, the other way round, or that differs."""
        key = [column.name for column in self.table.primary_key.columns]
        stored = ", ".join(f"stored.{name}" for name in self.measures)
        wanted = ", ".join(f"wanted.{name}" for name in self.measures)
        named = ", ".join(f"'{name} ' || {name}" for name in key if name != "region_id")
        return f"""
            SELECT concat_ws(', ', {named}) || ': stored ' || row({stored})::text
                   || ', by the postings ' || row({wanted})::text
              FROM ({self.recomputed}) wanted
              FULL JOIN (SELECT * FROM {self.table.fullname}
                          WHERE region_id = :region AND {self.whose}) stored
             USING ({", ".join(key)})
             WHERE row({stored}) IS DISTINCT FROM row({wanted})
             ORDER BY {", ".join(key)}
             LIMIT 1
        """  # noqa: S608

    def filling(self) -> str:
        """Put in what has to be there."""
        columns = ", ".join(column.name for column in self.table.columns)
        return (
            f"INSERT INTO {self.table.fullname} ({columns})"  # noqa: S608
            f" SELECT {columns} FROM ({self.recomputed}) wanted"
        )


_PROOFS: Final = (
    _Proof(sales_day, _DAYS, _OF_MERCHANT, MEASURES),
    _Proof(sales_customers, _CUSTOMERS, _OF_SCOPES, ("customers", "new_customers")),
    _Proof(sales_visitor, _VISITORS, _OF_SCOPES, ("last_day",)),
)
_DIFFERENCES: Final = tuple(text(proof.difference()) for proof in _PROOFS)
_FILLINGS: Final = tuple(text(proof.filling()) for proof in _PROOFS)


async def differences(
    session: AsyncSession, region: Region, progress: Progress = lambda *_: None
) -> list[str]:
    """Where the tables are not what the postings come to: of each merchant and table the first."""
    await allow(session, None)
    seq = await position(session, region.region_id, NAME)
    found: list[str] = []
    done = 0
    if seq == 0 and await _are_empty(session, region.region_id):
        return found
    async for merchant_id in _merchants(session, region.region_id):
        asked = _asked(region, merchant_id, seq)
        for proof, statement in zip(_PROOFS, _DIFFERENCES, strict=True):
            places = (await session.execute(statement, asked)).scalars()
            found += [f"{proof.table.fullname}: {place}" for place in places]
        done += 1
        progress(region.code, done)
    return found


async def _are_empty(session: AsyncSession, region_id: int) -> bool:
    """Whether no row is there, as it must be before anything was added up."""
    rows = (
        exists().select_from(proof.table).where(proof.table.c.region_id == region_id)
        for proof in _PROOFS
    )
    return not await session.scalar(select(or_(*rows)))


async def rebuild_sales(
    database: Database, region: Region, progress: Progress = lambda *_: None
) -> int:
    """Make the tables of a region anew from the postings; returns the number that they reach.

    One transaction: pages have the old figures until it commits, and payments do not wait for it.
    PostgreSQL sorts a merchant at a time, and nothing of it passes through this process.
    """
    async with database.transaction(region.region_id) as db:
        await allow(db, None)
        await lock_reader(db, region.region_id)
        seq = await newest_seq(db, region.region_id)
        for proof in _PROOFS:
            await db.execute(delete(proof.table).where(proof.table.c.region_id == region.region_id))
        done = 0
        async for merchant_id in _merchants(db, region.region_id):
            await fill_merchant(db, region, merchant_id, seq)
            done += 1
            progress(region.code, done)
        await advance(db, region.region_id, NAME, seq)
    return seq


async def fill_merchant(session: AsyncSession, region: Region, merchant_id: UUID, seq: int) -> None:
    """Put in what one merchant sold until an entry; nothing of it may stand there yet."""
    for statement in _FILLINGS:
        await session.execute(statement, _asked(region, merchant_id, seq))


def _asked(region: Region, merchant_id: UUID, seq: int) -> dict[str, object]:
    return {
        "region": region.region_id,
        "merchant": merchant_id,
        "seq": seq,
        "zone": region.zone.key,
    }


async def _merchants(session: AsyncSession, region_id: int) -> AsyncIterator[UUID]:
    last: UUID | None = None
    while True:
        query = select(merchant.c.merchant_id).where(merchant.c.region_id == region_id)
        if last is not None:
            query = query.where(merchant.c.merchant_id > last)
        ids = list(await session.scalars(query.order_by(merchant.c.merchant_id).limit(AT_ONCE)))
        for merchant_id in ids:
            yield merchant_id
        if len(ids) < AT_ONCE:
            return
        last = ids[-1]
