"""One batch: load what the commands name, decide each in turn, write it all or nothing."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from core.database import Connection
from core.errors import Problem
from core.json_text import json_text
from ledger.books import ASSETS, Account, Books, CounterKey, Entry, Holder
from ledger.command import ID_IN_USE, Command, Reads, Receipt
from ledger.journal import Journal, enter

Outcome = Receipt | Problem
Prepare = Callable[[Connection, Books], Awaitable[None]]
"""Brings what the ledger does not know into loaded books: the terms of campaigns."""

_LOAD: Final = "SELECT * FROM ledger.load($1, $2, $3, $4, $5, $6, $7, $8)"
_WRITE: Final = "SELECT ledger.write({})".format(", ".join(f"${n}" for n in range(1, 46)))


async def run_batch(
    connection: Connection, region_id: int, commands: Sequence[Command], prepare: Prepare
) -> list[Outcome]:
    """Decide and write `commands` inside the transaction that is open on `connection`.

    Returns the outcome of each, in order. Nothing is true before the caller has committed.
    """
    books = await load(connection, region_id, commands, prepare, lock=True)
    journal = Journal(books.seq, books.account_no)
    outcomes = [settle(books, journal, command) for command in commands]
    if journal.entries:
        await connection.execute(_WRITE, *_columns(books, journal))
    return outcomes


async def load(
    connection: Connection,
    region_id: int,
    commands: Sequence[Command],
    prepare: Prepare,
    *,
    lock: bool,
) -> Books:
    """The books that `commands` need, under the lock of the region's head if `lock`."""
    reads = [command.reads() for command in commands]
    ids = [command.entry_id for command in commands]
    row = await _load(connection, region_id, lock, _wanted(reads, ids))
    books = Books(region_id, row["seq"], row["account_no"], row["at"], row["business_date"])
    _take_in(books, row)
    more = [read for command in commands if (read := command.follow(books)) is not None]
    if more:
        _take_in(books, await _load(connection, region_id, False, _wanted(more, [])))
    await prepare(connection, books)
    return books


def settle(books: Books, journal: Journal, command: Command) -> Outcome:
    """Decide one command on the books and enter it, unless its id is known or it leaves nothing."""
    earlier = books.entries.get(command.entry_id)
    if earlier is not None:
        if earlier.fingerprint != command.fingerprint:
            return Problem(ID_IN_USE)
        return Receipt(earlier, is_replay=True)
    try:
        draft = command.decide(books)
    except Problem as refused:
        if refused.type.status != 409:
            return refused
        draft = command.draft(books)
        draft.facts = dict(refused.facts)
        return Receipt(enter(books, journal, command, draft, refused.type.slug), is_replay=False)
    return Receipt(enter(books, journal, command, draft, None), is_replay=False)


async def _load(
    connection: Connection, region_id: int, lock: bool, wanted: list[list[Any]]
) -> asyncpg.Record:
    row: asyncpg.Record | None = await connection.fetchrow(_LOAD, region_id, lock, *wanted)
    assert row is not None, "ledger.load() returns one row"
    return row


def _wanted(reads: list[Reads], ids: list[UUID]) -> list[list[Any]]:
    holders: set[UUID] = set()
    entries: set[UUID] = set(ids)
    referring: set[UUID] = set()
    accounts: set[int] = set()
    subjects: set[UUID] = set()
    periods: set[date] = set()
    for read in reads:
        holders.update(read.holders)
        entries.update(read.entries)
        referring.update(read.referring)
        accounts.update(read.accounts)
        subjects.update(read.subjects)
        periods.update(read.periods)
    return [list(part) for part in (holders, entries, referring, accounts, subjects, periods)]


def _take_in(books: Books, row: asyncpg.Record) -> None:
    """Add the loaded columns to the books; what is there already stays as it is."""
    for holder_id, kind, parent, subject, state, terms, facts, version in _rows(row, "h", 8):
        if holder_id not in books.holders:
            books.holders[holder_id] = Holder(
                holder_id, kind, state, orjson.loads(facts), parent, subject, terms, version
            )
    for (
        no,
        holder,
        kind,
        _class,
        source,
        expires,
        floor,
        ceiling,
        balance,
        version,
        is_open,
    ) in _rows(row, "a", 11):
        if no not in books.by_no:
            books.add(
                Account(
                    no, holder, kind, kind in ASSETS, source, expires,
                    floor, ceiling, balance, version, is_open,
                )
            )  # fmt: skip
    for values in _rows(row, "e", 13):
        if values[0] not in books.entries:
            books.entries[values[0]] = Entry(*[*values[:12], orjson.loads(values[12])])
    for subject, name, scope, period, value in _rows(row, "c", 5):
        books.counters.setdefault(CounterKey(subject, name, scope, period), value)


_FIRST_COLUMN: Final = {"h": 4, "a": 12, "e": 23, "c": 36}


def _rows(row: asyncpg.Record, part: str, width: int) -> Any:
    """The arrays of one part of ledger.load(), turned into rows; none where they are null."""
    first = _FIRST_COLUMN[part]
    columns = [row[place] for place in range(first, first + width)]
    return zip(*columns, strict=True) if columns[0] is not None else ()


def _columns(books: Books, journal: Journal) -> list[Any]:
    """The arguments of ledger.write(), in its order."""
    entries = journal.entries
    postings = journal.postings
    touched = list(dict.fromkeys(account for _, account, _, _ in postings))
    touch = {account: place for place, account in enumerate(touched, start=1)}
    made = journal.new_accounts
    holders = [holder for _, holder in journal.holders.values()]
    counters = journal.counters
    return [
        books.region_id, journal.first_seq, journal.first_account_no, books.now, books.today,
        [e.entry_id for e in entries],
        [e.kind for e in entries],
        [e.actor for e in entries],
        [e.holder_id for e in entries],
        [e.other_id for e in entries],
        [e.refers_to for e in entries],
        [e.amount for e in entries],
        [e.refusal for e in entries],
        [e.fingerprint for e in entries],
        [json_text(e.facts) for e in entries],
        [place for place, _, _, _ in postings],
        _lines(postings),
        [touch[account] for _, account, _, _ in postings],
        [is_debit for _, _, is_debit, _ in postings],
        [amount for _, _, _, amount in postings],
        [account.account_no for account in touched],
        [account.version for account in touched],
        [account.balance for account in touched],
        [account.holder_id for account in made],
        [account.kind for account in made],
        [account.source_id for account in made],
        [account.expires_on for account in made],
        [account.ceiling for account in made],
        [account.account_no for account in journal.closings],
        [h.holder_id for h in holders],
        [h.kind for h in holders],
        [h.parent_id for h in holders],
        [h.subject_id for h in holders],
        [h.state for h in holders],
        [h.terms_hash for h in holders],
        [json_text(h.facts) for h in holders],
        [before for before, _ in journal.holders.values()],
        [h.version for h in holders],
        [key.subject_id for key in counters],
        [key.name for key in counters],
        [key.scope_id for key in counters],
        [key.period for key in counters],
        [before for before, _, _ in counters.values()],
        [after for _, after, _ in counters.values()],
        [cap for _, _, cap in counters.values()],
    ]  # fmt: skip


def _lines(postings: Sequence[tuple[int, Account, bool, int]]) -> list[int]:
    """The place of each posting within its entry, from 1."""
    lines = []
    entry = line = 0
    for place, _, _, _ in postings:
        line = line + 1 if place == entry else 1
        entry = place
        lines.append(line)
    return lines
