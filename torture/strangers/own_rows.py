"""What the database holds of somebody: every row of every table that names one of the ids."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import asyncpg

from torture.judge.promise import Broken, Promise

_TABLES: Final = """
    SELECT c.oid::regclass::text, EXISTS (
               SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'region_id')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND n.nspname NOT IN ('pg_catalog', 'information_schema')
     ORDER BY 1
"""
PASSING: Final = frozenset(
    {
        *("access.challenge", "access.message"),
        *("merchants.sales_day", "merchants.sales_customers", "merchants.sales_visitor"),
    }
)
"""A guess takes one of a challenge's few tries, whoever makes it; the worker marks what it sent,
and adds up what was sold before.
"""

Rows = dict[str, Counter[str]]
"""By the table, as texts."""


async def rows_of(
    superuser: "asyncpg.Connection[Any]", region_ids: Sequence[int], ids: Iterable[str]
) -> Rows:
    """The rows of these regions in which one of these ids stands, table by table, as texts."""
    named = re.compile("|".join(map(re.escape, ids)))
    among = ", ".join(map(str, region_ids))
    found: Rows = {}
    for table, is_regional in await superuser.fetch(_TABLES):
        if table in PASSING:
            continue
        where = f" WHERE region_id IN ({among})" if is_regional else ""
        rows = await superuser.fetch(f"SELECT t::text FROM {table} t{where}")  # noqa: S608
        found[table] = Counter(row for [row] in rows if named.search(row))
    return found


def unchanged(name: str, before: Rows, after: Rows) -> Promise:
    """The promise that no row came, went or changed."""
    broken = Broken()
    for table in sorted(before):
        for row in before[table] - after[table]:
            broken.add(f"{table} had {row[:300]}")
        for row in after[table] - before[table]:
            broken.add(f"{table} has {row[:300]}")
    count = sum(rows.total() for rows in before.values())
    return broken.promise(name, f"{count:,} rows in {len(before)} tables")
