"""What the ledger holds, read by the superuser: the journal, and what each entry moved."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

_ENTRIES: Final = """
    SELECT entry_id::text, seq, kind, amount, holder_id::text, other_id::text, refers_to::text,
           refusal
      FROM ledger.entry WHERE region_id = $1 ORDER BY seq
"""
_MOVED: Final = """
    SELECT p.entry_id::text, a.kind, p.is_debit, sum(p.amount)::bigint
      FROM ledger.posting p JOIN ledger.account a USING (region_id, account_no)
     WHERE p.region_id = $1 GROUP BY 1, 2, 3
"""
# What a settlement took out of it was due before, and is no answer of the load.
_DUE: Final = """
    SELECT a.holder_id::text, sum(CASE WHEN p.is_debit THEN -p.amount ELSE p.amount END)::bigint
      FROM ledger.account a
      JOIN ledger.posting p USING (region_id, account_no)
      JOIN ledger.entry e USING (region_id, entry_id)
     WHERE a.region_id = $1 AND a.kind IN ('payable', 'merchant_receivable')
       AND a.source_id IS NULL AND e.kind NOT LIKE 'settlement.%'
     GROUP BY 1
"""
_MERCHANTS: Final = """
    SELECT holder_id::text, parent_id::text FROM ledger.holder
     WHERE region_id = $1 AND kind = 'store'
"""


@dataclass(slots=True)
class Entry:
    """One entry of the journal; `debits` and `credits` in yen by kind of account."""

    entry_id: str
    seq: int
    kind: str
    amount: int
    holder: str | None
    other: str | None
    refers_to: str | None
    refusal: str | None
    debits: dict[str, int] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=dict)

    @property
    def moved(self) -> int:
        """All that it debited, in yen."""
        return sum(self.debits.values())


@dataclass(frozen=True, slots=True)
class Holdings:
    """The journal by id, ids that stand in it more than once, and what is due to each merchant.

    `opened_at` is the number of the newest entry before the load began.
    """

    entries: Mapping[str, Entry]
    twice: tuple[str, ...]
    due_yen: Mapping[str, int]
    merchant_of: Mapping[str, str]
    opened_at: int

    def amount_of(self, op: str) -> int:
        """What an entry moved by its own word, in yen; 0 where there is none."""
        entry = self.entries.get(op)
        return entry.amount if entry is not None else 0


async def read_holdings(
    superuser: "asyncpg.Connection[Any]", region_id: int, opened_at: int
) -> Holdings:
    """Everything at one moment; the connection must see every row."""
    entries: dict[str, Entry] = {}
    twice = []
    due_yen: dict[str, int] = defaultdict(int)
    async with superuser.transaction(isolation="repeatable_read", readonly=True):
        for row in await superuser.fetch(_ENTRIES, region_id):
            if row[0] in entries:
                twice.append(row[0])
            entries[row[0]] = Entry(*row)
        for entry_id, kind, is_debit, amount in await superuser.fetch(_MOVED, region_id):
            side = entries[entry_id].debits if is_debit else entries[entry_id].credits
            side[kind] = amount
        for merchant, yen in await superuser.fetch(_DUE, region_id):
            due_yen[merchant] += yen
        merchant_of = dict(await superuser.fetch(_MERCHANTS, region_id))
    return Holdings(entries, tuple(twice), due_yen, merchant_of, opened_at)
