"""What the database holds of somebody: every row of every table that names one of the ids."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import asyncpg

_TABLES: Final = """
    SELECT c.oid::regclass::text, EXISTS (
               SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'region_id')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND n.nspname NOT IN ('pg_catalog', 'information_schema')
     ORDER BY 1
"""
PASSING: Final = frozenset({"access.challenge", "access.message"})
"""A guess takes one of a challenge's few tries, whoever makes it; the worker marks what it sent."""

Kept = dict[str, Counter[str]]


async def kept_of(
    superuser: "asyncpg.Connection[Any]", region_ids: Sequence[int], ids: Iterable[str]
) -> Kept:
    """The rows of these regions in which one of these ids stands, table by table, as texts."""
    named = re.compile("|".join(map(re.escape, ids)))
    among = ", ".join(map(str, region_ids))
    found: Kept = {}
    for table, is_regional in await superuser.fetch(_TABLES):
        if table in PASSING:
            continue
        where = f" WHERE region_id IN ({among})" if is_regional else ""
        rows = await superuser.fetch(f"SELECT t::text FROM {table} t{where}")  # noqa: S608
        found[table] = Counter(row for [row] in rows if named.search(row))
    return found


def differences(before: Kept, after: Kept) -> list[str]:
    """What came, went or changed; nothing where all is as it was."""
    told = []
    for table in sorted(before):
        told += [f"{table} had {row[:300]}" for row in before[table] - after[table]]
        told += [f"{table} has {row[:300]}" for row in after[table] - before[table]]
    return told
