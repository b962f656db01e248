"""Read what leaves are made of: entries by their numbers, with their postings and holders."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, Protocol

import asyncpg
import orjson

from core.database import Connection


class Row(Protocol):
    """A row of the database, or a dict that says the same."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


_REGION: Final = "SELECT code, zone, opened_at FROM ledger.region WHERE region_id = $1"
_ENTRIES: Final = """
    SELECT e.entry_id::text, e.seq, e.at, e.business_date::text, e.kind, e.actor,
           e.holder_id::text, e.other_id::text, e.refers_to::text, e.amount, e.refusal,
           e.fingerprint, e.facts::text, h.kind AS holder_kind,
           h.parent_id::text AS holder_parent, h.subject_id::text AS holder_subject,
           o.kind AS other_kind, o.parent_id::text AS other_parent,
           o.subject_id::text AS other_subject
      FROM ledger.entry e
      LEFT JOIN ledger.holder h ON h.region_id = $1 AND h.holder_id = e.holder_id
      LEFT JOIN ledger.holder o ON o.region_id = $1 AND o.holder_id = e.other_id
     WHERE e.region_id = $1 AND e.seq BETWEEN $2 AND $3
     ORDER BY e.seq, e.entry_id
"""
_POSTINGS: Final = """
    SELECT p.entry_id::text, p.line, p.seq, p.account_no, p.is_debit, p.amount, p.version,
           p.balance_after, a.holder_id::text, a.kind, a.class, a.value, a.source_id::text,
           a.expires_on::text, a.floor, a.ceiling
      FROM ledger.posting p
      LEFT JOIN ledger.account a ON a.region_id = $1 AND a.account_no = p.account_no
     WHERE p.region_id = $1 AND p.entry_id = ANY ($2)
     ORDER BY p.entry_id, p.line
"""
# Ids and dates come as the text that is hashed: thousands a second need not be made of objects.


async def read_region(connection: Connection, region_id: int) -> Row:
    """Code, zone and opening of a region."""
    region: Row | None = await connection.fetchrow(_REGION, region_id)
    assert region is not None, "a region has its row"
    return region


async def read_entries(
    connection: Connection, region_id: int, first_seq: int, last_seq: int
) -> list[dict[str, Any]]:
    """The entries numbered from `first_seq` to `last_seq`, each with its `postings`, in order."""
    rows = await connection.fetch(_ENTRIES, region_id, first_seq, last_seq)
    postings = await _postings(connection, region_id, [row["entry_id"] for row in rows])
    return [
        {**row, "facts": orjson.loads(row["facts"]), "postings": postings.get(row["entry_id"], [])}
        for row in rows
    ]


async def _postings(
    connection: Connection, region_id: int, entry_ids: list[str]
) -> Mapping[str, list[asyncpg.Record]]:
    found: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in await connection.fetch(_POSTINGS, region_id, entry_ids):
        found[row["entry_id"]].append(row)
    return found
