"""Compare rows beside the journal with each other: what they refer to is there, and all are.

References hold by themselves, unless somebody went past them, who may switch them off.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Check, asked

# Of what moves value the journal tells more than a reference does, and its tables are the largest.
_REFERENCES: Final = text("""
    SELECT format('%s refers to %s, which is not there (%s)', c.conrelid::regclass,
                  c.confrelid::regclass, c.conname) AS told,
           format('SELECT count(*) FROM %s o WHERE o.region_id = \\:region AND %s'
                  ' AND NOT EXISTS (SELECT FROM %s t WHERE %s)', c.conrelid::regclass,
                  string_agg(format('o.%I IS NOT NULL', a.attname), ' AND '),
                  c.confrelid::regclass,
                  string_agg(format('t.%I = o.%I', f.attname, a.attname), ' AND ')) AS query
      FROM pg_constraint c
     CROSS JOIN LATERAL unnest(c.conkey, c.confkey) k(own, others)
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
      JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.others
     WHERE c.contype = 'f' AND c.conparentid = 0
       AND c.connamespace::regnamespace::text IN ('access', 'campaigns', 'insights', 'merchants',
                                                  'notifications', 'residents')
       AND EXISTS (SELECT FROM pg_attribute r
                    WHERE r.attrelid = c.conrelid AND r.attname = 'region_id')
     GROUP BY c.oid, c.conrelid, c.confrelid, c.conname
     ORDER BY told
""")


async def _refer(session: AsyncSession, region: Region) -> list[str]:
    """One after the other, each by a join of two tables."""
    faults = []
    for told, query in (await session.execute(_REFERENCES)).all():
        many = (await session.execute(text(query), {"region": region.region_id})).scalar_one()
        if many:
            faults.append(f"{told}: {many}")
    return faults[:MOST_FAULTS]


_LINES: Final = """
    SELECT format('statement %s brought %s lines, and %s are there', s.statement_id,
                  s.lines - s.known_lines, coalesce(l.many, 0))
      FROM merchants.bank_statement s
      LEFT JOIN (SELECT statement_id, count(*) AS many FROM merchants.bank_line
                  WHERE region_id = :region GROUP BY statement_id) l USING (statement_id)
     WHERE s.region_id = :region AND s.lines - s.known_lines <> coalesce(l.many, 0)
     ORDER BY 1
"""

_PAPERS: Final = """
    SELECT format('papers (%s) are numbered up to %s, and %s are there', coalesce(c.kind, p.kind),
                  coalesce(c.last_number, 0), coalesce(p.many, 0))
      FROM (SELECT * FROM merchants.paper_counter WHERE region_id = :region) c
      FULL JOIN (SELECT kind, count(*) AS many FROM merchants.paper
                  WHERE region_id = :region GROUP BY kind) p ON p.kind = c.kind
     WHERE c.last_number IS DISTINCT FROM coalesce(p.many, 0)
    UNION ALL
    SELECT format('paper %s is not what its digest says', paper_id)
      FROM merchants.paper WHERE region_id = :region AND digest <> sha256(content)
     ORDER BY 1
"""

# Both follow from the journal (`HOLDERS`); lists and searches read the rows.
_SHOPS: Final = """
    SELECT format('merchant %s is told as %s, %s, %s', m.merchant_id, m.merchant_class,
                  m.category, m.area)
      FROM merchants.merchant m
      LEFT JOIN ledger.holder h ON h.region_id = :region AND h.holder_id = m.merchant_id
     WHERE m.region_id = :region
       AND (h.facts ->> 'merchant_class', h.facts ->> 'category', h.facts ->> 'area')
           IS DISTINCT FROM (m.merchant_class, m.category, m.area)
    UNION ALL
    SELECT format('store %s is told as %s of merchant %s', s.store_id, s.name, s.merchant_id)
      FROM merchants.store s
      LEFT JOIN ledger.holder h ON h.region_id = :region AND h.holder_id = s.store_id
     WHERE s.region_id = :region
       AND (h.facts ->> 'name', h.parent_id) IS DISTINCT FROM (s.name, s.merchant_id)
     ORDER BY 1
"""

_LISTED: Final = """
    SELECT format('list %s of benefit %s has %s lines, and the journal %s', h.facts ->> 'list_id',
                  h.holder_id, l.many, h.facts ->> 'lines')
      FROM ledger.holder h
     CROSS JOIN LATERAL (SELECT count(*) AS many FROM campaigns.benefit_line b
                          WHERE b.region_id = :region
                            AND b.list_id = (h.facts ->> 'list_id')::uuid) l
     WHERE h.region_id = :region AND h.kind = 'benefit' AND h.facts ? 'list_id'
       AND l.many <> (h.facts ->> 'lines')::bigint
     ORDER BY 1
"""

ROWS: Final[Mapping[str, Check]] = {
    "what a row refers to is there": _refer,
    "the lines that a statement brought are there": asked(_LINES),
    "papers are all there, and as they were issued": asked(_PAPERS),
    "merchants and stores are told as the journal has them": asked(_SHOPS),
    "a list in force has as many lines as were let in": asked(_LISTED),
}
