"""Read sales from the events of a region: in their order, from a number on."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.regions import Region
from merchants.fold_sales import Visitors
from merchants.sale import KINDS, Sale

NAME: Final = "sales"
"""The durable reader that has added up all sales until its number."""
CLOSED: Final = "person.closed"

_COLUMNS: Final = """
    SELECT e.seq, e.at, e.business_date, e.kind, e.amount, e.actor, e.holder_id, e.other_id,
           store.parent_id AS merchant_id, wallet.subject_id AS person_id,
           coalesce(e.facts ->> 'terminal', paid.facts ->> 'terminal', '') AS terminal,
           (SELECT jsonb_agg(jsonb_build_array(c -> 'campaign_id', c -> 'cashback_yen'))
              FROM jsonb_array_elements(e.facts -> CASE e.kind WHEN 'payment' THEN 'grants'
                                                               ELSE 'clawed_back' END) c
             WHERE (c ->> 'cashback_yen')::bigint > 0) AS cashbacks
      FROM ledger.event e
      LEFT JOIN ledger.holder store
        ON store.region_id = :region AND store.holder_id = e.other_id
      LEFT JOIN ledger.holder wallet
        ON wallet.region_id = :region AND wallet.holder_id = e.holder_id
      LEFT JOIN ledger.entry paid
        ON paid.region_id = :region AND paid.entry_id = e.refers_to
     WHERE e.region_id = :region AND e.seq > :after
"""
_NEXT: Final = text(f"{_COLUMNS} AND e.kind = ANY(:kinds) ORDER BY e.seq LIMIT :limit")
_OF_MERCHANT: Final = text(f"""
    {_COLUMNS} AND e.kind = ANY(:kinds)
       AND e.other_id IN (SELECT s.store_id FROM merchants.store s
                           WHERE s.region_id = :region AND s.merchant_id = :merchant
                             AND (CAST(:stores AS uuid[]) IS NULL OR s.store_id = ANY(:stores)))
     ORDER BY e.seq LIMIT :limit
""")  # noqa: S608  (our own text)
_VISITORS: Final = text("""
    SELECT v.scope_id, v.person_id, v.last_day
      FROM merchants.sales_visitor v
      JOIN unnest(CAST(:scopes AS uuid[]), CAST(:people AS uuid[])) AS asked (scope_id, person_id)
        ON v.scope_id = asked.scope_id AND v.person_id = asked.person_id
     WHERE v.region_id = :region
""")


@dataclass(frozen=True, slots=True)
class Read:
    """Some of a region's events: the sales among them, and who closed the account."""

    sales: list[Sale]
    closed: list[UUID]
    events: int
    last_seq: int
    """Of the last event; 0 where there is none."""


async def read_sales(session: AsyncSession, region: Region, after: int, limit: int) -> Read:
    """At most `limit` sales and closings of accounts numbered above `after`, of all merchants."""
    rows = await session.execute(
        _NEXT,
        {
            "region": region.region_id, "after": after, "limit": limit, "kinds": [*KINDS, CLOSED],
        },
    )  # fmt: skip
    found = rows.all()
    return Read(
        [_sale(region, row) for row in found if row.kind != CLOSED],
        [row.holder_id for row in found if row.kind == CLOSED],
        len(found),
        found[-1].seq if found else 0,
    )


async def read_sales_of(
    session: AsyncSession,
    region: Region,
    merchant_id: UUID,
    stores: Collection[UUID] | None,
    after: int,
    limit: int,
) -> list[Sale]:
    """At most `limit` sales of a merchant numbered above `after`, in order; of all its stores
    unless some are named.
    """
    rows = await session.execute(
        _OF_MERCHANT,
        {
            "region": region.region_id, "after": after, "limit": limit, "merchant": merchant_id,
            "kinds": list(KINDS), "stores": None if stores is None else sorted(stores),
        },
    )  # fmt: skip
    return [_sale(region, row) for row in rows]


async def read_visitors(session: AsyncSession, region_id: int, sales: Collection[Sale]) -> Visitors:
    """When those who pay in these sales had paid last, as the tables have it."""
    asked = sorted(
        {
            (scope_id, sale.person_id)
            for sale in sales
            if sale.kind == "payment"
            for scope_id in (sale.merchant_id, sale.store_id)
        }
    )
    if not asked:
        return {}
    scopes, people = zip(*asked, strict=True)
    rows = await session.execute(
        _VISITORS, {"region": region_id, "scopes": list(scopes), "people": list(people)}
    )
    return {(row.scope_id, row.person_id): row.last_day for row in rows}


def _sale(region: Region, row: Any) -> Sale:
    return Sale(
        day=row.business_date,
        hour=row.at.astimezone(region.zone).hour,
        kind=row.kind,
        merchant_id=row.merchant_id,
        store_id=row.other_id,
        person_id=row.person_id,
        amount_yen=row.amount,
        terminal=row.terminal,
        clerk=clerk_of(row.kind, row.actor),
        cashbacks=tuple((UUID(campaign), yen) for campaign, yen in row.cashbacks or ()),
    )


def clerk_of(kind: str, actor: str) -> str:
    """The id of the staff, terminal or till's program that gave a payment back."""
    face, _, name = actor.partition(":")
    return name if kind != "payment" and face == "merchant" else ""
