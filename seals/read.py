"""Read what leaves are made of: entries by their numbers, with their postings and holders."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

import orjson

from core.database import Connection


class Row(Protocol):
    """A row of the database, or a dict that says the same."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


class Posting(NamedTuple):
    """One posting, with what never changes of its account as canonical JSON."""

    line: int
    seq: int
    account: bytes
    is_debit: bool
    amount: int
    version: int
    balance_after: int


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
    SELECT entry_id::text, line, seq, account_no, is_debit, amount, version, balance_after
      FROM ledger.posting WHERE region_id = $1 AND entry_id = ANY ($2)
     ORDER BY posting.entry_id, line
"""
_ACCOUNTS: Final = """
    SELECT account_no, holder_id::text, kind, class, value, source_id::text, expires_on::text,
           floor, ceiling
      FROM ledger.account WHERE region_id = $1 AND account_no = ANY ($2)
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
    entries = [dict(row.items()) for row in rows]
    for entry in entries:
        entry["facts"] = orjson.loads(entry["facts"])
        entry["postings"] = postings.get(entry["entry_id"], [])
    return entries


async def _postings(
    connection: Connection, region_id: int, entry_ids: list[str]
) -> Mapping[str, list[Posting]]:
    rows = await connection.fetch(_POSTINGS, region_id, entry_ids)
    accounts = await _accounts(connection, region_id, list({row["account_no"] for row in rows}))
    found: dict[str, list[Posting]] = defaultdict(list)
    for entry_id, line, seq, account_no, is_debit, amount, version, balance_after in rows:
        account = accounts.get(account_no) or b'{"account_no":%d}' % account_no
        found[entry_id].append(
            Posting(line, seq, account, is_debit, amount, version, balance_after)
        )
    return found


async def _accounts(
    connection: Connection, region_id: int, numbers: list[int]
) -> Mapping[int, bytes]:
    """What never changes of an account, as canonical JSON: many postings stand on one."""
    rows = await connection.fetch(_ACCOUNTS, region_id, numbers)
    return {row["account_no"]: orjson.dumps(dict(row), option=orjson.OPT_SORT_KEYS) for row in rows}
