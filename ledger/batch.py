"""One batch: load what the commands name, decide each in turn, write it all or nothing.

Under the head's lock the three are steps of one transaction. A batch is also decided ahead, without
the lock and while the batch before it is still being written: its write is refused (40001) unless
that one, and no other, came to stand.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import orjson

from core import failpoints
from core.database import Connection
from core.errors import Fact, Problem
from ledger.books import ASSETS, Account, Books, CounterKey, Entry, Holder
from ledger.command import ID_IN_USE, Command, Reads, Receipt
from ledger.journal import Journal, enter
from ledger.write import take_down, write

Outcome = Receipt | Problem
Prepare = Callable[[Connection, Books], Awaitable[None]]
"""Brings what the ledger does not know into loaded books: the terms of campaigns."""

_LOAD: Final = "SELECT * FROM ledger.load($1, $2, $3, $4, $5, $6, $7, $8, $9)"


class HeadMovedError(Exception):
    """Others wrote since a batch was loaded without the lock: it is to be loaded again."""


async def run_batch(
    connection: Connection,
    region_id: int,
    commands: Sequence[Command],
    prepare: Prepare,
    *,
    beside: Callable[[list[Outcome]], Awaitable[None]] | None = None,
    lock: bool = True,
) -> list[Outcome]:
    """Decide and write `commands` inside the transaction that is open on `connection`.

    Returns the outcome of each, in order. Nothing is true before the caller has committed. `beside`
    writes what stands beside the entries, once they are decided. Without `lock` the head is taken
    only after that, to write: raises HeadMovedError where it moved meanwhile.
    """
    books = await load(connection, region_id, commands, prepare, lock=lock)
    decided = _decide(books, commands)
    if beside is not None:
        await beside(decided.outcomes)
    try:
        await write(connection, decided.told)
    except asyncpg.SerializationError as error:
        if lock:
            raise
        raise HeadMovedError from error
    return decided.outcomes


@dataclass(frozen=True, slots=True)
class Decided:
    """A batch with its outcomes, which come true once what it tells ledger.write() is committed."""

    books: Books
    journal: Journal
    stamp: UUID
    """The head's, once this is written."""
    outcomes: list[Outcome]
    told: dict[str, Any]
    """Taken down at once, since the next batch goes on with the same accounts. Empty where there
    is nothing to write."""

    @property
    def can_be_followed(self) -> bool:
        """Whether a batch can be decided on top. What a load chooses by (the state of campaigns,
        the merchant of a store) cannot be laid over: who changes it is waited for.
        """
        changed = (holder for _, holder in self.journal.holders.values())
        return bool(self.told) and all(holder.kind in {"wallet", "person"} for holder in changed)

    def beside(self, reads: Iterable[Reads]) -> Reads:
        """What a load brings by itself with the wallets that are named, and cannot with a wallet
        that was opened here: the person, with the counters and the other wallets.
        """
        changed = self.journal.holders
        named = {no for read in reads for no in read.holders if no in changed}
        subjects = {changed[no][1].subject_id for no in named}
        people = [subject for subject in subjects if subject is not None]
        return Reads(holders=people, subjects=people, owners=people)

    def lay_over(self, books: Books) -> None:
        """Let empty books stand as after this batch; what is loaded next adds the rest."""
        books.seq, books.account_no = self.books.seq, self.books.account_no
        books.stamp, books.now = self.stamp, max(books.now, self.books.now)
        for account in dict.fromkeys(account for _, account, _, _ in self.journal.postings):
            if account.is_open:
                books.add(account)
        # A load finds them open still, or not any more: known by number, they stay closed.
        books.by_no.update((account.account_no, account) for account in self.journal.closings)
        books.holders.update((no, holder) for no, (_, holder) in self.journal.holders.items())
        books.entries.update((entry.entry_id, entry) for entry in self.journal.entries)
        books.counters.update((key, after) for key, (_, after, _) in self.journal.counters.items())


async def decide_ahead(
    connection: Connection,
    region_id: int,
    commands: Sequence[Command],
    prepare: Prepare,
    before: Decided | None,
) -> Decided | None:
    """Decide `commands` without the lock, on top of `before` if that is still being written.

    All that came before `before` must be committed. None where the day ends between the two.
    """
    books = await load(connection, region_id, commands, prepare, lock=False, before=before)
    if before is not None and books.today != before.books.today:
        return None
    return _decide(books, commands)


def _decide(books: Books, commands: Sequence[Command]) -> Decided:
    journal, stamp = Journal(books.seq, books.account_no), uuid4()
    outcomes = [settle(books, journal, command) for command in commands]
    told = take_down(books, journal, stamp) if journal.entries else {}
    return Decided(books, journal, stamp, outcomes, told)


async def load(
    connection: Connection,
    region_id: int,
    commands: Sequence[Command],
    prepare: Prepare,
    *,
    lock: bool,
    before: Decided | None = None,
) -> Books:
    """The books that `commands` need, under the lock of the region's head if `lock`.

    What `before` left in them goes before what the database may not have yet.
    """
    reads = [command.reads() for command in commands]
    if before is not None:
        reads.append(before.beside(reads))
    ids = [command.entry_id for command in commands]
    failpoints.reach("engine.before_lock")
    row = await _load(connection, region_id, lock, _wanted(reads, ids))
    failpoints.reach("engine.after_lock")
    zone = ZoneInfo(row["zone"])
    books = Books(
        region_id, row["seq"], row["account_no"], row["stamp"], row["at"], zone,
        row["business_date"],
    )  # fmt: skip
    if before is not None:
        before.lay_over(books)
    _take_in(books, row)
    books.referred.update(no for read in reads for no in read.referring)
    for steps in ([each.follow for each in commands], [each.follow_further for each in commands]):
        more = [read for step in steps if (read := step(books)) is not None]
        if more:
            books.referred.update(no for read in more for no in read.referring)
            if before is not None:
                more.append(before.beside(more))
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
        draft.facts = {name: _as_json(fact) for name, fact in refused.facts.items()}
        return Receipt(enter(books, journal, command, draft, refused.type.slug), is_replay=False)
    return Receipt(enter(books, journal, command, draft, None), is_replay=False)


def _as_json(fact: Fact) -> Fact | list[str]:
    """As it will be read again: JSON has no tuples."""
    return list(fact) if isinstance(fact, tuple) else fact


def newest_event(outcomes: Sequence[Outcome], *, with_replays: bool) -> int | None:
    """The number of the newest entry that is an event; None where there is none.

    Replays are news too where an earlier try of the same batch may have written them.
    """
    receipts = (one for one in outcomes if isinstance(one, Receipt))
    events = (one for one in receipts if one.entry.refusal is None)
    return max((one.entry.seq for one in events if with_replays or not one.is_replay), default=None)


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
    owners: set[UUID] = set()
    for read in reads:
        holders.update(read.holders)
        entries.update(read.entries)
        referring.update(read.referring)
        accounts.update(read.accounts)
        subjects.update(read.subjects)
        periods.update(read.periods)
        owners.update(read.owners)
    parts = (holders, entries, referring, accounts, subjects, periods, owners)
    return [list(part) for part in parts]


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
