"""One batch: load what the commands name, decide each in turn, write it all or nothing."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import orjson

from core import failpoints
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
        told = _arguments(books, journal)
        failpoints.reach("engine.before_write")
        await connection.execute(_write(tuple(told)), *told.values())
        failpoints.reach("engine.after_write")
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
    failpoints.reach("engine.after_lock")
    zone = ZoneInfo(row["zone"])
    books = Books(region_id, row["seq"], row["account_no"], row["at"], zone, row["business_date"])
    _take_in(books, row)
    more = [read for command in commands if (read := command.follow(books)) is not None]
    if more:
        _take_in(books, await _load(connection, region_id, False, _wanted(more, [])))
    await prepare(connection, books)
    failpoints.reach("engine.after_load")
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
    for holder_id, kind, parent, subject, state, terms, facts, version in _rows(row, _HOLDERS):
        if holder_id not in books.holders:
            books.holders[holder_id] = Holder(
                holder_id, kind, state, orjson.loads(facts), parent, subject, terms, version
            )
    for no, holder_id, kind, *rest in _rows(row, _ACCOUNTS):
        if no not in books.by_no:
            books.add(Account(no, holder_id, kind, kind in ASSETS, *rest))
    for entry_id, *rest, facts in _rows(row, _ENTRIES):
        if entry_id not in books.entries:
            books.entries[entry_id] = Entry(*[entry_id, *rest, orjson.loads(facts)])
    for subject, name, scope, period, value in _rows(row, _COUNTERS):
        books.counters.setdefault(CounterKey(subject, name, scope, period), value)


_HOLDERS: Final = (
    "h_id", "h_kind", "h_parent", "h_subject", "h_state", "h_terms", "h_facts", "h_version",
)  # fmt: skip
_ACCOUNTS: Final = (
    "a_no", "a_holder", "a_kind", "a_source", "a_expires", "a_floor", "a_ceiling", "a_balance",
    "a_version", "a_open",
)  # fmt: skip
_ENTRIES: Final = (
    "e_id", "e_seq", "e_at", "e_date", "e_kind", "e_actor", "e_holder", "e_other", "e_refers",
    "e_amount", "e_refusal", "e_print", "e_facts",
)  # fmt: skip
_COUNTERS: Final = ("c_subject", "c_name", "c_scope", "c_period", "c_value")


def _rows(row: asyncpg.Record, names: Sequence[str]) -> Any:
    """The arrays of one part of ledger.load(), turned into rows; none where they are null."""
    columns = [row[name] for name in names]
    return zip(*columns, strict=True) if columns[0] is not None else ()


def _arguments(books: Books, journal: Journal) -> dict[str, Any]:
    """What ledger.write() is told, by the names that it gives its parameters."""
    entries = journal.entries
    postings = journal.postings
    touched = list(dict.fromkeys(account for _, account, _, _ in postings))
    touch = {account: place for place, account in enumerate(touched, start=1)}
    made = journal.new_accounts
    holders = [holder for _, holder in journal.holders.values()]
    counters = journal.counters
    return {
        "p_region": books.region_id,
        "p_seq": journal.first_seq,
        "p_account_no": journal.first_account_no,
        "p_at": books.now,
        "p_date": books.today,
        "e_id": [e.entry_id for e in entries],
        "e_kind": [e.kind for e in entries],
        "e_actor": [e.actor for e in entries],
        "e_holder": [e.holder_id for e in entries],
        "e_other": [e.other_id for e in entries],
        "e_refers": [e.refers_to for e in entries],
        "e_amount": [e.amount for e in entries],
        "e_refusal": [e.refusal for e in entries],
        "e_print": [e.fingerprint for e in entries],
        "e_facts": [json_text(e.facts) for e in entries],
        "p_entry": [place for place, _, _, _ in postings],
        "p_line": _lines(postings),
        "p_touch": [touch[account] for _, account, _, _ in postings],
        "p_is_debit": [is_debit for _, _, is_debit, _ in postings],
        "p_amount": [amount for _, _, _, amount in postings],
        "a_no": [account.account_no for account in touched],
        "a_version": [account.version for account in touched],
        "a_balance": [account.balance for account in touched],
        "n_holder": [account.holder_id for account in made],
        "n_kind": [account.kind for account in made],
        "n_source": [account.source_id for account in made],
        "n_expires": [account.expires_on for account in made],
        "n_ceiling": [account.ceiling for account in made],
        "x_no": [account.account_no for account in journal.closings],
        "h_id": [h.holder_id for h in holders],
        "h_kind": [h.kind for h in holders],
        "h_parent": [h.parent_id for h in holders],
        "h_subject": [h.subject_id for h in holders],
        "h_state": [h.state for h in holders],
        "h_terms": [h.terms_hash for h in holders],
        "h_facts": [json_text(h.facts) for h in holders],
        "h_before": [before for before, _ in journal.holders.values()],
        "h_version": [h.version for h in holders],
        "c_subject": [key.subject_id for key in counters],
        "c_name": [key.name for key in counters],
        "c_scope": [key.scope_id for key in counters],
        "c_period": [key.period for key in counters],
        "c_before": [before for before, _, _ in counters.values()],
        "c_after": [after for _, after, _ in counters.values()],
        "c_cap": [cap for _, _, cap in counters.values()],
    }


@cache
def _write(names: tuple[str, ...]) -> str:
    given = ", ".join(f"{name} => ${place}" for place, name in enumerate(names, start=1))
    return f"SELECT ledger.write({given})"


def _lines(postings: Sequence[tuple[int, Account, bool, int]]) -> list[int]:
    """The place of each posting within its entry, from 1."""
    lines = []
    entry = line = 0
    for place, _, _, _ in postings:
        line = line + 1 if place == entry else 1
        entry = place
        lines.append(line)
    return lines
